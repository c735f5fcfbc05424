//! `config schema`: what a configuration file may hold, as JSON Schema.

use serde_json::{Map, Value, json};

use super::{
    Config,
    key::{Key, Kind, SECTIONS},
};

/// A JSON Schema (2020-12) of `passlink.toml`, for editors and pipelines. Durations, URLs and
/// addresses are texts to it; `config check` reads them.
pub fn schema() -> Value {
    let defaults: Map<String, Value> = Config::default()
        .values()
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), serde_json::from_str(&value?).ok()?)))
        .collect();
    let sections = SECTIONS.into_iter().map(|(section, keys)| {
        let own = keys.iter().map(|key| {
            let default = defaults.get(&format!("{section}.{}", key.name));
            (key.name.to_owned(), property(key, default))
        });
        let files = keys.iter().filter(|key| key.is_secret()).map(|key| {
            let meaning = format!("The path of a file that holds {section}.{}.", key.name);
            (key.file_name(), json!({ "type": "string", "description": meaning }))
        });
        (section.to_owned(), Value::from(object(own.chain(files).collect())))
    });
    let mut schema = object(sections.collect());
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), "passlink.toml".into());
    schema.into()
}

/// An object with these properties and no other.
fn object(properties: Map<String, Value>) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    object.insert("properties".to_owned(), properties.into());
    object.insert("additionalProperties".to_owned(), false.into());
    object
}

fn property(key: &Key, default: Option<&Value>) -> Value {
    let mut property = match key.kind {
        Kind::Text | Kind::Secret => json!({ "type": "string" }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::Number(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    if let Value::Object(property) = &mut property {
        let description = format!("{}. Must be {}.", key.meaning, key.allowed());
        property.insert("description".to_owned(), description.into());
        if let Some(default) = default {
            property.insert("default".to_owned(), default.clone());
        }
        if let Some(example) = key.example {
            property.insert("examples".to_owned(), json!([example]));
        }
    }
    property
}
