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
