//! A link opens at its own domain, and at another one it is a link that nobody made.

use passlink_tests::{Browser, Page};
use reqwest::Method;

use super::*;
use crate::pages::{card_text, comes_to};

/// Links of each kind: an open one, one that revokes it, and one that undoes a registration.
async fn links(estate: &Estate) -> [(&'static str, Link); 3] {
    let acme = estate.acme();
    let mail = estate.mail(&acme, &estate.ada).await;
    let passkey = registered(&acme, &estate.ada).await;
    let undo = mail_with(&estate.mails, &passkey).await.undo_link();
    [("register", mail.register_link()), ("revoke", mail.revoke_link()), ("undo", undo)]
}

/// All that a page shows and holds.
async fn html(page: &Page) -> String {
    let html = page.run("return page.content()", Value::Null).await;
    html.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_takes_a_link_of_another_domain_for_one_that_nobody_made() {
    let estate = Estate::set().await;
    let page = Browser::start().await.page(json!({ "locale": "en-GB" })).await;
    page.authenticator(true).await;
    for (kind, link) in links(&estate).await {
        let wrong = moved(&link, ACME, GLOBEX);
        let id = wrong.query.values().max_by_key(|id| id.len()).unwrap();
        let mut seen = Vec::new();
        for whole in [wrong.whole.clone(), wrong.whole.replace(id, "unknown")] {
            page.goto("about:blank").await;
            page.goto(&whole).await;
            comes_to(&page, &format!("{kind}.invalid")).await;
            estate.assert_silent_of_acme(&[&html(&page).await]);
            seen.push(card_text(&page).await);
        }
        assert_eq!(seen[0], seen[1], "{kind}");
    }
    for (kind, link) in links(&estate).await {
        page.goto(&link.whole).await;
        let state = if kind == "register" { "ready" } else { "ask" };
        comes_to(&page, &format!("{kind}.{state}")).await;
    }
}

/// What a browser of Ada's sends along with the request for a page changes nothing in it.
#[tokio::test]
async fn a_page_of_another_domain_knows_nothing_of_links_tokens_and_cookies() {
    let estate = Estate::set().await;
    let bearer = format!("Bearer {}", estate.ada.token);
    let cookie = format!("session={}; user={}", estate.ada.token, estate.ada.id);
    for (_, link) in links(&estate).await {
        let path = moved(&link, ACME, GLOBEX).whole.replace(&estate.globex().url(), "");
        let path = path.split('#').next().unwrap();
        let of_none = path.split('?').next().unwrap();
        let accept = "text/html";
        for (path, of_none) in [(path, of_none), ("/nothing", "/nothing")] {
            let get = |path| estate.globex().request(Method::GET, path).header("accept", accept);
            let asked = get(path).header("cookie", &cookie).header("authorization", &bearer);
            let (told, plain) = (Answer::to(asked).await, Answer::to(get(of_none)).await);
            assert_eq!((told.status, &told.text), (plain.status, &plain.text), "{path}");
            assert!(!told.headers.contains_key("set-cookie"), "{told:?}");
            estate.assert_silent_of_acme(&[&told.text, &format!("{:?}", told.headers)]);
        }
    }
}
