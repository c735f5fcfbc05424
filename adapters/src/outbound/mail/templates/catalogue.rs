//! The texts of one language.

use std::collections::BTreeMap;

use passlink_application::mails::MailKind;
use passlink_domain::LanguageTag;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};

use super::{error::TemplateError, language::categories, text::Text};

pub(super) type Catalogues = BTreeMap<LanguageTag, Catalogue>;

type Texts = BTreeMap<String, Text>;

/// The sections whose texts are the plural forms of a unit.
const UNITS: [&str; 2] = ["minutes", "hours"];

/// Texts by section and key. A section is a kind of mail, or what all kinds share.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    pub language: LanguageTag,
    pub sections: BTreeMap<String, Texts>,
    /// The plural categories of the language.
    pub categories: Vec<&'static str>,
}

impl Catalogue {
    pub fn empty(language: LanguageTag) -> Self {
        Self { categories: categories(&language), language, sections: BTreeMap::new() }
    }

    pub fn text(&self, section: &str, key: &str) -> Option<&Text> {
        self.sections.get(section)?.get(key)
    }

    /// The keys that a section of another catalogue can have.
    pub fn keys_in<'a>(&'a self, section: &str, other: &'a Self) -> Vec<&'a str> {
        if UNITS.contains(&section) {
            return other.categories.clone();
        }
        self.sections.get(section).into_iter().flatten().map(|(key, _)| &**key).collect()
    }

    /// Every section, key and text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str, &Text)> {
        self.sections.iter().flat_map(|(section, texts)| {
            texts.iter().map(move |(key, text)| (section.as_str(), key.as_str(), text))
        })
    }

    /// Takes over the texts of a file, which are of those in `model`, if it is given. The others stay.
    pub fn read(
        &mut self,
        (file, source): (&str, &str),
        model: Option<&Self>,
    ) -> Result<(), TemplateError> {
        let mut json = serde_json::Deserializer::from_str(source);
        let reader = Reader { into: self, section: None, model };
        let read = reader.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let reason = error.to_string();
            let reason = reason.strip_suffix(&place).unwrap_or(&reason);
            TemplateError::in_file(file, Some(error.line()), reason)
        })
    }

    /// What `model` has and this hasn't, written `section.key`.
    pub fn missing(&self, model: &Self) -> Vec<String> {
        let units = UNITS
            .into_iter()
            .flat_map(|unit| self.categories.iter().map(move |category| (unit, *category)));
        let others = model.texts().map(|(section, key, _)| (section, key));
        others
            .filter(|(section, _)| !UNITS.contains(section))
            .chain(units)
            .filter(|(section, key)| self.text(section, key).is_none())
            .map(|(section, key)| format!("{section}.{key}"))
            .collect()
    }
}

/// Reads the sections of a file, or the texts of one section, into a catalogue.
struct Reader<'a> {
    into: &'a mut Catalogue,
    section: Option<String>,
    model: Option<&'a Catalogue>,
}

impl Reader<'_> {
    fn read_text<'de, A: MapAccess<'de>>(
        &mut self,
        section: &str,
        key: String,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if let Some(model) = self.model {
            let known = model.keys_in(section, self.into);
            if !known.contains(&key.as_str()) {
                return Err(unknown("text", &format!("{section}.{key}"), known.into_iter()));
            }
        }
        let text: Text = map.next_value()?;
        let allowed = values(section);
        if let Some(value) = text.values().find(|value| !allowed.contains(value)) {
            return Err(unknown("value", &format!("{{{value}}}"), allowed.iter().copied()));
        }
        self.into.sections.entry(section.to_owned()).or_default().insert(key, text);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.section {
            Some(name) => write!(f, "an object of texts for the section {name}"),
            None => f.write_str("an object of sections"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if let Some(section) = self.section.clone() {
                self.read_text(&section, key, &mut map)?;
                continue;
            }
            if let Some(model) = self.model
                && !model.sections.contains_key(&key)
            {
                let known = model.sections.keys().map(String::as_str);
                return Err(unknown("section", &key, known));
            }
            map.next_value_seed(Reader { into: self.into, section: Some(key), model: self.model })?;
        }
        Ok(())
    }
}

fn unknown<'a, E: Error>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> E {
    let known: Vec<_> = known.collect();
    E::custom(format!("there is no {what} {name}; there are: {}", known.join(", ")))
}

/// The values that the texts of a section may hold.
pub(super) fn values(section: &str) -> &'static [&'static str] {
    match section {
        "time" => &["day", "month", "year", "h", "hh", "mm", "hours", "minutes"],
        "minutes" | "hours" => &["n"],
        "common" => &["name", "sender", "site"],
        kind => kind.parse().map_or(&[], values_of_kind),
    }
}

fn values_of_kind(kind: MailKind) -> &'static [&'static str] {
    match kind {
        MailKind::PasskeyLink => &["name", "sender", "site", "duration", "expires", "requested"],
        MailKind::PasskeyAdded => &["name", "sender", "site", "passkey", "added", "undo_until"],
        MailKind::PasskeyRemoved => &["name", "sender", "site", "passkey", "removed"],
        MailKind::Test => &["sender", "site", "requested"],
    }
}
