use passlink_domain::{CredentialId, UserHandle, UserVerification};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    made::{self, ID, ORIGIN},
    relying_party, with_transports,
};
use crate::outbound::webauthn::*;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;

/// An assertion, of which a test can have each part as it likes.
#[derive(Clone)]
struct Signed {
    kind: &'static str,
    challenge: Vec<u8>,
    origin: &'static str,
    more: Map<String, Value>,
    rp_id: &'static str,
    flags: u8,
    handle: Value,
}

impl Signed {
    fn right() -> Self {
        Self {
            kind: "webauthn.get",
            challenge: vec![7; 32],
            origin: ORIGIN,
            more: Map::new(),
            rp_id: "example.com",
            flags: PRESENT | VERIFIED,
            handle: json!(made::encoded(&[9; 16])),
        }
    }

    fn with(self, more: Value) -> Self {
        Self { more: more.as_object().unwrap().clone(), ..self }
    }

    fn answer(&self) -> Value {
        let challenge = made::encoded(&self.challenge);
        let mut data = json!({ "type": self.kind, "challenge": challenge, "origin": self.origin });
        data.as_object_mut().unwrap().extend(self.more.clone());
        let (data, rp_id_hash) = (data.to_string().into_bytes(), Sha256::digest(self.rp_id));
        let authenticator = [&rp_id_hash[..], &[self.flags], &[0, 0, 1, 2]].concat();
        let signature = made::sign(&[&authenticator[..], &Sha256::digest(&data)].concat());
        json!({
            "id": made::encoded(ID),
            "rawId": made::encoded(ID),
            "type": "public-key",
            "response": {
                "clientDataJSON": made::encoded(&data),
                "authenticatorData": made::encoded(&authenticator),
                "signature": made::encoded(&signature),
                "userHandle": self.handle,
            },
        })
    }
}

/// A credential that can't be backed up, or that can.
fn credential(backup_eligible: bool) -> Credential {
    let id = CredentialId::new(ID.to_vec()).unwrap();
    Credential { id, public_key: made::es256_key(), backup_eligible, ..with_transports("any", &[]) }
}

fn verify(
    answer: &Value,
    credential: &Credential,
    user_verification: UserVerification,
) -> Result<VerifiedAssertion, SignInRefused> {
    let challenge = Challenge::from([7; 32]);
    let request = AssertionRequest { challenge: &challenge, user_verification, host: None };
    relying_party().verify_assertion(&request, credential, &answer.to_string())
}

fn why(answer: &Value) -> Option<SignInRefused> {
    verify(answer, &credential(false), UserVerification::Required).err()
}

#[test]
fn an_assertion_tells_its_counter_its_backup_state_and_whether_the_user_was_verified() {
    let answer = Signed::right().answer();
    let verified = verify(&answer, &credential(false), UserVerification::Required).unwrap();
    let expected = VerifiedAssertion { sign_count: 258, backup_state: false, user_verified: true };
    assert_eq!(verified, expected);
    let flags = PRESENT | ELIGIBLE | BACKED_UP;
    let answer = Signed { flags, ..Signed::right() }.answer();
    let verified = verify(&answer, &credential(true), UserVerification::Preferred).unwrap();
    let expected = VerifiedAssertion { backup_state: true, user_verified: false, ..expected };
    assert_eq!(verified, expected);
}

#[test]
fn whose_assertion_it_is_can_be_read_before_it_is_verified() {
    let presented = |handle: Value| {
        relying_party().presented(&Signed { handle, ..Signed::right() }.answer().to_string())
    };
    let of = |user_handle| PresentedAssertion {
        credential: CredentialId::new(ID.to_vec()).unwrap(),
        user_handle,
    };
    let handle = UserHandle::new(vec![9; 16]).ok();
    assert_eq!(presented(json!(made::encoded(&[9; 16]))), Some(of(handle)));
    assert_eq!(presented(Value::Null), Some(of(None)));
    assert_eq!(presented(json!("")), Some(of(None)));
    assert_eq!(presented(json!(made::encoded(&[9; 65]))), None);
    assert_eq!(relying_party().presented("{}"), None);
}

