//! How many passkeys and ceremonies, what passkeys are called, and whose a credential is.

use std::time::Duration;

use passlink_tests::{Answer, Api, HandMade, passkeys::*};
use reqwest::{Method, header::USER_AGENT};
use serde_json::json;

use crate::installation::Installation;

fn assert_too_many(answer: &Answer) {
    answer.assert_error(400, 9, "Errors.User.WebAuthN.TooMany", "PASSKEY-TooMany");
}

fn assert_exists(answer: &Answer) {
    answer.assert_error(409, 6, "Errors.User.WebAuthN.AlreadyExists", "PASSKEY-Exists");
}

#[tokio::test]
async fn a_user_has_as_many_passkeys_as_are_allowed() {
    let passlink = Installation::with(&[("passkeys.max_per_user", "2")]).await;
    let ada = passlink.ada().await;
    let token = Some(ada.token.as_str());
    let code = returned_code(&passlink, &ada).await;
    let by_link = begin_with(&passlink, &ada, &code).await;
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(begin(&passlink, &ada).await);
    }
    let credentials: Vec<_> = begun.iter().map(|begun| begun.answer().credential()).collect();
    for (begun, credential) in begun.iter().zip(&credentials).take(2) {
        assert_eq!(begun.finish(&passlink, token, credential).await.status, 200);
    }
    assert_too_many(&begun[2].finish(&passlink, token, &credentials[2]).await);
    assert_too_many(&by_link.finish(&passlink, None, &by_link.answer().credential()).await);
    assert_too_many(&post(&passlink, token, OWN, &json!({})).await);
    assert_too_many(&try_to_begin(&passlink, &ada, &code).await);
    assert_eq!(names(&passlink, &ada).await.len(), 2);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);

    remove(&passlink, &ada, &begun[0].id).await.sequence();
    let credential = by_link.answer().credential();
    assert_eq!(by_link.finish(&passlink, None, &credential).await.sequence(), 6);
}

#[tokio::test]
async fn a_credential_belongs_to_whoever_registered_it_first() {
    let passlink = Installation::new().await;
    let (ada, bob) = (passlink.ada().await, passlink.bob().await);
    let id = b"the same credential".to_vec();
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let credential = HandMade { id: id.clone(), ..begun.answer() }.credential();
    begun.finish(&passlink, None, &credential).await.sequence();
    for user in [&ada, &bob] {
        let code = returned_code(&passlink, user).await;
        let begun = begin_with(&passlink, user, &code).await;
        let before = passlink.rows();
        let same = HandMade { id: id.clone(), ..begun.answer() }.credential();
        assert_exists(&begun.finish(&passlink, None, &same).await);
        assert_eq!(passlink.rows(), before);
        assert_eq!(inspect(&passlink, &code).await.json()["state"], "LINK_STATE_OPEN");
        let by_bearer = begin(&passlink, user).await;
        let same = HandMade { id: id.clone(), ..by_bearer.answer() }.credential();
        assert_exists(&by_bearer.finish(&passlink, Some(&user.token), &same).await);
        assert_exists(&verify_own(&passlink, user, &same).await);
        // The link that a taken credential was shown to takes another one.
        begun.finish(&passlink, None, &begun.answer().credential()).await.sequence();
    }
    remove(&passlink, &ada, &begun.id).await.sequence();
    let begun = begin(&passlink, &bob).await;
    let same = HandMade { id, ..begun.answer() }.credential();
    assert_eq!(begun.finish(&passlink, Some(&bob.token), &same).await.status, 200);
}

#[tokio::test]
async fn a_name_is_one_line_of_200_characters_at_most() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    let token = Some(ada.token.as_str());
    let begun = begin(&passlink, &ada).await;
    let credential = begun.answer().credential();
    for (name, why) in [
        ("é".repeat(201), "must have at most 200 characters"),
        ("two\nlines".to_owned(), "must not contain line breaks or other control characters"),
        ("a\u{0}".to_owned(), "must not contain line breaks or other control characters"),
        ("\u{7f}b".to_owned(), "must not contain line breaks or other control characters"),
    ] {
        let answer = begun.finish_as(&passlink, token, &credential, &name).await;
        let text = format!("Errors.Invalid: passkey_name: {why}");
        answer.assert_error(400, 3, &text, "REQUEST-Invalid");
    }
    let body = json!({ "verification": {
        "publicKeyCredential": base64(&credential), "tokenName": "\u{1b}[31m",
    } });
    let text = "Errors.Invalid: verification.token_name: \
        must not contain line breaks or other control characters";
    let answer = post(&passlink, token, &format!("{OWN}/_verify"), &body).await;
    answer.assert_error(400, 3, text, "REQUEST-Invalid");
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());

    let longest = "é".repeat(200);
    let padded = format!(" \t{longest}  ");
    begun.finish_as(&passlink, token, &credential, &padded).await.sequence();
    assert_eq!(names(&passlink, &ada).await, [longest]);
}

#[tokio::test]
async fn a_passkey_without_a_name_is_called_by_its_model_else_by_its_device() {
    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) \
        AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    const GOOGLE: [u8; 16] = [
        0xea, 0x9b, 0x8d, 0x66, 0x4d, 0x01, 0x1d, 0x21, 0x3c, 0xe4, 0xb6, 0xb4, 0x8c, 0xb5, 0x75,
        0xd4,
    ];
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    for (aaguid, name, called) in [
        (GOOGLE, "", "Google Password Manager"),
        ([0; 16], "  ", "Safari on iPhone"),
        ([1; 16], "", "Safari on iPhone"),
        (GOOGLE, "Mine", "Mine"),
    ] {
        let begun = begin(&passlink, &ada).await;
        let credential = HandMade { aaguid, ..begun.answer() }.credential();
        let body = json!({ "publicKeyCredential": credential, "passkeyName": name });
        let request = passlink.request(Method::POST, &begun.path).bearer_auth(&ada.token);
        passlink.answer(request.header(USER_AGENT, IPHONE).json(&body)).await.sequence();
        assert_eq!(names(&passlink, &ada).await, [called]);
        remove(&passlink, &ada, &begun.id).await.sequence();
    }
}

#[tokio::test]
async fn the_eleventh_ceremony_ends_the_first() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    let code = returned_code(&passlink, &ada).await;
    let mut begun = Vec::new();
    for _ in 0..11 {
        begun.push(begin_with(&passlink, &ada, &code).await);
        passlink.pass(Duration::from_millis(1));
    }
    let finish =
        async |begun: &Begun| begun.finish(&passlink, None, &begun.answer().credential()).await;
    assert_not_found(&finish(&begun[0]).await);
    finish(&begun[1]).await.sequence();
}
