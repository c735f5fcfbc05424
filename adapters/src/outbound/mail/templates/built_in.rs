//! The texts and templates that are built in.

use super::design::{Source, Sources};

/// The texts of each language, by its tag.
macro_rules! texts {
    ($($tag:literal)+) => { [$(($tag, include_str!(concat!("../texts/", $tag, ".json")))),+] };
}

/// Templates by name, each in a file of that name.
macro_rules! templates {
    ($($name:literal)+) => { [$(($name, include_str!(concat!($name, ".hbs")))),+] };
}

/// The English texts, the model of all others.
pub(super) const ENGLISH: &str = include_str!("../texts/en.json");

pub(super) const TEXTS: [(&str, &str); 23] = texts!(
    "ar" "bg" "cs" "de" "en" "es" "fr" "he" "hu" "id" "it" "ja" "ko" "mk" "nl" "pl" "pt" "ro" "ru"
    "sv" "tr" "uk" "zh"
);

/// The templates. Subject and text escape nothing, HTML escapes all.
const TEMPLATES: [(&str, &str); 14] = templates!(
    "subject.text" "layout.text" "layout.html" "button.html" "fact.html" "facts.html"
    "passkey_link.text" "passkey_link.html" "passkey_added.text" "passkey_added.html"
    "passkey_removed.text" "passkey_removed.html" "test.text" "test.html"
);
/// The same in text and in HTML.
const ACCOUNT: &str = include_str!("account.hbs");

pub(super) fn sources() -> Sources {
    let account = ["account.text", "account.html"].map(|name| (name, ACCOUNT));
    let source = |(name, template): (&str, &'static str)| {
        let file = format!("the built-in template {name}");
        (name.to_owned(), Source { file, template: template.into() })
    };
    TEMPLATES.into_iter().chain(account).map(source).collect()
}
