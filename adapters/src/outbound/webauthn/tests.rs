use passlink_domain::{Attachment, CredentialId, User, UserHandle, UserState};
use serde_json::{Value, json};

use super::*;
use made::{ID, Made, ORIGIN};

mod assertions;
mod keys;
mod lenience;
mod made;
mod refusals;
mod rsa;
mod signatures;

fn relying_party() -> RelyingParty {
    let origin = "https://id.example.com".parse().unwrap();
    let others = ["https://app.example.com:8443", "android:apk-key-hash:abc"];
    let others = others.map(|other| other.parse().unwrap());
    RelyingParty::new("example.com", "Example Sign-in", &origin, &others).unwrap()
}

fn ada() -> User {
    User {
        id: "ada".parse().unwrap(),
        organisation: "default".parse().unwrap(),
        username: "ada@example.com".parse().unwrap(),
        display_name: "Ada Example".parse().unwrap(),
        language: "en".parse().ok(),
        email: None,
        state: UserState::Active,
        sequence: passlink_domain::Sequence::NONE,
    }
}

/// The challenge of a ceremony, and the options with it.
fn begin(exclude: &[&Credential], attachment: Option<Attachment>) -> (Challenge, Value) {
    let (user, handle) = (ada(), UserHandle::new(vec![7; 16]).unwrap());
    let challenge = Challenge::from([7; 32]);
    let new =
        NewCredential { user: &user, handle: &handle, exclude, attachment, challenge: &challenge };
    let options: Value = serde_json::from_str(&relying_party().options(&new).unwrap()).unwrap();
    (challenge, options["publicKey"].clone())
}

fn with_transports(id: &str, transports: &[&str]) -> Credential {
    Credential {
        id: CredentialId::new(id.as_bytes().to_vec()).unwrap(),
        public_key: vec![1],
        sign_count: 0,
        transports: transports.iter().map(|name| (*name).to_owned()).collect(),
        attachment: None,
        backup_eligible: false,
        backup_state: false,
        aaguid: Aaguid::default(),
    }
}

#[test]
fn a_discoverable_credential_with_user_verification_is_asked_for() {
    let (challenge, options) = begin(&[], None);
    let expected = json!({
        "rp": { "id": "example.com", "name": "Example Sign-in" },
        "user": {
            "id": "BwcHBwcHBwcHBwcHBwcHBw", "name": "ada@example.com", "displayName": "Ada Example",
        },
        "challenge": made::encoded(challenge.expose()),
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -7 },
            { "type": "public-key", "alg": -35 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "none",
        "extensions": {
            "credentialProtectionPolicy": "userVerificationRequired",
            "enforceCredentialProtectionPolicy": false,
            "credProps": true,
        },
    });
    assert_eq!(options, expected);
}

#[test]
fn the_attachment_that_is_wanted_is_asked_for_with_the_hints_that_say_the_same() {
    for (attachment, name, hints) in [
        (Attachment::Platform, "platform", json!(["client-device"])),
        (Attachment::CrossPlatform, "cross-platform", json!(["security-key", "hybrid"])),
    ] {
        let (_, options) = begin(&[], Some(attachment));
        let expected = json!({
            "authenticatorAttachment": name, "residentKey": "required",
            "requireResidentKey": true, "userVerification": "required",
        });
        assert_eq!(options["authenticatorSelection"], expected);
        assert_eq!(options["hints"], hints);
    }
}

#[test]
fn credentials_are_excluded_with_their_transports_unless_one_is_too_new() {
    let known = with_transports("known", &["hybrid", "internal"]);
    let new = with_transports("new", &["smart-card", "usb"]);
    let (_, options) = begin(&[&known, &new, &with_transports("none", &[])], None);
    let expected = json!([
        { "type": "public-key", "id": "a25vd24", "transports": ["hybrid", "internal"] },
        { "type": "public-key", "id": "bmV3" },
        { "type": "public-key", "id": "bm9uZQ" },
    ]);
    assert_eq!(options["excludeCredentials"], expected);
}

