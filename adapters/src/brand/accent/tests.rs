use super::*;

#[test]
fn an_accent_is_a_number_sign_and_six_digits() {
    assert_eq!("#FFcc00".parse::<Accent>().unwrap().colour.to_string(), "#ffcc00");
    for text in ["", "#", "ffcc00", "#fc0", "#ffcc0g", "#ffcc00ff", "#+fcc00", "gold"] {
        assert_eq!(text.parse::<Accent>(), Err(AccentError), "{text}");
    }
}
