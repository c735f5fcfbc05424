//! What is wrong with the answer itself.

use super::*;

/// What is changed of an answer before it is signed, and the reason for which it is refused then.
type Change = (&'static str, fn(&mut HandMadeAssertion), &'static str);

const CHANGES: [Change; 11] = [
    ("another type", |it| it.kind = "webauthn.create".into(), "malformed"),
    ("another page", |it| it.origin = "https://evil.example".into(), "origin"),
    ("a page below", |it| it.origin = "https://a.login.example.com".into(), "origin"),
    ("another port", |it| it.origin = format!("{ORIGIN}:8443"), "origin"),
    ("framed", |it| drop(it.more.insert("crossOrigin".into(), true.into())), "origin"),
    ("another relying party", |it| it.rp_id_hash = vec![7; 32], "relying_party"),
    ("nobody there", |it| it.flags = USER_VERIFIED, "user_presence"),
    ("not recognised", |it| it.flags = USER_PRESENT, "user_verification"),
    ("backed up, and can't be", |it| it.flags |= BACKED_UP, "backup_state"),
    ("can be backed up by now", |it| it.flags |= BACKUP_ELIGIBLE, "backup_state"),
    ("an unknown credential", |it| it.id = b"unknown".into(), "unknown_credential"),
];

#[tokio::test]
async fn an_answer_in_which_anything_is_wrong_signs_nobody_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    for expected in [None, by_id(&ada)] {
        let session = app.ask(expected.clone()).await;
        for (what, change, reason) in CHANGES {
            println!("{what} of {expected:?}");
            let answer = changed(&passkey, &session, change);
            watched.assert_refused(&app, &session, &answer, reason).await;
        }
        // The right one is still awaited.
        let signed_in = app.sign_in(&session, &passkey.sign(&session)).await;
        assert_eq!(user_of(&app.get(&signed_in).await), ada.id);
        assert!(speaks(passlink, &signed_in.token).await);
    }
    assert_eq!(watched.counted("verified").await, BTreeMap::from([(String::new(), 2)]));
}

#[tokio::test]
async fn a_signature_by_another_key_or_of_something_else_signs_nobody_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    for key in [Key::es256(), Key::rs256()] {
        let passkey = SigningPasskey::register(passlink, &ada, key).await;
        let session = app.ask(None).await;
        let answer = passkey.answer(&session);
        let mut other = answer.clone();
        other.sign_count = 9;
        let of_other = other.signed_by(&passkey.key)["response"]["signature"].clone();
        let mut altered = answer.signed_by(&passkey.key);
        altered["response"]["signature"] = of_other;
        for wrong in [
            answer.signed_by(&Key::es256()),
            answer.signed_by(&Key::rs256()),
            answer.with_signature(b""),
            altered,
        ] {
            watched.assert_refused(&app, &session, &wrong, "signature").await;
        }
        app.sign_in(&session, &passkey.sign(&session)).await;
    }
}

#[tokio::test]
async fn what_is_no_assertion_signs_nobody_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let session = app.ask(None).await;
    let right = passkey.sign(&session);
    let without = |name: &str| {
        let mut answer = right.clone();
        answer["response"].as_object_mut().unwrap().remove(name);
        answer
    };
    let mut other_type = right.clone();
    other_type["type"] = json!("password");
    let mut other_data = right.clone();
    other_data["response"]["authenticatorData"] = json!("AAAA");
    for wrong in [
        json!({}),
        json!({ "id": 7 }),
        without("signature"),
        without("clientDataJSON"),
        without("authenticatorData"),
        other_type,
        other_data,
    ] {
        watched.assert_refused(&app, &session, &wrong, "malformed").await;
    }
    // Of another passkey than it says.
    let mut other_raw = right.clone();
    other_raw["rawId"] = json!("AAAA");
    watched.assert_refused(&app, &session, &other_raw, "unknown_credential").await;
    app.sign_in(&session, &right).await;
}

#[tokio::test]
async fn who_need_not_be_recognised_signs_in_but_the_token_speaks_for_nobody() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    for policy in ["PREFERRED", "DISCOURAGED"] {
        let policy = format!("USER_VERIFICATION_REQUIREMENT_{policy}");
        let challenge = json!({ "webAuthN": { "userVerificationRequirement": policy } });
        for recognised in [false, true] {
            let created = app.create(&json!({ "challenges": challenge })).await;
            let session = Session::created(&created);
            let flags = if recognised { USER_PRESENT | USER_VERIFIED } else { USER_PRESENT };
            let answer = changed(&passkey, &session, |it| it.flags = flags);
            let signed_in = app.sign_in(&session, &answer).await;
            let seen = app.get(&signed_in).await;
            assert_eq!(user_of(&seen), ada.id);
            let verified = seen.json()["session"]["factors"]["webAuthN"].clone();
            // JSON leaves out what is false.
            assert_eq!(verified.get("userVerified").is_some(), recognised, "{verified}");
            assert_eq!(speaks(&passlink, &signed_in.token).await, recognised);
        }
    }
}
