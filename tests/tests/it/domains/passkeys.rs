//! A passkey belongs to the domain that it was made at.

use passlink_tests::{Browser, Page};

use super::*;
use crate::pages::{comes_to, press};

/// What a page gets that asks for a passkey of a relying party: an id, or the name of an error. The page
/// is one whose policy lets it ask.
async fn asked(page: &Page, rp_id: &str) -> Value {
    let code = r#"
        return page.evaluate(async (rpId) => {
            const challenge = new Uint8Array(32);
            const publicKey = { challenge, rpId, allowCredentials: [], timeout: 60_000 };
            return navigator.credentials.get({ publicKey }).then(({ id }) => id, ({ name }) => name);
        }, args);"#;
    page.run(code, rp_id.into()).await
}

/// The relying parties whose passkeys an authenticator holds.
async fn relying_parties(page: &Page, authenticator: &str) -> Value {
    let code = r#"
        const { credentials } = await devtools.send("WebAuthn.getCredentials", args);
        return credentials.map(({ rpId }) => rpId).sort();"#;
    page.run(code, json!({ "authenticatorId": authenticator })).await
}

#[tokio::test]
async fn a_browser_offers_a_passkey_at_its_own_domain_alone() {
    let estate = Estate::set().await;
    let page = Browser::start().await.page(json!({ "locale": "en-GB" })).await;
    let authenticator = page.authenticator(true).await;
    let link = estate.mail(&estate.acme(), &estate.ada).await.register_link();
    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(relying_parties(&page, &authenticator).await, json!([ACME]));
    page.goto(&format!("{}/healthz", estate.globex().url())).await;
    assert_eq!(asked(&page, GLOBEX).await, "NotAllowedError");
    assert_eq!(asked(&page, ACME).await, "SecurityError");
    page.goto(&format!("{}/healthz", estate.acme().url())).await;
    let found = asked(&page, ACME).await;
    let listed = estate.passlink.cli(&["passkey", "list", "--user", &estate.ada.id]).lines();
    assert_eq!((&listed[0]["credentialId"], &listed[0]["rpId"]), (&found, &json!(ACME)));

    // The same authenticator holds one of each.
    let link = estate.mail(&estate.globex(), &estate.bob).await.register_link();
    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(relying_parties(&page, &authenticator).await, json!([ACME, GLOBEX]));
    page.goto(&format!("{}/healthz", estate.globex().url())).await;
    let listed = estate.passlink.cli(&["passkey", "list", "--user", &estate.bob.id]).lines();
    assert_eq!(asked(&page, GLOBEX).await, listed[0]["credentialId"]);
}

#[tokio::test]
async fn the_api_of_another_domain_neither_lists_nor_removes_a_passkey() {
    let estate = Estate::set().await;
    let (acme, globex) = (estate.acme(), estate.globex());
    let (ada, bob) = (&estate.ada, &estate.bob);
    let passkey = registered(&acme, ada).await;
    assert_eq!(names(&globex, bob).await, [""; 0]);
    assert_not_found(&remove(&globex, bob, &passkey).await);
    let all = estate.service("*");
    for user in [ada, bob] {
        let by_service = Caller { token: all.clone(), ..user.clone() };
        let answer = remove(&globex, &by_service, &passkey).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    assert_eq!(remove(&globex, ada, &passkey).await.status, 401);
    assert_eq!(names(&acme, ada).await.len(), 1);
    remove(&acme, ada, &passkey).await.sequence();
}

/// Both serve the same users, but for other relying parties.
#[tokio::test]
async fn two_domains_of_one_organisation_keep_links_and_passkeys_apart() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous();
    let domains = [ACME, GLOBEX].map(|host| domain(&passlink, host, "acme", json!({})));
    let passlink = with_domains(passlink, &domains).started().await;
    let ada = ada(&passlink);
    let (one, other) = (passlink.at(ACME), passlink.at(GLOBEX));
    let at_one = registered(&one, &ada).await;
    assert_eq!((names(&one, &ada).await.len(), names(&other, &ada).await.len()), (1, 0));
    assert_not_found(&remove(&other, &ada, &at_one).await);
    let at_other = registered(&other, &ada).await;
    assert_eq!((names(&one, &ada).await.len(), names(&other, &ada).await.len()), (1, 1));
    let undo_of = mail_with(&mails, &at_one).await.undo_link();
    assert!(undo_of.page.contains(ACME), "{undo_of:?}");
    assert_code_invalid(&undo(&other, &at_one, &undo_of.code).await);
    assert_eq!(undo(&one, &at_one, &undo_of.code).await.status, 200);
    assert!(mail_with(&mails, &at_other).await.undo_link().page.contains(GLOBEX));
    let begun = begin(&one, &ada).await;
    let credential = answer(&one, &begun).credential();
    assert_not_found(&begun.finish(&other, Some(&ada.token), &credential).await);
    let code = returned_code(&one, &ada).await;
    assert_code_invalid(&try_to_begin(&other, &ada, &code).await);
    begin_with(&one, &ada, &code).await;
}

#[tokio::test]
async fn two_domains_of_one_organisation_may_share_passkeys() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous();
    let domains = [(ACME, "Acme <a@acme.example>"), (ID_OF_ACME, "Acme <id@acme.example>")];
    let domains = domains.map(|(host, from)| {
        domain(&passlink, host, "acme", json!({ "rp_id": ACME, "mail_from": from }))
    });
    let passlink = with_domains(passlink, &domains).started().await;
    let ada = ada(&passlink);
    let (one, other) = (passlink.at(ACME), passlink.at(ID_OF_ACME));
    let passkey = registered(&other, &ada).await;
    assert_eq!((names(&one, &ada).await.len(), names(&other, &ada).await.len()), (1, 1));
    // What it was mailed by is where it is undone.
    let mail = mail_with(&mails, &passkey).await;
    assert_eq!(mail.from[0].1, "id@acme.example");
    let code = mail.undo_link().code;
    assert_code_invalid(&undo(&one, &passkey, &code).await);
    assert_eq!(undo(&other, &passkey, &code).await.status, 200);
    let passkey = registered(&other, &ada).await;
    // A mail about a passkey that is gone before it goes out is not sent.
    mail_with(&mails, &passkey).await;
    remove(&one, &ada, &passkey).await.sequence();
    let all = mails.until_mails(4).await;
    assert!(all.iter().all(|it| it.mail.from[0].1 == "id@acme.example"), "{all:?}");
}
