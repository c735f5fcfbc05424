//! Keys are declared as fields in the files of their sections; here, what is known of each is derived
//! from those fields. A JSON Schema holds it: type, range, meaning, what a value must be, default and
//! example.

use std::{mem::take, sync::LazyLock};

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde::Deserialize;
use serde_json::{Value, json};
use strsim::{levenshtein, osa_distance};

use super::settings::Config;

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "PASSLINK_";

/// Stands in a description between what a key is for and what its value must be.
const MUST_BE: &str = ". Must be ";

/// A key of the configuration: a setting or, for a secret, the file that it is read from.
pub(super) struct Key {
    /// What it stands in: a section such as `links`, the tables of a list, `domains[]`, or a table in those,
    /// `domains[].brand`.
    pub table: String,
    pub name: &'static str,
    /// Table and name, such as `links.lifetime`.
    pub path: String,
    /// What it is for, in a sentence without its full stop.
    pub meaning: &'static str,
    /// What its value must be.
    pub allowed: &'static str,
    /// Whether a table of a list can't do without it.
    pub is_required: bool,
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
    #[serde(default)]
    items: Value,
    #[serde(default)]
    properties: Value,
    /// What it is where no source sets it, if it is anything then.
    pub default: Option<Value>,
    /// A value, where there is no default.
    #[serde(default)]
    pub examples: Vec<Value>,
    /// Whether it is a secret: never shown, and maybe in a file of its own.
    #[serde(default)]
    pub write_only: bool,
}

impl Key {
    /// The environment variable that sets it, or the list that it stands in.
    pub fn variable(&self) -> String {
        let (path, _) = self.path.split_once("[]").unwrap_or((&self.path, ""));
        format!("{PREFIX}{}", path.replace('.', "__")).to_uppercase()
    }

    pub fn is_in_list(&self) -> bool {
        self.table.contains("[]")
    }

    /// How a table of its keys begins in a file, if it holds such.
    pub fn heading(&self) -> Option<String> {
        if self.value.holds_tables() {
            return Some(heading(&format!("{}[]", self.path)));
        }
        self.value.holds_keys().then(|| heading(&self.path))
    }

    /// Whether this is its path, or one of its paths: `identity.issuers[0].issuer`.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == general(path)
    }

    /// The key of the file that it can be read from.
    pub fn file(&self) -> Option<&'static Self> {
        keys().find(|key| key.is_file && secret_of(&key.path) == self.path)
    }
}

impl ValueSchema {
    /// Whether a value is JSON where it is written as text, as in an environment variable.
    pub fn is_json(&self) -> bool {
        self.r#type != "string"
    }

    /// Whether it is a list of tables, whose keys come after its own.
    pub fn holds_tables(&self) -> bool {
        self.items.get("properties").is_some()
    }

    /// Whether it is a table of keys, which come after its own.
    pub fn holds_keys(&self) -> bool {
        self.properties.is_object()
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
            ("array", Value::Array(items)) if self.holds_tables() => {
                items.iter().all(Value::is_object)
            }
            ("array", _) => is_texts(value),
            ("object", Value::Object(_)) if self.holds_keys() => true,
            ("object", Value::Object(lists)) => lists.values().all(is_texts),
            ("boolean", Value::Bool(_)) => true,
            _ => false,
        }
    }
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

/// `identity.issuers[]` for `identity.issuers[0]`, of a path or what begins it.
pub(super) fn general(path: &str) -> String {
    let list = path.split_once('[');
    let list = list.and_then(|(list, rest)| Some((list, rest.split_once(']')?.1)));
    list.map_or_else(|| path.to_owned(), |(list, rest)| format!("{list}[]{rest}"))
}

/// How a table begins in a file: `[links]`, `[[domains]]`, `[domains.brand]`.
pub(super) fn heading(table: &str) -> String {
    match table.strip_suffix("[]") {
        Some(list) => format!("[[{list}]]"),
        None => format!("[{}]", table.replace("[]", "")),
    }
}

/// Where the secret is set whose file is named at a path.
pub(super) fn secret_of(file: &str) -> &str {
    file.strip_suffix("_file").unwrap_or(file)
}

