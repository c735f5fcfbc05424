//! What a request may say, and what it may not.

use super::*;

/// The answer is about a field.
#[track_caller]
fn assert_invalid(answer: &Answer, field: &str) {
    let body = answer.json();
    let message = body["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with(&format!("Errors.Invalid: {field}: ")), "{answer:?}");
    let text = message.strip_suffix(" (REQUEST-Invalid)").expect(&message);
    answer.assert_error(400, 3, text, "REQUEST-Invalid");
}

#[track_caller]
fn assert_not_offered(answer: &Answer) {
    answer.assert_error(501, 12, "Errors.Unimplemented", "REQUEST-Unimplemented");
}

fn base64_of(octets: usize) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(vec![7; octets])
}

#[tokio::test]
async fn a_field_that_can_not_be_is_refused_by_its_name() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let session = app.ask(None).await;
    let of_user = |user: Value| json!({ "checks": { "user": user } });
    let challenge = |it: Value| json!({ "challenges": { "webAuthN": it } });
    let unknown = json!({ "domain": "login.example.org" });
    for (request, field) in [
        (json!({ "lifetime": "0s" }), "lifetime"),
        (json!({ "lifetime": "-1s" }), "lifetime"),
        (json!({ "lifetime": "2592001s" }), "lifetime"),
        (json!({ "lifetime": "2592000.000000001s" }), "lifetime"),
        (json!({ "metadata": { "a": base64_of(16 * 1024) } }), "metadata"),
        (json!({ "metadata": { "": "YQ==" } }), "metadata"),
        (json!({ "metadata": { ("x".repeat(201)): "YQ==" } }), "metadata"),
        (of_user(json!({ "loginName": "" })), "checks.user.login_name"),
        (of_user(json!({ "loginName": "x".repeat(400) })), "checks.user.login_name"),
        (of_user(json!({ "userId": "" })), "checks.user.user_id"),
        (of_user(json!({ "userId": "a b" })), "checks.user.user_id"),
        (of_user(json!({})), "checks.user"),
        (json!({ "checks": { "webAuthN": {} } }), "checks.web_auth_n.credential_assertion_data"),
        (challenge(unknown), "challenges.web_auth_n.domain"),
        (
            challenge(json!({ "userVerificationRequirement": 7 })),
            "challenges.web_auth_n.user_verification_requirement",
        ),
    ] {
        println!("{request}");
        assert_invalid(&app.create(&request).await, field);
        assert_invalid(&app.set(&session, &request).await, field);
    }
    let agent = json!({ "userAgent": { "description": "x".repeat(8 * 1024 + 1) } });
    assert_invalid(&app.create(&agent).await, "user_agent");
    let odd = Session { id: "a%20b".into(), ..session.clone() };
    assert_invalid(&app.get(&odd).await, "session_id");
    assert_invalid(&app.delete(&odd).await, "session_id");
    assert_invalid(&app.set(&odd, &json!({})).await, "session_id");
    let query = |query: Value| json!({ "queries": [query] });
    let method = "TIMESTAMP_QUERY_METHOD_LESS";
    for (request, field) in [
        (json!({ "query": { "limit": 1001 } }), "query.limit"),
        (json!({ "query": { "offset": "18446744073709551615" } }), "query.offset"),
        (json!({ "sortingColumn": 7 }), "sorting_column"),
        (query(json!({})), "queries"),
        (query(json!({ "idsQuery": { "ids": ["a b"] } })), "queries.ids_query.ids"),
        (query(json!({ "userIdQuery": {} })), "queries.user_id_query.id"),
        (
            query(json!({ "creationDateQuery": { "method": method } })),
            "queries.creation_date_query",
        ),
    ] {
        println!("{request}");
        assert_invalid(&app.list(&request).await, field);
    }
    // Nothing of all that has changed anything.
    assert_eq!(app.list(&json!({})).await.json()["details"]["totalResult"], "1");
    assert_eq!(app.get(&session).await.json()["session"]["sequence"], "1");
}

#[tokio::test]
async fn other_proofs_than_the_passkey_are_not_offered() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let session = app.ask(None).await;
    for request in [
        json!({ "checks": { "password": { "password": "secret" } } }),
        json!({ "checks": { "idpIntent": { "idpIntentId": "1", "idpIntentToken": "2" } } }),
        json!({ "checks": { "totp": { "code": "123456" } } }),
        json!({ "checks": { "otpSms": { "code": "123456" } } }),
        json!({ "checks": { "otpEmail": {} } }),
        json!({ "challenges": { "otpSms": { "returnCode": true } } }),
        json!({ "challenges": { "otpEmail": {} } }),
    ] {
        assert_not_offered(&app.create(&request).await);
        assert_not_offered(&app.set(&session, &request).await);
    }
    for query in [
        json!({ "creatorQuery": {} }),
        json!({ "userAgentQuery": { "fingerprintId": "1" } }),
        json!({ "expirationDateQuery": { "expirationDate": "2026-01-01T00:00:00Z" } }),
    ] {
        assert_not_offered(&app.list(&json!({ "queries": [query] })).await);
    }
}

#[tokio::test]
async fn metadata_are_added_changed_and_taken_away() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let kept =
        async |session: &Session| app.get(session).await.json()["session"]["metadata"].clone();
    let begun = json!({ "a": "YQ==", "b": "Yg==" });
    let session = Session::created(&app.create(&json!({ "metadata": begun })).await);
    assert_eq!(kept(&session).await, begun);
    app.set(&session, &json!({})).await.sequence();
    assert_eq!(kept(&session).await, begun);
    let changes = json!({ "a": "", "b": "Yg==", "c": "//79", "d": "" });
    app.set(&session, &json!({ "metadata": changes })).await.sequence();
    assert_eq!(kept(&session).await, json!({ "b": "Yg==", "c": "//79" }));
    // All that there is counts together.
    let more = json!({ "metadata": { "e": base64_of(16 * 1024 - 6 - 3 * 16) } });
    assert_invalid(&app.set(&session, &more).await, "metadata");
    let fits = json!({ "metadata": { "e": base64_of(16 * 1024 - 7 - 3 * 16) } });
    app.set(&session, &fits).await.sequence();
}

#[tokio::test]
async fn a_session_lasts_as_long_as_is_said_from_the_last_time_that_it_was() {
    let passlink = Passlink::with_mail_dir().set("sessions.lifetime", "30m").started().await;
    let app = BackEnd::new(&passlink);
    let lasts = async |session: &Session| {
        let select = "SELECT expires_at - changed_at, expires_at FROM sessions WHERE id = ?";
        let row = passlink.sql(select, &[&session.id]).remove(0);
        (row[0].as_u64().unwrap(), row[1].as_u64().unwrap())
    };
    let usual = app.ask(None).await;
    assert_eq!(lasts(&usual).await.0, 30 * 60 * 1000);
    let session = Session::created(&app.create(&json!({ "lifetime": "2592000s" })).await);
    assert_eq!(lasts(&session).await.0, 2_592_000_000);
    app.set(&session, &json!({ "lifetime": "900.5s" })).await.sequence();
    let (lifetime, end) = lasts(&session).await;
    assert_eq!(lifetime, 900_500);
    app.set(&session, &json!({ "metadata": { "a": "YQ==" } })).await.sequence();
    assert_eq!(lasts(&session).await.1, end, "its end stays");
}
