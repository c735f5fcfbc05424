//! The environment: `PASSLINK_<SECTION>__<KEY>`.

use serde_json::Value;

use super::service_link::ServiceLinks;
use crate::config::{
    keys::{Key, PREFIX, closest, keys},
    origin::{Found, Origin},
    problems::Problems,
};

/// The process's environment, for [`Config::load`](crate::config::Config::load). What is not
/// Unicode gets U+FFFD in its place and is refused there, where [`std::env::vars`] would panic.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    })
}

/// Reads the variables that are ours and reports those that nobody knows. Also returns the names of
/// those that were passed over because they only look like ours.
pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
    problems: &mut Problems,
) -> (Found, Vec<String>) {
    let ours = variables.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX));
    let ours: Vec<_> = ours.collect();
    let links = ServiceLinks::among(&ours);
    let (mut found, mut service_links) = (Found::new(), Vec::new());
    for (variable, value) in ours {
        match keys().find(|key| key.variable() == variable) {
            Some(_) if value.contains('\u{FFFD}') => {
                problems.add(format!("{variable}: must be valid Unicode"));
            }
            Some(key) => {
                found.insert(&key.path, (parse(key, value), Origin::Environment(variable)));
            }
            None if links.has(&variable, &value) => service_links.push(variable),
            None => problems.add(unknown(&variable)),
        }
    }
    service_links.sort();
    (found, service_links)
}

/// The key decides the type: `007` stays text for a key that holds text.
fn parse(key: &Key, text: String) -> Value {
    let json = key.value.is_json().then(|| serde_json::from_str(&text).ok()).flatten();
    json.unwrap_or(Value::String(text))
}

fn unknown(variable: &str) -> String {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    match closest(&rest.to_lowercase().replace("__", ".")) {
        Some(key) => format!("{variable}: unknown variable; did you mean {}?", key.variable()),
        None => format!(
            "{variable}: unknown variable; must be {PREFIX}<SECTION>__<KEY>, such as {PREFIX}SERVER__LISTEN"
        ),
    }
}