#[test]
fn a_credential_is_what_the_authenticator_signed_and_its_browser_told() {
    let (challenge, _) = begin(&[], None);
    let flags = made::VERIFIED | BACKUP_ELIGIBLE | BACKUP_STATE;
    let made = Made { flags, aaguid: [9; 16], sign_count: 5, ..Made::answer(challenge.expose()) };
    let mut answer = made.credential();
    answer["authenticatorAttachment"] = json!("cross-platform");
    answer["response"]["transports"] =
        json!(["usb", "Usb", "smart-card", "usb", "", "x".repeat(33), "nfc"]);
    // Beside what was signed: not looked at.
    answer["response"]["publicKey"] = json!("AAAA");
    let credential = relying_party().verify(&challenge, &answer.to_string()).unwrap();
    let expected = Credential {
        id: CredentialId::new(ID.to_vec()).unwrap(),
        public_key: made::es256_key(),
        sign_count: 5,
        transports: ["nfc", "smart-card", "usb"].map(str::to_owned).to_vec(),
        attachment: Some(Attachment::CrossPlatform),
        backup_eligible: true,
        backup_state: true,
        aaguid: Aaguid([9; 16]),
    };
    assert_eq!(credential, expected);
    assert_eq!(
        relying_party().challenge_of(&answer.to_string()),
        Some(challenge.expose().to_vec())
    );
}

const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKUP_STATE: u8 = 1 << 4;

#[test]
fn a_public_key_is_what_stands_before_the_extensions() {
    let (challenge, _) = begin(&[], None);
    let flags = made::VERIFIED | 1 << 7;
    // {"credProtect": 3}
    let extensions = [&[0xa1, 0x6b][..], b"credProtect", &[3]].concat();
    let made = Made { flags, extensions, ..Made::answer(challenge.expose()) };
    let answer = made.credential().to_string();
    let credential = relying_party().verify(&challenge, &answer).unwrap();
    assert_eq!(credential.public_key, made::es256_key());
}

#[test]
fn pages_and_apps_of_the_relying_party_register() {
    for origin in [ORIGIN, "https://app.example.com:8443", "android:apk-key-hash:abc"] {
        let (challenge, _) = begin(&[], None);
        let made = Made { origin: origin.into(), ..Made::answer(challenge.expose()) };
        let verified = relying_party().verify(&challenge, &made.credential().to_string());
        assert!(verified.is_ok(), "{origin}: {verified:?}");
    }
}

#[test]
fn credentials_are_registered_under_the_id_and_the_hosts_of_the_pages() {
    let relying_party = relying_party();
    for domain in ["example.com", "id.example.com", "app.example.com", "ID.Example.com"] {
        assert!(relying_party.serves(domain), "{domain}");
    }
    for domain in ["", "com", "example.org", "www.example.com", "id.example.com:443"] {
        assert!(!relying_party.serves(domain), "{domain}");
    }
    assert_eq!(relying_party.rp_id(), "example.com");
}

#[test]
fn an_id_that_is_no_domain_of_the_pages_is_refused() {
    let origin = "https://id.example.com".parse().unwrap();
    for id in ["example.org", "www.id.example.com", "d.example.com"] {
        let refused = RelyingParty::new(id, "Example", &origin, &[]).err().unwrap();
        assert_eq!(
            refused.to_string(),
            format!(
                "webauthn.rp_id {id} must be the host of https://id.example.com, or a domain above it"
            )
        );
    }
}

#[test]
fn known_models_have_names() {
    let relying_party = relying_party();
    for (aaguid, name) in [
        ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Some("Apple Passwords")),
        ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", Some("Google Password Manager")),
        ("08987058-cadc-4b81-b6e1-30de50dcbe96", Some("Windows Hello")),
        ("00000000-0000-0000-0000-000000000000", None),
        ("00000000-0000-0000-0000-000000000001", None),
    ] {
        let aaguid = Aaguid(Uuid::parse_str(aaguid).unwrap().into_bytes());
        assert_eq!(relying_party.model(aaguid), name);
    }
}

#[test]
fn keys_of_the_algorithms_that_are_asked_for_can_be_verified() {
    let can_verify = |key: &[u8]| relying_party().can_verify(key);
    assert!(can_verify(&made::es256_key()));
    assert!(can_verify(&made::rs256_key()));
    let mut off_the_curve = made::es256_key();
    *off_the_curve.last_mut().unwrap() ^= 1;
    for bad in [&off_the_curve[..], &made::ed25519_key(), &[0xa0], &[0xff], &[]] {
        assert!(!can_verify(bad), "{bad:?}");
    }
    // ES384 is on P-384, and nowhere else.
    let mut called_es384 = made::es256_key();
    let algorithm = called_es384.windows(2).position(|it| it == [3, 0x26]).unwrap();
    called_es384.splice(algorithm..algorithm + 2, [3, 0x38, 0x22]);
    assert!(!can_verify(&called_es384));
}
