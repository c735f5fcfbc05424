//! Codes are in the mails and with the callers, and nowhere else: not in what is logged or stored,
//! not in a `Referer`.

use std::{collections::BTreeSet, fs};

use passlink_tests::{
    Api, Browser, HandMade, MailServer, Page, Passlink, Protocol, secrets::search,
};
use serde_json::{Value, json};

use super::*;

/// Registers with a mailed and with a returned link, revokes a link and undoes a registration, with
/// each code at each endpoint; all codes that were in use.
async fn all_codes_used(passlink: &Passlink, mails: &MailServer) -> Vec<String> {
    let ada = passlink.ada();
    let code = mailed(passlink, mails, &ada).await;
    let returned = returned_code(passlink, &ada).await;
    let passkey = register_with(passlink, &ada, &code, "Phone").await;
    let undo_code = mails.until_mails(2).await.remove(1).mail.undo_link().code;
    register_with(passlink, &ada, &returned, "Key").await;
    mails.until_mails(3).await;
    passlink.send_link(&ada.token).await.sequence();
    let mail = mails.until_mails(4).await.remove(3).mail;
    let (register, revoke) = (mail.register_link(), mail.revoke_link());
    let mut codes = vec![undo_code.clone(), register.code.clone(), revoke.code.clone()];
    codes.extend([&code, &returned].map(|it| it["code"].as_str().unwrap().to_owned()));
    for code in &codes {
        let wrong = json!({ "id": register.query["codeID"], "code": code });
        try_to_begin(passlink, &ada, &wrong).await;
        for verb in ["_inspect", "_resend"] {
            at_link(passlink, &wrong, verb).await;
        }
        // As somebody may write it who takes the fragment for a query.
        for page in ["register", "revoke", "undo"] {
            let path = format!("/passkeys/{page}?codeID=1&code={code}");
            let request = passlink.request(Method::GET, &path);
            Answer::to(request.header("referer", format!("https://example.com/?{code}"))).await;
        }
    }
    let code = json!({ "id": revoke.query["codeID"], "code": revoke.code });
    assert_eq!(at_link(passlink, &code, "_revoke").await.status, 200);
    assert_eq!(undo(passlink, &passkey, &undo_code).await.status, 200);
    assert_eq!(names(passlink, &ada).await, ["Key"]);
    mails.until_mails(5).await;
    codes
}

#[tokio::test]
async fn a_run_that_registers_revokes_and_undoes_leaves_no_code_behind() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).alone().generous();
    let passlink =
        passlink.set("limits.wrong_codes_per_minute", "10000").set_variable("RUST_LOG", "trace");
    let mut passlink = passlink.started().await;
    let codes = all_codes_used(&passlink, &mails).await;
    let codes: Vec<_> = codes.iter().map(String::as_str).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 5);
    let log = passlink.log();
    for route in ["/passlink/v1/links/{link_id}/_revoke", "/passkeys/undo", "TRACE"] {
        assert!(log.contains(route), "{route} is in the log");
    }
    assert_eq!(search(&passlink.files(), &codes), BTreeSet::new());
    passlink.stop().await;
    assert_eq!(search(&passlink.files(), &codes), BTreeSet::new());

    // The same search finds what is there.
    let log = passlink.dir().join("stderr");
    fs::write(&log, format!("{}\nGET /?code={}\n", passlink.log(), codes[4])).unwrap();
    let found = search(&passlink.files(), &codes);
    assert!(found.contains(&(log, 4, "raw".to_owned())), "{found:?}");
}

