//! Keys are declared as fields in the files of their sections; here, what is known of each is derived
//! from those fields. A JSON Schema holds it: type, range, meaning, what a value must be, default and
//! example.

use std::{mem::take, sync::LazyLock};

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde::Deserialize;
use serde_json::{Value, json};
use strsim::levenshtein;

use super::settings::Config;

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "PASSLINK_";

/// Stands in a description between what a key is for and what its value must be.
const MUST_BE: &str = ". Must be ";

/// A key of the configuration: a setting or, for a secret, the file that it is read from.
pub(super) struct Key {
    pub section: &'static str,
    pub name: &'static str,
    /// Section and name, such as `links.lifetime`.
    pub path: String,
    /// What it is for, in a sentence without its full stop.
    pub meaning: &'static str,
    /// What its value must be.
    pub allowed: &'static str,
    /// Whether it names the file of the secret before it.
    pub is_file: bool,
    pub value: ValueSchema,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValueSchema {
    r#type: String,
    r#enum: Option<Vec<Value>>,
    minimum: Option<u64>,
    maximum: Option<u64>,
    min_length: Option<usize>,
    /// What it is where no source sets it, if it is anything then.
    pub default: Option<Value>,
    /// A value, where there is no default.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Whether it is a secret: never shown, and maybe in a file of its own.
    #[serde(default)]
    pub write_only: bool,
}

impl Key {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}__{}", self.section, self.name).to_uppercase()
    }
}

impl ValueSchema {
    /// Whether a value is JSON where it is written as text, as in an environment variable.
    pub fn is_json(&self) -> bool {
        self.r#type != "string"
    }

    /// Whether a value is of the right type, in the range and among the words. What else a text must
    /// be, the type of the field knows.
    pub fn admits(&self, value: &Value) -> bool {
        match (self.r#type.as_str(), value) {
            ("string", Value::String(text)) => {
                self.min_length.is_none_or(|least| text.len() >= least)
                    && self.r#enum.as_ref().is_none_or(|words| words.contains(value))
            }
            ("integer", Value::Number(number)) => number.as_u64().is_some_and(|number| {
                self.minimum.is_none_or(|least| number >= least)
                    && self.maximum.is_none_or(|most| number <= most)
            }),
            ("array", Value::Array(items)) => items.iter().all(Value::is_string),
            ("boolean", Value::Bool(_)) => true,
            _ => false,
        }
    }
}

/// A JSON Schema (2020-12) of `passlink.toml`, for editors and pipelines. Durations, URLs and
/// addresses are texts to it; `config check` reads them.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let settings = SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
        let settings = settings.with_transform(RecursiveTransform(complete));
        settings.into_generator().into_root_schema_for::<Config>().to_value()
    });
    &SCHEMA
}

/// All keys, in the order of their fields; the file of a secret stands behind it.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let keys = properties(schema()).flat_map(|(section, schema)| {
            properties(schema).filter_map(move |(name, value)| key(section, schema, name, value))
        });
        keys.collect()
    });
    KEYS.iter()
}

/// The keys without the files of secrets.
pub(super) fn settings() -> impl Iterator<Item = &'static Key> {
    keys().filter(|key| !key.is_file)
}

/// The secrets, each with the key of its file.
pub(super) fn secrets() -> impl Iterator<Item = (&'static Key, &'static Key)> {
    keys().zip(keys().skip(1)).filter(|(_, file)| file.is_file)
}

pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    properties(schema()).map(|(section, _)| section)
}

/// The key that was probably meant: the same one of another section, or one a slip away.
pub(super) fn closest(path: &str) -> Option<&'static Key> {
    let last = path.rsplit('.').next().unwrap_or(path);
    nearest(path, keys(), |key| if key.name == last { 0 } else { levenshtein(path, &key.path) })
}

pub(super) fn closest_section(wanted: &str) -> Option<&'static str> {
    nearest(wanted, sections(), |section| levenshtein(wanted, section))
}

/// The nearest one, if it is a slip away.
fn nearest<T>(
    wanted: &str,
    known: impl Iterator<Item = T>,
    distance: impl Fn(&T) -> usize,
) -> Option<T> {
    known.min_by_key(&distance).filter(|it| distance(it) * 3 <= wanted.chars().count())
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

fn key(
    section: &'static str,
    siblings: &'static Value,
    name: &'static str,
    schema: &'static Value,
) -> Option<Key> {
    let (meaning, allowed) = schema.get("description")?.as_str()?.split_once(MUST_BE)?;
    let secret = name.strip_suffix("_file");
    let secret = secret.and_then(|name| properties(siblings).find(|(other, _)| *other == name));
    Some(Key {
        section,
        name,
        path: format!("{section}.{name}"),
        meaning,
        allowed: allowed.trim_end_matches('.'),
        is_file: secret.is_some_and(|(_, schema)| schema.get("writeOnly").is_some()),
        value: ValueSchema::deserialize(schema).ok()?,
    })
}

/// Turns the schema of a Rust type into that of a part of the file. It says in words what a value must
/// be, and adds the files of secrets. It takes out nulls and sizes of numbers, which TOML doesn't have.
fn complete(schema: &mut Schema) {
    schema.remove("format");
    schema.remove("required");
    if let Some(kind) = schema.get_mut("type")
        && let Some([first, ..]) = kind.as_array().map(Vec::as_slice)
    {
        *kind = first.clone();
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if let Some(allowed) = allowed(schema)
        && let Some(Value::String(text)) = schema.get_mut("description")
    {
        *text = format!("{}{MUST_BE}{allowed}.", text.trim_end_matches('.'));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, schema) in take(properties) {
            let is_secret = schema.get("writeOnly").is_some();
            properties.insert(name.clone(), schema);
            if is_secret {
                let file = json!({
                    "type": "string",
                    "description": format!("A file that holds `{name}`{MUST_BE}the path of a file."),
                    "examples": [format!("/run/secrets/passlink_{name}")],
                });
                properties.insert(format!("{name}_file"), file);
            }
        }
    }
}

/// What a value must be, where its type says all.
fn allowed(schema: &Schema) -> Option<String> {
    match (schema.get("type")?.as_str()?, schema.get("enum")) {
        ("integer", _) => {
            let (least, most) = (schema.get("minimum")?, schema.get("maximum")?);
            Some(format!("a whole number from {least} to {most}"))
        }
        ("boolean", _) => Some("true or false".to_owned()),
        (_, Some(Value::Array(words))) => {
            Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "))
        }
        _ => None,
    }
}
