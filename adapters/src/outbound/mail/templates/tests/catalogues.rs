//! What a translator may do, and what tells when something is amiss.

use std::collections::BTreeSet;

use super::*;

fn model() -> Catalogue {
    let mut model = Catalogue::empty(tag("en"));
    model.read(("en.json", built_in::ENGLISH), None).unwrap();
    model
}

/// The file as it is, read by nothing of ours.
fn keys(source: &str) -> BTreeSet<String> {
    let sections: serde_json::Value = serde_json::from_str(source).unwrap();
    let sections = sections.as_object().unwrap().iter();
    sections
        .filter(|(section, _)| !["minutes", "hours"].contains(&section.as_str()))
        .flat_map(|(section, texts)| {
            texts.as_object().unwrap().keys().map(move |key| format!("{section}.{key}"))
        })
        .collect()
}

fn read(source: &str) -> Result<Catalogue, String> {
    let mut catalogue = Catalogue { sections: model().sections, ..Catalogue::empty(tag("xx")) };
    catalogue
        .read(("xx.json", source), Some(&model()))
        .map_err(|error| error.to_string())
        .map(|()| catalogue)
}

#[test]
fn no_language_lacks_a_text_or_has_one_too_many() {
    let english = keys(built_in::ENGLISH);
    for (language, source) in built_in::TEXTS {
        assert_eq!(keys(source), english, "{language}");
    }
}

#[test]
fn a_unit_has_the_plural_forms_of_its_language_and_no_others() {
    for (language, source) in built_in::TEXTS {
        let sections: serde_json::Value = serde_json::from_str(source).unwrap();
        for unit in ["minutes", "hours"] {
            let forms: BTreeSet<_> = sections[unit].as_object().unwrap().keys().cloned().collect();
            let needed =
                language::categories(&tag(language)).into_iter().map(str::to_owned).collect();
            assert_eq!(forms, needed, "{language}: {unit}");
        }
    }
}

#[test]
fn every_text_stands_in_a_template_and_every_text_of_a_template_is_there() {
    let mut used = BTreeSet::new();
    for (name, source) in built_in::sources() {
        let kind = name.split('.').next().unwrap();
        for opening in ["say \"", "label=\""] {
            for rest in source.template.split(opening).skip(1) {
                let key = rest.split('"').next().unwrap();
                match key.strip_prefix('.') {
                    Some(key) if ["subject", "layout"].contains(&kind) => {
                        let kinds = ["passkey_link", "passkey_added", "passkey_removed", "test"];
                        used.extend(kinds.map(|kind| format!("{kind}.{key}")));
                    }
                    Some(key) => drop(used.insert(format!("{kind}.{key}"))),
                    None => drop(used.insert(format!("common.{key}"))),
                }
            }
        }
    }
    let model = model();
    let texts: BTreeSet<_> = model
        .texts()
        .filter(|(section, _, _)| !["time", "minutes", "hours", "months"].contains(section))
        .map(|(section, key, _)| format!("{section}.{key}"))
        .collect();
    assert_eq!(texts, used);
}

#[test]
fn a_text_holds_the_same_values_in_every_language() {
    let model = model();
    let templates = Templates::built_in();
    for (language, catalogue) in templates.sets().unwrap().catalogues.iter() {
        for (section, key, text) in catalogue.texts() {
            let values: BTreeSet<_> = text.values().collect();
            let place = format!("{language}: {section}.{key}");
            match (section, key) {
                // "one" may be a word of its own.
                ("minutes" | "hours", "one" | "two") => {
                    assert!(values.is_subset(&["n"].into()), "{place}: {values:?}");
                }
                ("minutes" | "hours", _) => assert_eq!(values, ["n"].into(), "{place}"),
                ("time", "date") => {
                    let hour = if values.contains("h") { "h" } else { "hh" };
                    let all = ["day", "month", "year", hour, "mm"];
                    assert_eq!(values, all.into(), "{place}");
                }
                ("time", "first_day") => {
                    assert!(values.is_subset(&["day"].into()), "{place}: {values:?}");
                }
                _ => {
                    let english = model.text(section, key).unwrap();
                    assert_eq!(values, english.values().collect(), "{place}");
                }
            }
        }
    }
}

#[test]
fn what_a_text_may_hold_is_what_its_mail_gives() {
    for mail in mails("en", "Ada") {
        let catalogue = model();
        let data = context::data(&mail, &catalogue, &example()).unwrap();
        for value in catalogue::values(mail.kind().name()) {
            assert!(data[*value].is_string(), "{value} in {data}");
        }
    }
}

#[test]
fn an_error_names_file_and_line_and_what_there_is() {
    let cases = [
        ("{\n\"comon\": {}}", "xx.json, line 2: there is no section comon; there are: common, "),
        (
            "{\"test\": {\n\n\"subjekt\": \"x\"}}",
            "xx.json, line 3: there is no text test.subjekt; there are: heading, nothing, ",
        ),
        (
            "{\"test\": {\"subject\":\n\"x {nam}\"}}",
            "xx.json, line 2: there is no value {nam}; there are: sender, site, requested",
        ),
        ("{\"test\": {\"subject\":\n\"x {sender\"}}", "xx.json, line 2: a brace is never closed"),
        ("{\"test\": {\"subject\": \" \"}}", "xx.json, line 1: a text must not be empty"),
        ("{\"test\": {\"subject\": \"a\\nb\"}}", "xx.json, line 1: the text \"a\\nb\" must be on"),
        (
            "{\n\"minutes\": {\"few\": \"x\"}}",
            "xx.json, line 2: there is no text minutes.few; there are: other",
        ),
        ("{\n\n\"test\": {\"subject\": \"x\",}}", "xx.json, line 3: trailing comma"),
        ("[]", "xx.json, line 1: invalid type: sequence, expected an object of sections"),
        (
            "{\"test\": 1}",
            "xx.json, line 1: invalid type: integer `1`, expected an object of texts",
        ),
    ];
    for (source, expected) in cases {
        let error = read(source).map(drop).unwrap_err();
        assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
    }
}

#[test]
fn a_file_takes_the_place_of_the_texts_that_it_holds_and_of_no_others() {
    let catalogue = read(r#"{"test": {"subject": "Hello from {sender}"}}"#).unwrap();
    let text = |key| catalogue.text("test", key).unwrap().fill(&[("sender", "Example")]).unwrap();
    assert_eq!(text("subject"), "Hello from Example");
    assert_eq!(text("heading"), "It works");
}

#[test]
fn what_is_missing_is_named_with_the_plural_forms_that_the_language_needs() {
    let missing = |language| Catalogue::empty(tag(language)).missing(&model());
    let units = |language| -> Vec<_> {
        missing(language).into_iter().filter(|key| key.starts_with("hours.")).collect()
    };
    assert_eq!(units("de"), ["hours.one", "hours.other"]);
    assert_eq!(units("ru"), ["hours.one", "hours.few", "hours.many"]);
    assert_eq!(units("ar"), ["hours.one", "hours.two", "hours.few", "hours.many", "hours.other"]);
    assert_eq!(units("ja"), ["hours.other"]);
    assert!(missing("de").contains(&"test.subject".to_owned()));
}
