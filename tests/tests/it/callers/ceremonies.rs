//! Who may finish a registration, and which passkeys a service may remove.

use passlink_tests::create_passkey;

use super::*;

/// Two who may register a passkey for a user, and those who may not.
struct Stage {
    passlink: Passlink,
    ada: Caller,
    bob: Caller,
    service: String,
    foreign: String,
    powerless: String,
}

impl Stage {
    async fn set() -> Self {
        let passlink = Passlink::with_mail_dir().started().await;
        let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
        let service = service_of(&passlink, "shop", "default");
        let foreign = service_of(&passlink, "foreign", "other");
        let powerless = passlink.service("powerless", &permitting(&all_but(WRITE)));
        Self { passlink, ada, bob, service, foreign, powerless }
    }

    /// Nobody may finish this but who may act for the user.
    async fn assert_refused_to_others(&self, begun: &Begun, credential: &Value) {
        let finish = async |token| begun.finish(&self.passlink, token, credential).await;
        let text = "auth header missing";
        finish(None).await.assert_error(401, 16, text, "AUTH-Missing");
        assert_denied(&finish(Some(&self.bob.token)).await);
        assert_denied(&finish(Some(&self.powerless)).await);
        assert_no_user(&finish(Some(&self.foreign)).await);
        assert_eq!(names(&self.passlink, &self.ada).await, [""; 0]);
        assert_eq!(self.passlink.history(&self.ada.id), [1]);
    }

    /// Nobody may finish this for another user.
    async fn assert_refused_for_another(&self, begun: &Begun, credential: &Value) {
        let path = format!("{}/{}", passkeys_of(&self.bob), begun.id);
        let body = json!({ "publicKeyCredential": credential });
        let tokens = [&self.bob.token, &self.service];
        for token in tokens {
            assert_not_found(&post(&self.passlink, Some(token), &path, &body).await);
        }
        let own = verify_own(&self.passlink, &self.bob, credential).await;
        assert_not_verified(&own);
    }
}

#[tokio::test]
async fn what_a_user_began_is_finished_by_a_service_that_may_and_nobody_else() {
    let stage = Stage::set().await;
    let begun = begin(&stage.passlink, &stage.ada).await;
    let credential = create_passkey(&begun.options, ORIGIN).await;
    stage.assert_refused_to_others(&begun, &credential).await;
    stage.assert_refused_for_another(&begun, &credential).await;
    let finished = begun.finish_as(&stage.passlink, Some(&stage.service), &credential, "Phone");
    assert_eq!(finished.await.sequence(), 2);
    assert_eq!(names(&stage.passlink, &stage.ada).await, ["Phone"]);
}

#[tokio::test]
async fn what_a_service_began_is_finished_by_the_user_and_nobody_else() {
    let stage = Stage::set().await;
    let Stage { passlink, ada, service, .. } = &stage;
    let begun = begin(passlink, &for_user(ada, service)).await;
    let credential = create_passkey(&begun.options, ORIGIN).await;
    stage.assert_refused_to_others(&begun, &credential).await;
    stage.assert_refused_for_another(&begun, &credential).await;
    assert_eq!(begun.finish(passlink, Some(&ada.token), &credential).await.sequence(), 2);
    let begun = begin(passlink, &for_user(ada, service)).await;
    let second = begun.answer().credential();
    assert_eq!(verify_own(passlink, ada, &second).await.sequence(), 3);
    assert_eq!(names(passlink, ada).await.len(), 2);
}

#[tokio::test]
async fn what_a_code_began_is_finished_for_its_user_alone() {
    let stage = Stage::set().await;
    let Stage { passlink, ada, bob, service, .. } = &stage;
    let code = returned_code(passlink, &for_user(ada, service)).await;
    assert_code_invalid(&try_to_begin(passlink, bob, &code).await);
    let begun = begin_with(passlink, ada, &code).await;
    let credential = create_passkey(&begun.options, ORIGIN).await;
    let path = format!("{}/{}", passkeys_of(bob), begun.id);
    let body = json!({ "publicKeyCredential": credential });
    for token in [None, Some(&*ada.token), Some(&*bob.token), Some(&**service)] {
        assert_not_found(&post(passlink, token, &path, &body).await);
    }
    assert_not_verified(&verify_own(passlink, ada, &credential).await);
    assert_eq!(names(passlink, ada).await, [""; 0]);
    assert_eq!(begun.finish(passlink, None, &credential).await.sequence(), 3);
}

#[tokio::test]
async fn a_service_removes_no_passkey_by_the_wrong_users_id() {
    let stage = Stage::set().await;
    let Stage { passlink, ada, bob, .. } = &stage;
    let service = service_of(passlink, "everywhere", "*");
    let code = returned_code(passlink, ada).await;
    let passkey = register_with(passlink, ada, &code, "Phone").await;
    let eve = passlink.caller("eve@example.com", &["--org", "other"]);
    for other in [bob, &eve] {
        assert_not_found(&remove(passlink, &for_user(other, &service), &passkey).await);
        assert_not_found(&remove(passlink, other, &passkey).await);
    }
    assert_eq!(names(passlink, ada).await, ["Phone"]);
    assert_eq!(remove(passlink, &for_user(ada, &service), &passkey).await.sequence(), 4);
    assert_eq!(names(passlink, ada).await, [""; 0]);
}
