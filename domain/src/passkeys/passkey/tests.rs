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