/// A JSON Schema (2020-12) of `passlink.toml`, for editors and pipelines. Durations, URLs and
/// addresses are texts to it; `config check` reads them.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let settings = SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
        let settings = settings.with_transform(RecursiveTransform(complete));
        let mut schema = settings.into_generator().into_root_schema_for::<Config>();
        schema.remove("required");
        schema.to_value()
    });
    &SCHEMA
}

/// All keys, in the order of their fields; the file of a secret stands behind it.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| keys_in("", schema()));
    KEYS.iter()
}

/// The keys of a table, and those of the tables in it.
fn keys_in(table: &str, schema: &'static Value) -> Vec<Key> {
    let keys = properties(schema).flat_map(|(name, value)| {
        let path = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        let inner = match value.get("items") {
            Some(items) => keys_in(&format!("{path}[]"), items),
            None => keys_in(&path, value),
        };
        key(table, path, schema, name, value).into_iter().chain(inner)
    });
    keys.collect()
}

pub(super) fn find(table: &str, name: &str) -> Option<&'static Key> {
    keys().find(|key| key.table == table && key.name == name)
}

/// The keys without the files of secrets.
pub(super) fn settings() -> impl Iterator<Item = &'static Key> {
    keys().filter(|key| !key.is_file)
}

pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    let tables = properties(schema()).filter(|(_, schema)| schema.get("properties").is_some());
    tables.map(|(section, _)| section)
}

/// The sections, then the lists of tables that stand in none.
pub(super) fn top_tables() -> impl Iterator<Item = String> {
    let lists = keys().filter(|key| key.table.is_empty() && key.value.holds_tables());
    sections().map(str::to_owned).chain(lists.map(|list| format!("{}[]", list.path)))
}

/// The key that was probably meant: the same one of another section, or one a slip away. In a list of
/// tables, it is one of theirs, and rather one of the same table.
pub(super) fn closest(path: &str) -> Option<&'static Key> {
    let path = &general(path);
    let (table, last) = path.rsplit_once('.').unwrap_or(("", path));
    if let Some((list, _)) = table.split_once("[]") {
        let list = format!("{list}[]");
        let own = keys().filter(|key| key.table == table);
        let others = keys().filter(|key| key.table != table && key.table.starts_with(&list));
        return nearest(last, own.chain(others), |key| levenshtein(last, key.name));
    }
    let meant =
        nearest(
            path,
            keys(),
            |key| if key.name == last { 0 } else { levenshtein(path, &key.path) },
        );
    // A section that is right makes no slip of another name.
    let is_slip = |key: &&Key| osa_distance(last, key.name) * 3 <= last.chars().count();
    meant.filter(|key| key.table != table || is_slip(key))
}

pub(super) fn closest_table(wanted: &str) -> Option<String> {
    nearest(wanted, top_tables(), |table| levenshtein(wanted, table.trim_end_matches("[]")))
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
    table: &str,
    path: String,
    siblings: &'static Value,
    name: &'static str,
    schema: &'static Value,
) -> Option<Key> {
    let (meaning, allowed) = schema.get("description")?.as_str()?.split_once(MUST_BE)?;
    let secret = name.strip_suffix("_file");
    let secret = secret.and_then(|name| properties(siblings).find(|(other, _)| *other == name));
    Some(Key {
        table: table.to_owned(),
        name,
        path,
        meaning,
        allowed: allowed.trim_end_matches('.'),
        is_required: requires(siblings.get("required"), name),
        is_file: secret.is_some_and(|(_, schema)| schema.get("writeOnly").is_some()),
        value: ValueSchema::deserialize(schema).ok()?,
    })
}

fn requires(required: Option<&Value>, name: &str) -> bool {
    required.and_then(Value::as_array).is_some_and(|names| names.iter().any(|it| it == name))
}

/// Turns the schema of a Rust type into that of a part of the file. It says in words what a value must
/// be, and adds the files of secrets. It takes out nulls and sizes of numbers, which TOML doesn't have,
/// and defaults of what is required.
fn complete(schema: &mut Schema) {
    schema.remove("format");
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
    let required = schema.get("required").cloned();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, mut schema) in take(properties) {
            if requires(required.as_ref(), &name)
                && let Some(schema) = schema.as_object_mut()
            {
                schema.remove("default");
            }
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
