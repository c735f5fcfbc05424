//! The environment: `PASSLINK_<SECTION>__<KEY>`.

use figment::value::{Dict, Value};

use crate::config::{
    error::Problems,
    key::{Name, PREFIX, closest, names},
};

/// The process's environment, for [`Config::load`](crate::config::Config::load). What is not
/// Unicode gets U+FFFD in its place and is refused there, where [`std::env::vars`] would panic.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    })
}

/// Reads the variables that are ours and reports those that nobody knows.
pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
    problems: &mut Problems,
) -> Dict {
    let mut values = Dict::new();
    for (variable, value) in variables {
        let Some(rest) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        if is_service_link(rest, &value) {
            continue;
        }
        match names().find(|name| name.variable() == variable) {
            Some(_) if value.contains('\u{FFFD}') => {
                problems.add(format!("{variable}: must be valid Unicode"));
            }
            Some(name) => insert(&mut values, name, value),
            None => problems.add(unknown(&variable, rest)),
        }
    }
    values
}

/// Kubernetes sets these in every pod beside a service called `passlink`.
fn is_service_link(rest: &str, value: &str) -> bool {
    let is_link = match rest {
        "PORT" => value.contains("://"),
        _ => rest.starts_with("PORT_") || rest.starts_with("SERVICE_"),
    };
    is_link && !rest.contains("__")
}

fn insert(values: &mut Dict, name: Name, value: String) {
    // The key decides the type: `007` stays text for a key that holds text.
    let json = name.json.then(|| serde_json::from_str::<serde_json::Value>(&value).ok()).flatten();
    let value = match json.map(Value::serialize) {
        Some(Ok(json)) => json,
        _ => Value::from(value),
    };
    let section = values.entry(name.section.to_owned()).or_insert_with(|| Dict::new().into());
    if let Value::Dict(_, section) = section {
        section.insert(name.name, value);
    }
}

fn unknown(variable: &str, rest: &str) -> String {
    match closest(&rest.to_lowercase().replace("__", ".")) {
        Some(name) => format!("{variable}: unknown variable; did you mean {}?", name.variable()),
        None => format!(
            "{variable}: unknown variable; must be {PREFIX}<SECTION>__<KEY>, such as {PREFIX}SERVER__LISTEN"
        ),
    }
}
