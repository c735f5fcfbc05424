//! What changed between request, mail and tap.

use passlink_tests::{MailServer, Passlink, Tls, until};
use serde_json::Value;

use super::*;

/// What may happen to Ada or her link.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Deactivated,
    Locked,
    Removed,
    OtherAddress,
    NotVerified,
    Revoked,
}

impl Change {
    const ALL: [Self; 6] = [
        Self::Deactivated,
        Self::Locked,
        Self::Removed,
        Self::OtherAddress,
        Self::NotVerified,
        Self::Revoked,
    ];

    /// Makes it so, as an operator does.
    fn make(self, passlink: &Passlink, user: &str, link: &str) {
        let arguments = match self {
            Self::Deactivated => &["user", "deactivate", user][..],
            Self::Locked => &["user", "lock", user],
            Self::Removed => &["user", "remove", user],
            Self::OtherAddress => &["user", "update", user, "--email", "eve@example.com"],
            Self::NotVerified => &["user", "update", user, "--unverified"],
            Self::Revoked => &["link", "revoke", link],
        };
        passlink.cli(arguments).done();
    }
}

/// Neither what was begun with the link can be finished, nor can anything be begun.
async fn assert_no_passkey(passlink: &Passlink, ada: &Caller, code: &Value, begun: &Begun) {
    let finished = begun.finish(passlink, None, &begun.answer().credential()).await;
    assert_ne!(finished.status, 200, "{finished:?}");
    assert_code_invalid(&try_to_begin(passlink, ada, code).await);
    assert_eq!(passlink.sql("SELECT count(*) FROM passkeys", &[])[0][0], 0);
}

#[tokio::test]
async fn no_passkey_when_user_or_link_changed_between_mail_and_tap() {
    for change in Change::ALL {
        let mails = MailServer::plain();
        let passlink = Passlink::with_mail_server(&mails).started().await;
        let ada = passlink.ada();
        let code = mailed(&passlink, &mails, &ada).await;
        let begun = begin_with(&passlink, &ada, &code).await;
        change.make(&passlink, &ada.id, code["id"].as_str().unwrap());
        let finished = begun.finish(&passlink, None, &begun.answer().credential()).await;
        match change {
            // Of a removed user nothing is left, the ceremony included.
            Change::Removed => assert_not_found(&finished),
            _ => assert_code_invalid(&finished),
        }
        assert_no_passkey(&passlink, &ada, &code, &begun).await;
        assert_eq!(mails.count(), 1, "{change:?} is mailed to nobody");
    }
}

#[tokio::test]
async fn a_user_who_may_act_again_needs_a_new_link() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    for (off, on) in [("deactivate", "reactivate"), ("lock", "unlock")] {
        let code = mailed(&passlink, &mails, &ada).await;
        let begun = begin_with(&passlink, &ada, &code).await;
        passlink.cli(&["user", off, &ada.id]).done();
        passlink.cli(&["user", on, &ada.id]).done();
        assert_no_passkey(&passlink, &ada, &code, &begun).await;
    }
    let code = mailed(&passlink, &mails, &ada).await;
    register_with(&passlink, &ada, &code, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

#[tokio::test]
async fn no_passkey_with_a_link_that_a_newer_mail_replaced() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let older = mailed(&passlink, &mails, &ada).await;
    let begun = begin_with(&passlink, &ada, &older).await;
    let newer = mailed(&passlink, &mails, &ada).await;
    until("the older link to be replaced", async || {
        let seen = inspect(&passlink, &older).await.json();
        (seen["state"] == "LINK_STATE_REPLACED").then_some(())
    })
    .await;
    assert_no_passkey(&passlink, &ada, &older, &begun).await;
    register_with(&passlink, &ada, &newer, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

#[tokio::test]
async fn no_passkey_with_a_link_that_expired_since() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    // The code is bound to when the link expires, and so is wrong as well; the ceremony is not.
    passlink.sql("UPDATE links SET expires_at = requested_at", &[]);
    assert_code_invalid(&begun.finish(&passlink, None, &begun.answer().credential()).await);
    assert_no_passkey(&passlink, &ada, &code, &begun).await;
}

#[tokio::test]
async fn no_mail_when_user_or_link_changed_between_request_and_delivery() {
    for change in Change::ALL {
        let mut mails = MailServer::shut(Tls::None);
        let passlink = Passlink::with_mail_server(&mails).generous().started().await;
        let ada = passlink.ada();
        let other = passlink.caller("other@example.com", &[]);
        passlink.send_link(&ada.token).await.sequence();
        let link = passlink.sql("SELECT id FROM links", &[])[0][0].clone();
        change.make(&passlink, &ada.id, link.as_str().unwrap());
        passlink.send_link(&other.token).await.sequence();
        mails.open();
        until("the mails to be done with", async || {
            let waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
            (passlink.sql(waiting, &[])[0][0] == 0).then_some(())
        })
        .await;
        let received = mails.until_mails(1).await.remove(0);
        assert_eq!(received.envelope.to, [other.address], "{change:?}");
    }
}