#[tokio::test]
async fn no_log_level_shows_names_addresses_challenges_or_credentials() {
    let mails = MailServer::plain();
    let levels = "trace,sqlx=trace,h2=trace,hyper=trace,lettre=trace,handlebars=trace,\
        webauthn_rs=trace,webauthn_rs_core=trace,tower=trace,tower_http=trace,rustls=trace,log=trace";
    let passlink = Passlink::with_mail_server(&mails).generous();
    let mut passlink = passlink.set_variable("RUST_LOG", levels).started().await;
    let ada = passlink.ada();
    let code = mailed(&passlink, &mails, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let credential_id = "the credential of the phone of Ada";
    let answer = HandMade::answer(&begun.options, ORIGIN, credential_id.as_bytes());
    // What does not verify is what libraries complain about most.
    let broken = answer.credential_with(&answer.attestation_object()[..90]);
    assert_not_verified(&begun.finish(&passlink, None, &broken).await);
    let wrong = HandMade { origin: "https://evil.example".into(), ..answer.clone() };
    assert_not_verified(&begun.finish(&passlink, None, &wrong.credential()).await);
    begun.finish(&passlink, None, &answer.credential()).await.sequence();
    let undo_code = mails.until_mails(2).await.remove(1).mail.undo_link().code;
    assert_eq!(undo(&passlink, &begun.id, &undo_code).await.status, 200);
    let list = methods::list(&ada);
    for protocol in Protocol::ALL {
        assert_eq!(protocol.call(&passlink, Some(&ada.token), &list).await.code, 0);
    }
    mails.until_mails(3).await;
    passlink.stop().await;
    let challenge = begun.options["publicKey"]["challenge"].as_str().unwrap();
    let code = code["code"].as_str().unwrap();
    let secrets =
        ["ada@example.com", "Ada Example", challenge, credential_id, &ada.token, code, &undo_code];
    assert!(passlink.log().contains("TRACE"), "the log level took effect");
    assert_eq!(search(&[passlink.dir().join("stderr")], &secrets), BTreeSet::new());
}

/// What a browser asks for while it has a page open: URL and `Referer` of each request.
async fn requests_of(page: &Page, url: &str) -> Vec<(String, Option<String>)> {
    let code = r#"
        const requests = [];
        page.on("request", (request) => requests.push(request));
        await page.goto(args);
        await page.waitForLoadState("networkidle");
        const referer = async (request) => (await request.allHeaders())["referer"] || null;
        return Promise.all(requests.map(async (it) => [it.url(), await referer(it)]));"#;
    serde_json::from_value(page.run(code, url.into()).await).unwrap()
}

#[tokio::test]
async fn a_browser_tells_no_code_by_referer() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous();
    let origin = format!("http://localhost:{}", passlink.port());
    let passlink = passlink.set("server.public_url", &origin).started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let credential = HandMade::answer(&begun.options, &origin, b"phone").credential();
    begun.finish(&passlink, None, &credential).await.sequence();
    let undo = mails.until_mails(1).await.remove(0).mail.undo_link();
    passlink.send_link(&ada.token).await.sequence();
    let mail = mails.until_mails(2).await.remove(1).mail;
    let browser = Browser::start().await;
    for link in [mail.register_link(), mail.revoke_link(), undo] {
        // As our mails have it, and as a template may.
        for url in [link.whole.clone(), link.whole.replace("#code=", "&code=")] {
            let requests = requests_of(&browser.page(json!({})).await, &url).await;
            assert!(requests.len() > 3, "page, script, style: {requests:?}");
            for (number, (asked, referer)) in requests.iter().enumerate() {
                assert!(asked.starts_with(&origin), "{asked}");
                assert_eq!(*referer, None, "{asked}");
                // Beside the address that the user opened, no URL has the code.
                assert!(number == 0 || !asked.contains(&link.code), "{asked}");
            }
        }
    }

    // The same look finds the `Referer` of a page that is less careful.
    let page = browser.page(json!({})).await;
    let careless = r#"
        const body = "<!doctype html><img src=/image>";
        await page.route("http://localhost:9/**", (route) =>
            route.fulfill({ contentType: "text/html", body }));"#;
    page.run(careless, Value::Null).await;
    let requests = requests_of(&page, "http://localhost:9/?code=planted").await;
    let told = requests.iter().filter_map(|(_, referer)| referer.as_ref());
    assert!(told.into_iter().any(|referer| referer.contains("planted")), "{requests:?}");
}