#[test]
fn what_is_wrong_with_an_assertion_is_told_to_those_who_watch() {
    use SignInRefused as Why;
    let right = Signed::right;
    let cases = [
        (Signed { kind: "webauthn.create", ..right() }, Why::Malformed),
        (Signed { challenge: vec![8; 32], ..right() }, Why::Challenge),
        (Signed { challenge: Vec::new(), ..right() }, Why::Challenge),
        (Signed { origin: "https://example.org", ..right() }, Why::Origin),
        (Signed { origin: "https://a.id.example.com", ..right() }, Why::Origin),
        (right().with(json!({ "crossOrigin": true })), Why::Origin),
        (right().with(json!({ "topOrigin": "https://example.org" })), Why::Origin),
        (Signed { rp_id: "id.example.com", ..right() }, Why::RelyingParty),
        (Signed { flags: VERIFIED, ..right() }, Why::UserPresence),
        (Signed { flags: PRESENT, ..right() }, Why::UserVerification),
        (Signed { flags: PRESENT | VERIFIED | ELIGIBLE, ..right() }, Why::BackupState),
        (Signed { flags: PRESENT | VERIFIED | BACKED_UP, ..right() }, Why::BackupState),
    ];
    for (signed, expected) in cases {
        assert_eq!(why(&signed.answer()), Some(expected));
    }
    let answer = Signed { flags: PRESENT | VERIFIED, ..right() }.answer();
    let refused = verify(&answer, &credential(true), UserVerification::Required);
    assert_eq!(refused, Err(Why::BackupState));
    assert_eq!(why(&right().answer()), None);
}

#[test]
fn an_assertion_from_another_page_of_the_relying_party_than_the_one_that_asks_is_refused() {
    let challenge = Challenge::from([7; 32]);
    let verify = |host| {
        let user_verification = UserVerification::Required;
        let request = AssertionRequest { challenge: &challenge, user_verification, host };
        let answer = Signed::right().answer().to_string();
        relying_party().verify_assertion(&request, &credential(false), &answer)
    };
    assert!(verify(Some("id.example.com")).is_ok());
    assert_eq!(verify(Some("app.example.com")).unwrap_err(), SignInRefused::Origin);
    assert!(super::super::is_at("id.example.com", "android:apk-key-hash:abc"));
}

#[test]
fn an_assertion_of_another_credential_or_with_another_signature_is_refused() {
    let right = Signed::right().answer();
    let changed = |pointer: &str, value: Value| {
        let mut answer = right.clone();
        *answer.pointer_mut(pointer).unwrap() = value;
        why(&answer)
    };
    let other = json!(made::encoded(b"another"));
    assert_eq!(changed("/id", other.clone()), Some(SignInRefused::UnknownCredential));
    assert_eq!(changed("/rawId", other), Some(SignInRefused::UnknownCredential));
    assert_eq!(changed("/type", json!("password")), Some(SignInRefused::Malformed));
    let signature = json!(made::encoded(&made::sign(b"something else")));
    assert_eq!(changed("/response/signature", signature), Some(SignInRefused::Signature));
    assert_eq!(changed("/response/signature", json!("")), Some(SignInRefused::Signature));
    let data = json!(made::encoded(&[0; 36]));
    assert_eq!(changed("/response/authenticatorData", data), Some(SignInRefused::Malformed));
    let of_another = Credential { public_key: made::rs256_key(), ..credential(false) };
    let refused = verify(&right, &of_another, UserVerification::Required);
    assert_eq!(refused, Err(SignInRefused::Signature));
}

#[test]
fn a_browser_is_asked_for_the_passkeys_that_may_answer_or_for_any() {
    let challenge = Challenge::from([7; 32]);
    let ask = |user_verification, allow: &[&Credential]| {
        let request = AssertionRequest { challenge: &challenge, user_verification, host: None };
        let options = relying_party().request_options(&request, allow).unwrap();
        serde_json::from_str::<Value>(&options).unwrap()
    };
    let expected = json!({
        "publicKey": {
            "challenge": made::encoded(&[7; 32]), "timeout": 300_000, "rpId": "example.com",
            "allowCredentials": [], "userVerification": "required",
        },
    });
    assert_eq!(ask(UserVerification::Required, &[]), expected);
    let allow = with_transports("known", &["internal"]);
    let asked = ask(UserVerification::Discouraged, &[&allow]);
    assert_eq!(asked["publicKey"]["userVerification"], "discouraged");
    let allowed = json!([{ "type": "public-key", "id": "a25vd24", "transports": ["internal"] }]);
    assert_eq!(asked["publicKey"]["allowCredentials"], allowed);
}
