//! Pages and mails carry the name, the logo and the colour of their domain, and can be read.

use passlink_tests::{Browser, Page};

use super::*;
use crate::pages::{comes_to, press, shows_as};

/// What a page shows of its brand.
async fn look(page: &Page) -> Value {
    let code = r##"
        return page.evaluate(async () => {
            const logo = document.querySelector("header img");
            await logo.decode();
            const button = document.querySelector("#card button");
            return {
                title: document.title,
                header: document.querySelector("header").innerText.trim(),
                logo: logo.naturalWidth > 0 && new URL(logo.src).host === location.host,
                button: getComputedStyle(button).backgroundColor,
                support: document.querySelector("#support").getAttribute("href"),
            };
        });"##;
    page.run(code, Value::Null).await
}

#[tokio::test]
async fn a_page_shows_the_brand_of_its_domain() {
    let estate = Estate::set().await;
    let browser = Browser::start().await;
    let mut looks = Vec::new();
    for (site, user) in [(estate.acme(), &estate.ada), (estate.globex(), &estate.bob)] {
        let page = browser.page(json!({ "locale": "en-GB", "colorScheme": "light" })).await;
        page.authenticator(true).await;
        page.goto(&estate.mail(&site, user).await.register_link().whole).await;
        comes_to(&page, "register.ready").await;
        looks.push(look(&page).await);
    }
    let [acme, globex] = &looks[..] else { unreachable!() };
    assert_eq!(acme["title"], "Add a passkey · Acme Sign-in");
    assert_eq!(acme["header"], "Acme Sign-in");
    assert_eq!(acme["support"], "mailto:help@acme.example");
    assert_eq!(acme["button"], "rgb(179, 18, 63)");
    assert_eq!(globex["title"], "Add a passkey · Globex & Sons");
    assert_eq!(globex["header"], "Globex & Sons");
    assert_eq!(globex["support"], "https://www.globex.example/help");
    assert_ne!(globex["button"], acme["button"]);
    assert_eq!((&acme["logo"], &globex["logo"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_mail_has_the_sender_name_and_links_of_its_domain() {
    let estate = Estate::set().await;
    for (site, user, host, name, sender) in [
        (estate.acme(), &estate.ada, ACME, "Acme Sign-in", ("Acme", "no-reply@acme.example")),
        (
            estate.globex(),
            &estate.bob,
            GLOBEX,
            "Globex & Sons",
            ("Globex", "no-reply@globex.example"),
        ),
    ] {
        let link = estate.mail(&site, user).await;
        let passkey = registered(&site, user).await;
        let added = mail_with(&estate.mails, &passkey).await;
        for mail in [&link, &added] {
            let (from, address) = sender;
            assert_eq!(mail.from, [(from.to_owned(), address.to_owned())]);
            assert!(mail.text().text.contains(name), "{}", mail.text().text);
            assert!(mail.html().words.contains(name), "{}", mail.html().words);
            let (of, url) = (site.url(), format!("http://{host}:"));
            for page in mail.text().links.iter().filter(|link| link.contains("/passkeys/")) {
                assert!(page.starts_with(&of) && page.starts_with(&url), "{page}");
            }
            assert!(mail.parts.iter().any(|part| part.content_type == "image/png"), "a logo");
            if host == GLOBEX {
                let all: Vec<_> = mail.parts.iter().map(|part| part.text.as_str()).collect();
                estate.assert_silent_of_acme(&all);
                estate.assert_silent_of_acme(&[&format!("{:?}", mail.headers)]);
            }
        }
        let envelopes = estate.mails.mails();
        assert_eq!(envelopes.last().unwrap().envelope.from, sender.1);
    }
}

/// All pages of a domain, with its colours: contrast and rules for accessibility hold.
async fn assert_looks_good(host: &'static str) {
    let estate = Estate::set().await;
    let site = estate.passlink.at(host);
    let user = if host == ACME { &estate.ada } else { &estate.bob };
    let page = Browser::start().await.page(json!({ "locale": "en-GB" })).await;
    page.authenticator(true).await;
    let shows = async |state: &str| {
        shows_as(&page, state, &format!("{host}-{state}")).await;
    };
    let open = async |link: &Link| page.goto(&link.whole).await;
    open(&estate.mail(&site, user).await.revoke_link()).await;
    shows("revoke.ask").await;
    press(&page).await;
    shows("revoke.done").await;
    let expired = estate.mail(&site, user).await.register_link();
    open(&estate.passlink.expired(&expired)).await;
    shows("register.expired").await;
    let before = estate.mails.count();
    open(&estate.mail(&site, user).await.register_link()).await;
    shows("register.ready").await;
    press(&page).await;
    shows("register.done").await;
    let undo = estate.mails.until_mails(before + 2).await.remove(before + 1).mail.undo_link();
    open(&undo).await;
    shows("undo.ask").await;
    press(&page).await;
    shows("undo.done").await;
    page.goto(&format!("{}/nothing", site.url())).await;
    shows("common.no_page").await;
}

#[tokio::test]
async fn the_pages_of_a_dark_brand_can_be_read() {
    assert_looks_good(ACME).await;
}

#[tokio::test]
async fn the_pages_of_a_bright_brand_can_be_read() {
    assert_looks_good(GLOBEX).await;
}

/// Who asks for too many pages of both is told so in the colours of each.
#[tokio::test]
async fn who_opens_too_many_pages_is_told_by_a_page_of_the_brand() {
    let estate = Estate::with(|passlink| passlink.set("limits.pages_per_minute", "1")).await;
    let browser = Browser::start().await;
    for (site, host) in [(estate.acme(), ACME), (estate.globex(), GLOBEX)] {
        let page = browser.page(json!({ "locale": "en-GB" })).await;
        let url = format!("{}/passkeys/register", site.url());
        // The limit is on all domains together.
        passlink_tests::until("the limit", async || {
            page.goto(&url).await;
            let state =
                page.run("return page.locator('#card').getAttribute('data-state')", Value::Null);
            (state.await == "common.too_many").then_some(())
        })
        .await;
        shows_as(&page, "common.too_many", &format!("{host}-common.too_many")).await;
    }
}
