//! Links end with the token that made them; undoing a registration can revoke that token.

use passlink_tests::{Api, MailServer, Passlink, mime::Link};
use serde_json::{Value, json};

use super::*;

/// Ada's tokens that are not revoked.
fn tokens(passlink: &Passlink, ada: &Caller) -> Vec<Value> {
    let tokens = passlink.cli(&["token", "list", "--user", &ada.id]).lines().into_iter();
    tokens.filter(|token| token["revoked"].is_null()).map(|token| token["id"].clone()).collect()
}

/// What became of the user's links, in order.
fn states(passlink: &Passlink, ada: &Caller) -> Vec<Value> {
    let links = passlink.cli(&["link", "list", "--user", &ada.id]).lines().into_iter();
    links.map(|link| link["state"].clone()).collect()
}

async fn undo_with_token(passlink: &Passlink, passkey: &str, code: &str) -> Answer {
    let path = format!("/passlink/v1/passkeys/{passkey}/_undo");
    post(passlink, None, &path, &json!({ "code": code, "revokeToken": true })).await
}

#[tokio::test]
async fn a_revoked_token_ends_its_open_links_and_no_other() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let token = tokens(&passlink, &ada).remove(0);
    let mailed = mailed(&passlink, &mails, &ada).await;
    let returned = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &returned).await;
    passlink.cli(&["link", "create", "--user", &ada.id]).done();
    let other = Caller { token: passlink.token(&ada.id, &[]), ..ada.clone() };
    let others = returned_code(&passlink, &other).await;
    let revoke = ["token", "revoke", token.as_str().unwrap()];
    let revoked = passlink.cli(&revoke).lines().remove(0);
    assert_eq!((&revoked["id"], &revoked["linksEnded"]), (&token, &json!(2)));
    assert_eq!(passlink.cli(&revoke).lines()[0]["linksEnded"], 0);
    assert_eq!(states(&passlink, &ada), ["revoked", "revoked", "requested", "requested"]);
    for code in [&mailed, &returned] {
        assert_code_invalid(&try_to_begin(&passlink, &ada, code).await);
    }
    assert_code_invalid(&begun.finish(&passlink, None, &begun.answer().credential()).await);
    register_with(&passlink, &ada, &others, "Phone").await;
}

#[tokio::test]
async fn undo_revokes_the_token_that_made_the_link_where_that_is_asked_for() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let other = passlink.token(&ada.id, &[]);
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    let undo_code = mails.until_mails(1).await.remove(0).mail.undo_link().code;
    let open = returned_code(&passlink, &ada).await;
    let look = async || at_passkey(&passlink, &passkey, "inspect_undo", &undo_code).await.json();
    assert_eq!(look().await["canRevokeToken"], true);
    // Somebody who guesses revokes nothing.
    assert_code_invalid(&undo_with_token(&passlink, &passkey, "guess").await);
    assert_eq!(undo(&passlink, &passkey, &undo_code).await.status, 200);
    assert_eq!(tokens(&passlink, &ada).len(), 2);
    assert_eq!(look().await["state"], "UNDO_STATE_DONE");
    for _ in 0..2 {
        assert_eq!(undo_with_token(&passlink, &passkey, &undo_code).await.status, 200);
        assert_eq!(tokens(&passlink, &ada).len(), 1);
        assert_eq!(look().await.get("canRevokeToken"), None);
    }
    passlink.send_link(&ada.token).await.assert_error(
        401,
        16,
        "Errors.Token.Invalid",
        "AUTH-Invalid",
    );
    assert_code_invalid(&try_to_begin(&passlink, &ada, &open).await);
    passlink.send_link(&other).await.sequence();
}

#[tokio::test]
async fn undo_revokes_no_token_for_a_link_that_an_operator_made() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let link = passlink.cli(&["link", "create", "--user", &ada.id]).done();
    let code = code_of(&Link::parse(link.trim_end()));
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    let undo_code = mails.until_mails(1).await.remove(0).mail.undo_link().code;
    let seen = at_passkey(&passlink, &passkey, "inspect_undo", &undo_code).await.json();
    assert_eq!((&seen["state"], seen.get("canRevokeToken")), (&json!("UNDO_STATE_OPEN"), None));
    assert_eq!(undo_with_token(&passlink, &passkey, &undo_code).await.status, 200);
    assert_eq!(names(&passlink, &ada).await, [""; 0]);
    assert_eq!(tokens(&passlink, &ada).len(), 1);
}
