use super::*;
use crate::inbound::api::proto::DESCRIPTORS;

/// Whether a JSON text can be a message of ours.
fn fits(message: &str, json: &str) -> bool {
    let messages = JsonMessages(Arc::new(DescriptorPool::decode(DESCRIPTORS).unwrap()));
    let message = messages.0.message_by_name(message).expect(message);
    messages.fits(&serde_json::from_str(json).unwrap(), Some(message))
}

#[test]
fn a_list_stands_for_no_message() {
    for (message, json) in [
        ("zitadel.auth.v1.SendMyPasswordlessLinkRequest", "[]"),
        ("zitadel.user.v2.RegisterPasskeyRequest", r#"{"code":["a","b"]}"#),
        ("zitadel.user.v2.CreatePasskeyRegistrationLinkRequest", r#"{"sendLink":[]}"#),
        ("zitadel.user.v2.CreatePasskeyRegistrationLinkRequest", r#"{"send_\u006cink":[]}"#),
        (
            "zitadel.user.v2.CreatePasskeyRegistrationLinkRequest",
            r#"{"sendLink":{},"sendLink":[]}"#,
        ),
        ("zitadel.user.v2.ListPasskeysResponse", r#"{"result":[{},[]]}"#),
        ("zitadel.user.v2.ListPasskeysResponse", r#"{"details":[]}"#),
    ] {
        assert!(!fits(message, json), "{json}");
    }
}

#[test]
fn what_is_a_list_or_not_known_may_be_one() {
    for (message, json) in [
        ("zitadel.auth.v1.SendMyPasswordlessLinkRequest", r#"{"details":[[]],"":null}"#),
        ("zitadel.user.v2.RegisterPasskeyRequest", r#"{"code":null}"#),
        ("zitadel.user.v2.CreatePasskeyRegistrationLinkRequest", r#"{"sendLink":{"a":[]}}"#),
        (
            "zitadel.user.v2.VerifyPasskeyRegistrationRequest",
            r#"{"publicKeyCredential":{"a":[1]}}"#,
        ),
        (
            "zitadel.user.v2.ListPasskeysResponse",
            r#"{"result":[{},{}],"details":{"timestamp":"x"}}"#,
        ),
    ] {
        assert!(fits(message, json), "{json}");
    }
}

#[test]
fn a_field_has_its_name_in_json() {
    for (name, in_json) in [("user_id", "userId"), ("code", "code"), ("a_b_c", "aBC")] {
        assert_eq!(lower_camel_case(name), in_json);
    }
}

/// What becomes of a JSON text by what a URL says, or None if it is refused.
fn joined(message: &str, path: &[(&str, &str)], query: &str, json: &str) -> Option<Value> {
    let messages = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let message = messages.message_by_name(message).expect(message);
    let mut json = serde_json::from_str(json).unwrap();
    let fields = UrlFields::of(path.iter().copied(), query);
    fields.join(&mut json, Some(message)).ok().map(|()| json)
}

#[test]
fn a_query_holds_single_values_that_the_message_knows() {
    let session = [("session_id", "one")];
    for (query, expected) in [
        ("", json!({ "session_id": "one" })),
        ("sessionToken=a+b%2Bc", json!({ "session_id": "one", "session_token": "a b+c" })),
        ("session_token=secret", json!({ "session_id": "one", "session_token": "secret" })),
        ("session_token", json!({ "session_id": "one", "session_token": "" })),
        ("unknown=1&unknown=2&&=&%ff", json!({ "session_id": "one" })),
        ("sessionId=two&session_id.x=three", json!({ "session_id": "one" })),
    ] {
        let joined = joined("zitadel.session.v2.GetSessionRequest", &session, query, "{}");
        assert_eq!(joined, Some(expected), "{query}");
    }
}

#[test]
fn what_is_no_single_value_does_not_stand_in_a_query() {
    for (message, query, expected) in [
        ("zitadel.session.v2.CreateSessionRequest", "checks=a&metadata=b&lifetime=1s", json!({})),
        ("zitadel.session.v2.ListSessionsRequest", "queries=a&queries=b", json!({})),
        (
            "zitadel.session.v2.ListSessionsRequest",
            "sortingColumn=SESSION_FIELD_NAME_CREATION_DATE",
            json!({ "sorting_column": "SESSION_FIELD_NAME_CREATION_DATE" }),
        ),
        ("zitadel.object.v2.ListQuery", "asc=true&limit=7", json!({ "asc": true, "limit": "7" })),
    ] {
        assert_eq!(joined(message, &[], query, "{}"), Some(expected), "{query}");
    }
}

#[test]
fn a_query_that_says_a_field_twice_or_wrongly_is_refused() {
    for (message, query) in [
        ("zitadel.session.v2.GetSessionRequest", "sessionToken=a&sessionToken=a"),
        ("zitadel.session.v2.GetSessionRequest", "sessionToken=a&session_token=b"),
        ("zitadel.object.v2.ListQuery", "asc=yes"),
    ] {
        assert_eq!(joined(message, &[], query, "{}"), None, "{query}");
    }
}

#[test]
fn a_path_wins_over_a_query_and_a_query_over_a_body() {
    let body = r#"{"sessionId":"three","sessionToken":"old","session_token":"older"}"#;
    let (path, query) = ([("session_id", "one")], "sessionId=two&sessionToken=new");
    let joined = joined("zitadel.session.v2.DeleteSessionRequest", &path, query, body);
    assert_eq!(joined, Some(json!({ "session_id": "one", "session_token": "new" })));
}

#[test]
fn maps_hold_messages_and_other_values() {
    for (json, is_one) in [
        (r#"{"metadata":{"a":"YQ=="},"userAgent":{"header":{"a":{"values":["b"]}}}}"#, true),
        (r#"{"userAgent":{"header":{"a":[]}}}"#, false),
        (r#"{"userAgent":{"header":[]}}"#, false),
        (r#"{"challenges":{"webAuthN":{"domain":"login.example.com"}},"lifetime":"60s"}"#, true),
        (r#"{"challenges":{"webAuthN":[]}}"#, false),
    ] {
        assert_eq!(fits("zitadel.session.v2.CreateSessionRequest", json), is_one, "{json}");
    }
}
