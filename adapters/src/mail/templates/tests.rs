use jiff::Timestamp;
use passlink_application::{
    Mail, PasskeyAddedMail, PasskeyLinkMail, PasskeyRemovedMail, SecretUrl,
};
use passlink_domain::Text;

use super::*;

const LANGUAGES: [&str; 2] = ["en", "de"];
const NAMES: [&str; 5] = [
    "Ada",
    "Ada Example with a name that goes on and on and on until there is hardly room for it",
    "\u{202e}\u{5d0}\u{5d3}\u{5d4}",
    "<img src=x onerror=alert(1)>",
    "Zo\u{eb} \u{5c71}\u{7530} \"Z\" <x>",
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_500_000 + second).unwrap()
}

fn link(language: &str, name: &str) -> Mail {
    Mail::PasskeyLink(PasskeyLinkMail {
        to: "ada@example.com".parse().unwrap(),
        display_name: Text::parse(name).unwrap(),
        username: Text::parse("ada").unwrap(),
        language: language.to_owned(),
        register_url: SecretUrl::new(
            "https://id.example.com/passkeys/register?codeID=1&x=2#code=abc",
        ),
        revoke_url: SecretUrl::new("https://id.example.com/passkeys/revoke?codeID=1#code=def"),
        requested_by: Some(Text::parse(name).unwrap()),
        requested: at(0),
        expires: at(3600),
    })
}

#[test]
fn every_language_renders_with_every_kind_of_name_and_no_name_becomes_markup() {
    let templates = Templates::built_in().unwrap();
    for language in LANGUAGES {
        for name in NAMES {
            let mail = templates.render(&link(language, name), "Example").unwrap();
            assert!(mail.html.contains(&format!("<html lang=\"{language}\"")), "{}", mail.html);
            assert!(mail.html.contains("register?codeID=1&amp;x=2#code=abc"), "{}", mail.html);
            assert!(mail.text.contains("register?codeID=1&x=2#code=abc"), "{}", mail.text);
            assert!(mail.html.contains("revoke") && mail.text.contains("revoke"));
            assert!(!mail.html.contains("<img") && !mail.html.contains("<script"));
            assert!(!mail.html.contains("src=\"http"), "nothing is loaded");
            assert!(mail.html.len() < 30_000);
            assert!(!mail.subject.contains(name) && !mail.subject.contains('\n'));
        }
    }
}

fn added(name: &str, device: Option<&str>) -> Mail {
    Mail::PasskeyAdded(PasskeyAddedMail {
        to: "ada@example.com".parse().unwrap(),
        display_name: Text::parse(name).unwrap(),
        username: Text::parse("ada").unwrap(),
        language: "en".to_owned(),
        passkey: Text::parse(name).unwrap(),
        device: device.map(|device| Text::parse(device).unwrap()),
        added: at(0),
        undo_url: SecretUrl::new("https://id.example.com/passkeys/undo?passkeyID=1#code=ghi"),
        undo_until: at(7 * 24 * 3600),
    })
}

#[test]
fn the_mail_about_a_passkey_that_was_added_says_which_and_how_to_remove_it() {
    let templates = Templates::built_in().unwrap();
    let mail =
        templates.render(&added("Work phone", Some("Chrome on Android")), "Example").unwrap();
    for body in [&mail.text, &mail.html] {
        for words in ["Work phone", "Chrome on Android", "id.example.com", "1 December 2026, "] {
            assert!(body.contains(words), "{words} in {body}");
        }
        assert!(body.contains("/passkeys/undo?passkeyID=1#code=ghi"), "{body}");
    }
    let mail = templates.render(&added("<b>x</b>", None), "Example").unwrap();
    assert!(!mail.html.contains("<b>") && !mail.text.contains("Added with"), "{}", mail.text);
}

#[test]
fn the_mail_about_a_passkey_that_was_removed_says_which() {
    let mail = Mail::PasskeyRemoved(PasskeyRemovedMail {
        to: "ada@example.com".parse().unwrap(),
        display_name: Text::parse("Ada").unwrap(),
        username: Text::parse("ada").unwrap(),
        language: "en".to_owned(),
        passkey: Text::parse("Work phone").unwrap(),
        removed: at(0),
        site: "id.example.com:8443".to_owned(),
    });
    let mail = Templates::built_in().unwrap().render(&mail, "Example").unwrap();
    for body in [&mail.text, &mail.html] {
        assert!(body.contains("Work phone") && body.contains("id.example.com:8443"), "{body}");
    }
}

#[test]
fn the_language_is_the_users_or_the_nearest_that_there_is() {
    let templates = Templates::built_in().unwrap();
    let subject = |language| templates.render(&link(language, "Ada"), "Example").unwrap().subject;
    assert_ne!(subject("en"), subject("de"));
    assert_eq!(subject("de-CH"), subject("de"));
    assert_eq!(subject("DE"), subject("de"));
    assert_eq!(subject("tlh"), subject("en"));
}

#[test]
fn the_test_mail_renders() {
    let requested = Timestamp::from_second(1_795_500_000).unwrap();
    let mail = Mail::Test { to: "ada@example.com".parse().unwrap(), requested };
    let mail = Templates::built_in().unwrap().render(&mail, "Example").unwrap();
    assert!(mail.html.contains("<html") && !mail.text.is_empty() && !mail.subject.is_empty());
}
