//! The environment: `PASSLINK_<SECTION>__<KEY>`.

use figment::value::{Dict, Value};

use super::service_link::ServiceLinks;
use crate::config::{
    error::Problems,
    key::{Name, PREFIX, closest, names},
};

/// What the environment says.
pub(super) struct Environment {
    pub values: Dict,
    /// Variables that were passed over as they only look like ours.
    pub service_links: Vec<String>,
}

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
) -> Environment {
    let ours = variables.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX));
    let ours: Vec<_> = ours.collect();
    let links = ServiceLinks::among(&ours);
    let (mut values, mut service_links) = (Dict::new(), Vec::new());
    for (variable, value) in ours {
        match names().find(|name| name.variable() == variable) {
            Some(_) if value.contains('\u{FFFD}') => {
                problems.add(format!("{variable}: must be valid Unicode"));
            }
            Some(name) => insert(&mut values, name, value),
            None if links.has(&variable, &value) => service_links.push(variable),
            None => problems.add(unknown(&variable)),
        }
    }
    service_links.sort();
    Environment { values, service_links }
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

fn unknown(variable: &str) -> String {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    match closest(&rest.to_lowercase().replace("__", ".")) {
        Some(name) => format!("{variable}: unknown variable; did you mean {}?", name.variable()),
        None => format!(
            "{variable}: unknown variable; must be {PREFIX}<SECTION>__<KEY>, such as {PREFIX}SERVER__LISTEN"
        ),
    }
}
