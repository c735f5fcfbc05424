use super::*;

fn named(given: &str, model: Option<&str>, device: Option<&str>) -> String {
    let device = device.map(|device| device.parse().unwrap());
    name_passkey(given, model, device.as_ref()).unwrap().to_string()
}

#[test]
fn a_passkey_is_called_as_the_user_says_else_by_its_model_else_by_its_device() {
    assert_eq!(named(" My phone ", Some("1Password"), Some("Chrome on Android")), "My phone");
    assert_eq!(named("", Some("1Password"), Some("Chrome on Android")), "1Password");
    assert_eq!(named("  ", None, Some("Chrome on Android")), "Chrome on Android");
    assert_eq!(named("", None, None), "Passkey");
}

#[test]
fn a_name_has_at_most_200_characters_and_no_controls() {
    assert_eq!(named(&"ü".repeat(200), None, None).chars().count(), 200);
    assert_eq!(name_passkey(&"ü".repeat(201), None, None), Err(TextError::TooLong));
    assert_eq!(name_passkey("a\nb", None, None), Err(TextError::Control));
    assert_eq!(name_passkey("a\u{0}b", None, None), Err(TextError::Control));
}

#[test]
fn octets_have_their_bounds() {
    assert!(UserHandle::new(Vec::new()).is_err());
    assert!(UserHandle::new(vec![0; 64]).is_ok());
    assert_eq!(UserHandle::new(vec![0; 65]).unwrap_err().to_string(), "must have 1 to 64 octets");
    assert!(CredentialId::new(vec![0; 1023]).is_ok());
    assert!(CredentialId::new(vec![0; 1024]).is_err());
}

#[test]
fn what_is_told_of_an_authenticator_contradicts_what_was_asked_for_or_does_not() {
    use Attachment::{CrossPlatform, Platform};
    let credential = |transports: &[&str], attachment| Credential {
        id: CredentialId::new(vec![1]).unwrap(),
        public_key: vec![1],
        sign_count: 0,
        transports: transports.iter().map(|name| (*name).to_owned()).collect(),
        attachment,
        backup_eligible: true,
        backup_state: true,
        aaguid: Aaguid::default(),
    };
    for (asked, transports, told, contradicts) in [
        (Platform, &["internal"] as &[&str], None, false),
        (Platform, &["hybrid", "internal"], Some(Platform), false),
        (Platform, &[], Some(Platform), false),
        (Platform, &[], None, false),
        (Platform, &[], Some(CrossPlatform), true),
        (Platform, &["internal"], Some(CrossPlatform), true),
        (Platform, &["usb"], Some(Platform), true),
        (Platform, &["nfc", "usb"], None, true),
        (Platform, &["hybrid"], Some(Platform), true),
        (Platform, &["too-new"], Some(Platform), true),
        (CrossPlatform, &["hybrid", "internal"], Some(CrossPlatform), false),
        (CrossPlatform, &["usb"], None, false),
        (CrossPlatform, &[], None, false),
        (CrossPlatform, &["internal"], Some(CrossPlatform), true),
        (CrossPlatform, &["usb"], Some(Platform), false),
    ] {
        let credential = credential(transports, told);
        assert_eq!(credential.contradicts(Some(asked)), contradicts, "{asked:?}: {credential:?}");
        assert!(!credential.contradicts(None));
    }
}
