use super::*;
use crate::UserHandle;

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
