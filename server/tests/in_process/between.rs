//! What changed between request, mail and tap.

use std::time::Duration;

use passlink_application::{links::RevokeLink, users::ManageUsers};
use passlink_domain::{StateChange, UserChanges};
use passlink_tests::{Api, Caller, passkeys::*};
use serde_json::Value;

use crate::installation::{GENEROUS, Installation};

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
    async fn make(self, passlink: &Installation, user: &Caller, link: &str) {
        let update = async |changes: UserChanges| {
            let id = user.id.parse().unwrap();
            ManageUsers(passlink.ports()).update(id, changes).await.unwrap();
        };
        match self {
            Self::Deactivated => passlink.change(user, StateChange::Deactivate).await,
            Self::Locked => passlink.change(user, StateChange::Lock).await,
            Self::Removed => passlink.remove(user).await,
            Self::OtherAddress => {
                let email = "eve@example.com".parse().ok();
                update(UserChanges { email, ..UserChanges::default() }).await;
            }
            Self::NotVerified => {
                update(UserChanges { verified: Some(false), ..UserChanges::default() }).await;
            }
            Self::Revoked => {
                let revoked = RevokeLink(passlink.ports()).revoke(link.parse().unwrap()).await;
                revoked.unwrap();
            }
        }
    }
}

/// Neither what was begun with the link can be finished, nor can anything be begun.
async fn assert_no_passkey(passlink: &Installation, ada: &Caller, code: &Value, begun: &Begun) {
    let finished = begun.finish(passlink, None, &begun.answer().credential()).await;
    assert_ne!(finished.status, 200, "{finished:?}");
    assert_code_invalid(&try_to_begin(passlink, ada, code).await);
    assert_eq!(passlink.count("passkeys"), 0);
}

#[tokio::test]
async fn no_passkey_when_user_or_link_changed_between_mail_and_tap() {
    for change in Change::ALL {
        let passlink = Installation::new().await;
        let ada = passlink.ada().await;
        let code = passlink.mailed(&ada).await;
        let begun = begin_with(&passlink, &ada, &code).await;
        change.make(&passlink, &ada, code["id"].as_str().unwrap()).await;
        let finished = begun.finish(&passlink, None, &begun.answer().credential()).await;
        match change {
            // Of a removed user nothing is left, the ceremony included.
            Change::Removed => assert_not_found(&finished),
            _ => assert_code_invalid(&finished),
        }
        assert_no_passkey(&passlink, &ada, &code, &begun).await;
        passlink.deliver().await;
        assert_eq!(passlink.mails(), 1, "{change:?} is mailed to nobody");
    }
}

#[tokio::test]
async fn a_user_who_may_act_again_needs_a_new_link() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    for (off, on) in [
        (StateChange::Deactivate, StateChange::Reactivate),
        (StateChange::Lock, StateChange::Unlock),
    ] {
        let code = passlink.mailed(&ada).await;
        let begun = begin_with(&passlink, &ada, &code).await;
        passlink.change(&ada, off).await;
        passlink.change(&ada, on).await;
        assert_no_passkey(&passlink, &ada, &code, &begun).await;
    }
    let code = passlink.mailed(&ada).await;
    register_with(&passlink, &ada, &code, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

#[tokio::test]
async fn no_passkey_with_a_link_that_a_newer_mail_replaced() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    let older = passlink.mailed(&ada).await;
    let begun = begin_with(&passlink, &ada, &older).await;
    passlink.pass(Duration::from_secs(1));
    let newer = passlink.mailed(&ada).await;
    assert_eq!(inspect(&passlink, &older).await.json()["state"], "LINK_STATE_REPLACED");
    assert_no_passkey(&passlink, &ada, &older, &begun).await;
    register_with(&passlink, &ada, &newer, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

#[tokio::test]
async fn no_passkey_with_a_link_that_expired_since() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    let code = returned_code(&passlink, &ada).await;
    passlink.pass(Duration::from_secs(3599));
    let begun = begin_with(&passlink, &ada, &code).await;
    passlink.pass(Duration::from_secs(1));
    assert_eq!(inspect(&passlink, &code).await.json()["state"], "LINK_STATE_EXPIRED");
    assert_no_passkey(&passlink, &ada, &code, &begun).await;
}

#[tokio::test]
async fn no_mail_when_user_or_link_changed_between_request_and_delivery() {
    for change in Change::ALL {
        let passlink = Installation::with(GENEROUS).await;
        let ada = passlink.ada().await;
        passlink.send_link(&ada.token).await.sequence();
        let link = passlink.link_of(&ada).await;
        change.make(&passlink, &ada, &link).await;
        passlink.deliver().await;
        assert_eq!(passlink.mails(), 0, "{change:?}");
        assert_eq!(passlink.count("outbox WHERE state = 'waiting'"), 0, "{change:?}");
    }
}
