//! Who may do what: a code opens what it is for, a caller acts on their own user.

use std::time::Duration;

use passlink_application::links::ExpireLinks;
use passlink_domain::StateChange;
use passlink_tests::{
    Answer, Api, Caller,
    passkeys::{undo as undo_at, *},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::installation::{GENEROUS, Installation};

/// Whatever takes a code.
const ENDPOINTS: [&str; 7] =
    ["register", "inspect", "resend", "revoke", "inspect_revocation", "undo", "inspect_undo"];

/// Ada with a mailed link that is open and a passkey that was registered with another one; and all
/// their codes.
struct Codes {
    passlink: Installation,
    ada: Caller,
    link: String,
    passkey: String,
    register: String,
    revoke: String,
    undo: String,
}

impl Codes {
    async fn made() -> Self {
        let many = [GENEROUS, &[("limits.wrong_codes_per_minute", "10000")]].concat();
        let passlink = Installation::with(&many).await;
        let ada = passlink.ada().await;
        let first = passlink.mailed(&ada).await;
        let passkey = register_with(&passlink, &ada, &first, "Phone").await;
        let undo = passlink.mailed_link("undo").await;
        assert_eq!(undo.query["passkeyID"], passkey);
        passlink.send_link(&ada.token).await.sequence();
        let link = passlink.mailed_link("register").await;
        Self {
            ada,
            link: link.query["codeID"].clone(),
            passkey,
            register: link.code,
            revoke: passlink.mailed_link("revoke").await.code,
            undo: undo.code,
            passlink,
        }
    }

    fn link_with(&self, code: &str) -> Value {
        json!({ "id": self.link, "code": code })
    }

    /// Presents a code at one of [`ENDPOINTS`].
    async fn at(&self, endpoint: &str, [link, passkey]: [&str; 2], code: &str) -> Answer {
        let Self { passlink, ada, .. } = self;
        let of_link = json!({ "id": link, "code": code });
        match endpoint {
            "register" => try_to_begin(passlink, ada, &of_link).await,
            "undo" | "inspect_undo" => at_passkey(passlink, passkey, endpoint, code).await,
            verb => at_link(passlink, &of_link, &format!("_{verb}")).await,
        }
    }

    /// Each of [`ENDPOINTS`] refuses the code alike.
    async fn refuse(&self, ids: [&str; 2], code: &str) {
        for endpoint in ENDPOINTS {
            let answer = self.at(endpoint, ids, code).await;
            assert_eq!(answer.status, 400, "{endpoint} of {ids:?}: {answer:?}");
            assert_code_invalid(&answer);
        }
    }

    fn ids(&self) -> [&str; 2] {
        [&self.link, &self.passkey]
    }

    /// All is as it was, and each code does what it is for.
    async fn assert_untouched(&self) {
        let Self { passlink, ada, passkey, register, revoke, .. } = self;
        assert_eq!(names(passlink, ada).await, ["Phone"]);
        let inspected = inspect(passlink, &self.link_with(register)).await.json();
        assert_eq!(inspected["state"], "LINK_STATE_OPEN");
        begin_with(passlink, ada, &self.link_with(register)).await;
        let revoked = at_link(passlink, &self.link_with(revoke), "_revoke").await;
        assert_eq!((revoked.status, &*revoked.text), (200, "{}"));
        let undone = undo(passlink, passkey, &self.undo).await;
        assert_eq!((undone.status, &*undone.text), (200, "{}"));
        assert_eq!(names(passlink, ada).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_code_opens_nothing_but_what_it_is_for() {
    let codes = Codes::made().await;
    let before = codes.passlink.rows();
    let Codes { register, revoke, undo, .. } = &codes;
    for (code, opens) in [
        (register, &["register", "inspect"][..]),
        (revoke, &["revoke", "inspect_revocation"]),
        (undo, &["undo", "inspect_undo"]),
        (&register.to_lowercase(), &[]),
        (&register[1..].to_owned(), &[]),
        (&format!("{register}A"), &[]),
        (&format!(" {register}"), &[]),
    ] {
        for endpoint in ENDPOINTS.into_iter().filter(|endpoint| !opens.contains(endpoint)) {
            let answer = codes.at(endpoint, codes.ids(), code).await;
            assert_eq!(answer.status, 400, "for {opens:?}, at {endpoint}: {answer:?}");
            assert_code_invalid(&answer);
        }
    }
    assert_eq!(codes.passlink.rows(), before);
    codes.assert_untouched().await;
}

#[tokio::test]
async fn whatever_is_wrong_answers_alike() {
    let codes = Codes::made().await;
    let Codes { passlink, ada, register, .. } = &codes;
    let other = returned_code(passlink, ada).await;
    let other = other["id"].as_str().unwrap();
    for ids in [["unknown", "unknown"], [other, &codes.link], ["127.0.0.1", "0"]] {
        codes.refuse(ids, register).await;
    }
    let bob = passlink.bob().await;
    assert_code_invalid(&try_to_begin(passlink, &bob, &codes.link_with(register)).await);
    passlink.change(ada, StateChange::Lock).await;
    codes.refuse(codes.ids(), register).await;
    passlink.change(ada, StateChange::Unlock).await;
    assert_eq!(names(passlink, ada).await, ["Phone"]);
    passlink.remove(ada).await;
    for code in [register, &codes.revoke, &codes.undo] {
        codes.refuse(codes.ids(), code).await;
    }
}

#[tokio::test]
async fn this_was_not_me_works_for_a_user_who_is_locked_or_deactivated() {
    for stop in [StateChange::Lock, StateChange::Deactivate] {
        let codes = Codes::made().await;
        let Codes { passlink, ada, passkey, revoke, undo, .. } = &codes;
        passlink.change(ada, stop).await;
        let link = codes.link_with(revoke);
        let seen = at_link(passlink, &link, "_inspect_revocation").await.json();
        assert_eq!(seen["state"], "LINK_STATE_REVOKED", "{stop:?}: {seen}");
        assert_eq!(seen["maskedEmail"], "a•••@example.com");
        for _ in 0..2 {
            let revoked = at_link(passlink, &link, "_revoke").await;
            assert_eq!((revoked.status, &*revoked.text), (200, "{}"), "{stop:?}");
            let undone = undo_at(passlink, passkey, undo).await;
            assert_eq!((undone.status, &*undone.text), (200, "{}"), "{stop:?}");
        }
        assert_eq!(passlink.count("passkeys WHERE removed_at IS NULL"), 0, "{stop:?}");
    }
}

#[tokio::test]
async fn an_expired_link_of_a_locked_user_that_was_revoked_is_not_mailed_again_later() {
    let codes = Codes::made().await;
    let Codes { passlink, ada, register, .. } = &codes;
    passlink.pass(Duration::from_secs(3600));
    ExpireLinks(passlink.ports()).run().await.unwrap();
    assert_eq!(passlink.count("links WHERE state = 'expired'"), 1);
    passlink.change(ada, StateChange::Lock).await;
    let revoked = at_link(passlink, &codes.link_with(&codes.revoke), "_revoke").await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    passlink.change(ada, StateChange::Unlock).await;
    assert_code_invalid(&at_link(passlink, &codes.link_with(register), "_resend").await);
}

#[tokio::test]
async fn what_can_be_no_code_or_no_id_is_as_wrong_as_any_other_and_told_by_its_field_elsewhere() {
    let codes = Codes::made().await;
    let long = "x".repeat(201);
    for (code, why) in [("", "must not be empty"), (&*long, "must have at most 200 characters")] {
        for endpoint in ENDPOINTS {
            let answer = codes.at(endpoint, codes.ids(), code).await;
            let text = format!("Errors.Invalid: code.code: {why}");
            match endpoint {
                "register" => drop(answer.assert_error(400, 3, &text, "REQUEST-Invalid")),
                _ => assert_code_invalid(&answer),
            }
        }
    }
    for id in [&*long, "a%20b"] {
        for endpoint in ENDPOINTS.into_iter().filter(|endpoint| *endpoint != "register") {
            assert_code_invalid(&codes.at(endpoint, [id, id], &codes.register).await);
        }
    }
    for method in [
        "InspectLink",
        "ResendLink",
        "RevokeLink",
        "InspectRevocation",
        "UndoRegistration",
        "InspectUndo",
    ] {
        let path = format!("/passlink.v1.LinkService/{method}");
        let answer = post(&codes.passlink, None, &path, &json!({})).await;
        assert_eq!(answer.status, 400, "{method}: {answer:?}");
        assert!(answer.text.contains("Errors.User.Code.Invalid"), "{method}: {answer:?}");
    }
    codes.assert_untouched().await;
}

#[tokio::test]
async fn a_revoke_code_revokes_whatever_the_link_had_begun_and_is_no_error_twice() {
    let codes = Codes::made().await;
    let Codes { passlink, ada, register, revoke, .. } = &codes;
    let begun = begin_with(passlink, ada, &codes.link_with(register)).await;
    for _ in 0..2 {
        let revoked = at_link(passlink, &codes.link_with(revoke), "_revoke").await;
        assert_eq!(revoked.status, 200, "{revoked:?}");
    }
    assert_code_invalid(&begun.finish(passlink, None, &begun.answer().credential()).await);
    assert_code_invalid(&try_to_begin(passlink, ada, &codes.link_with(register)).await);
    let inspected = inspect(passlink, &codes.link_with(register)).await.json();
    assert_eq!(inspected["state"], "LINK_STATE_REVOKED");
    assert_eq!(names(passlink, ada).await, ["Phone"]);
    // Sent, added, sent, revoked, after the user was made.
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_undo_code_undoes_for_seven_days_and_is_no_error_twice() {
    const SEVEN_DAYS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    let codes = Codes::made().await;
    let Codes { passlink, ada, passkey, undo, .. } = &codes;
    assert_code_invalid(&undo_at(passlink, passkey, &codes.register).await);
    passlink.pass(SEVEN_DAYS - Duration::from_millis(1));
    for _ in 0..2 {
        let undone = undo_at(passlink, passkey, undo).await;
        assert_eq!((undone.status, &*undone.text), (200, "{}"));
    }
    assert_code_invalid(&undo_at(passlink, passkey, &codes.register).await);
    assert_eq!(names(passlink, ada).await, Vec::<String>::new());

    let late = Codes::made().await;
    late.passlink.pass(SEVEN_DAYS);
    assert_code_invalid(&undo_at(&late.passlink, &late.passkey, &late.undo).await);
    assert_eq!(names(&late.passlink, &late.ada).await, ["Phone"]);
}

#[tokio::test]
async fn another_users_ceremony_and_passkey_are_not_there() {
    let passlink = Installation::new().await;
    let (ada, bob) = (passlink.ada().await, passlink.bob().await);
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let bobs = Begun {
        path: format!("{}/{}", passkeys_of(&bob), begun.id),
        id: begun.id.clone(),
        options: begun.options.clone(),
    };
    let credential = begun.answer().credential();
    for token in [None, Some(bob.token.as_str()), Some(ada.token.as_str())] {
        assert_not_found(&bobs.finish(&passlink, token, &credential).await);
    }
    begun.finish(&passlink, None, &credential).await.sequence();
    for token in [None, Some(bob.token.as_str())] {
        assert_not_found(&bobs.finish(&passlink, token, &credential).await);
    }
    assert_not_found(&remove(&passlink, &bob, &begun.id).await);
    let own = format!("{OWN}/{}", begun.id);
    let removed = passlink.request(Method::DELETE, &own).bearer_auth(&bob.token);
    assert_not_found(&passlink.answer(removed).await);
    assert_eq!(names(&passlink, &bob).await, Vec::<String>::new());
    assert_eq!(names(&passlink, &ada).await.len(), 1);
    assert_eq!(passlink.history(&bob.id), [1]);
}

#[tokio::test]
async fn what_a_bearer_token_began_is_finished_by_that_users_token_alone() {
    let passlink = Installation::new().await;
    let (ada, bob) = (passlink.ada().await, passlink.bob().await);
    let begun = begin(&passlink, &ada).await;
    let credential = begun.answer().credential();
    let missing = begun.finish(&passlink, None, &credential).await;
    missing.assert_error(401, 16, "auth header missing", "AUTH-Missing");
    let invalid = begun.finish(&passlink, Some("nonsense"), &credential).await;
    invalid.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
    let denied = begun.finish(&passlink, Some(&bob.token), &credential).await;
    denied.assert_error(403, 7, "Errors.PermissionDenied", "AUTH-Denied");
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());
    let other = passlink.token(&ada.id, None).await;
    assert_eq!(begun.finish(&passlink, Some(&other), &credential).await.sequence(), 2);
}

#[tokio::test]
async fn a_ceremony_that_a_link_began_is_not_found_by_its_challenge() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    assert_not_verified(&verify_own(&passlink, &ada, &begun.answer().credential()).await);
    let by_bearer = begin(&passlink, &ada).await;
    let bob = passlink.bob().await;
    let credential = by_bearer.answer().credential();
    assert_not_verified(&verify_own(&passlink, &bob, &credential).await);
    assert_eq!(verify_own(&passlink, &ada, &credential).await.sequence(), 3);
}

#[tokio::test]
async fn a_caller_acts_on_no_other_user() {
    let passlink = Installation::new().await;
    let (ada, bob) = (passlink.ada().await, passlink.bob().await);
    let code = returned_code(&passlink, &bob).await;
    let passkey = register_with(&passlink, &bob, &code, "Bob's").await;
    let begun = begin(&passlink, &bob).await;
    let before = passlink.rows();
    let bobs = passkeys_of(&bob);
    let credential = begun.answer().credential();
    for (method, path, body) in [
        (Method::POST, format!("{bobs}/registration_link"), json!({})),
        (Method::POST, format!("{bobs}/registration_link"), json!({ "returnCode": {} })),
        (Method::POST, bobs.clone(), json!({})),
        (Method::POST, begun.path.clone(), json!({ "publicKeyCredential": credential })),
        (Method::POST, format!("{bobs}/_search"), json!({})),
        (Method::DELETE, format!("{bobs}/{passkey}"), json!({})),
        (Method::POST, "/v2/users/nobody/passkeys/_search".to_owned(), json!({})),
    ] {
        let request = passlink.request(method, &path).bearer_auth(&ada.token).json(&body);
        let answer = passlink.answer(request).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        answer.assert_error(403, 7, "Errors.PermissionDenied", "AUTH-Denied");
    }
    assert_eq!(passlink.rows(), before);
    assert_eq!(names(&passlink, &bob).await, ["Bob's"]);
}
