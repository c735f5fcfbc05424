//! The texts and templates that are built in.

use super::design::{Source, Sources};

/// The English texts, the model of all others.
pub(super) const ENGLISH: &str = include_str!("../texts/en.json");

/// The texts of each language, by its tag.
pub(super) const TEXTS: [(&str, &str); 23] = [
    ("ar", include_str!("../texts/ar.json")),
    ("bg", include_str!("../texts/bg.json")),
    ("cs", include_str!("../texts/cs.json")),
    ("de", include_str!("../texts/de.json")),
    ("en", ENGLISH),
    ("es", include_str!("../texts/es.json")),
    ("fr", include_str!("../texts/fr.json")),
    ("he", include_str!("../texts/he.json")),
    ("hu", include_str!("../texts/hu.json")),
    ("id", include_str!("../texts/id.json")),
    ("it", include_str!("../texts/it.json")),
    ("ja", include_str!("../texts/ja.json")),
    ("ko", include_str!("../texts/ko.json")),
    ("mk", include_str!("../texts/mk.json")),
    ("nl", include_str!("../texts/nl.json")),
    ("pl", include_str!("../texts/pl.json")),
    ("pt", include_str!("../texts/pt.json")),
    ("ro", include_str!("../texts/ro.json")),
    ("ru", include_str!("../texts/ru.json")),
    ("sv", include_str!("../texts/sv.json")),
    ("tr", include_str!("../texts/tr.json")),
    ("uk", include_str!("../texts/uk.json")),
    ("zh", include_str!("../texts/zh.json")),
];

/// The templates. Subject and text escape nothing, HTML escapes all.
const TEMPLATES: [(&str, &str); 16] = [
    ("subject.text", include_str!("subject.text.hbs")),
    ("layout.text", include_str!("layout.text.hbs")),
    ("layout.html", include_str!("layout.html.hbs")),
    ("account.text", include_str!("account.hbs")),
    ("account.html", include_str!("account.hbs")),
    ("button.html", include_str!("button.html.hbs")),
    ("fact.html", include_str!("fact.html.hbs")),
    ("facts.html", include_str!("facts.html.hbs")),
    ("passkey_link.text", include_str!("passkey_link.text.hbs")),
    ("passkey_link.html", include_str!("passkey_link.html.hbs")),
    ("passkey_added.text", include_str!("passkey_added.text.hbs")),
    ("passkey_added.html", include_str!("passkey_added.html.hbs")),
    ("passkey_removed.text", include_str!("passkey_removed.text.hbs")),
    ("passkey_removed.html", include_str!("passkey_removed.html.hbs")),
    ("test.text", include_str!("test.text.hbs")),
    ("test.html", include_str!("test.html.hbs")),
];

/// The templates that are built in.
pub(super) fn sources() -> Sources {
    TEMPLATES
        .into_iter()
        .map(|(name, template)| {
            let file = format!("the built-in template {name}");
            (name.to_owned(), Source { file, template: template.into() })
        })
        .collect()
}
