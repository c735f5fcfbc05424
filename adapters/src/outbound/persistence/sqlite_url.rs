//! URLs of SQLite files.

use std::{collections::HashSet, path::PathBuf};

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::url_fault::UrlFault;

const PARAMETERS: [&str; 2] = ["mode", "cache"];
/// Parameters that the driver knows, but that a file must not have that is written and shared.
const UNSUPPORTED: [&str; 2] = ["immutable", "vfs"];
const MEMORY: &str = "a database in memory is not supported: name a file. `passlink demo` needs \
    nothing set up";

/// The file that a `sqlite:` URL names.
pub(super) fn parse(url: &str) -> Result<PathBuf, UrlFault> {
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let rest = rest.ok_or("it does not begin with sqlite:")?;
    let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
    if name.contains("%00") {
        return Err("it holds %00".into());
    }
    if name.rsplit_once('@').is_some_and(|(before, _)| before.contains(':')) {
        return Err(
            "it holds a user or a password, and SQLite has none: name the file alone, with \
            %40 for an @ in its path"
                .into(),
        );
    }
    let mut seen = HashSet::new();
    for (place, (parameter, value)) in (1..).zip(form_urlencoded::parse(query.as_bytes())) {
        let parameter = &*parameter;
        if UNSUPPORTED.contains(&parameter) {
            return Err(UrlFault::unsupported(parameter));
        }
        match (parameter, &*value) {
            ("mode", "memory") => return Err(MEMORY.into()),
            ("mode", "ro" | "rw" | "rwc") | ("cache", "private" | "shared") => {}
            ("mode", _) => return Err(UrlFault::value("mode", "one of rwc, rw and ro")),
            ("cache", _) => return Err(UrlFault::value("cache", "private or shared")),
            _ => return Err(UrlFault::unknown(place, parameter, &PARAMETERS)),
        }
        if !seen.insert(parameter.to_owned()) {
            return Err(UrlFault::twice(parameter));
        }
    }
    if name.ends_with(":memory:") {
        return Err(MEMORY.into());
    }
    if name.starts_with("file:") {
        return Err("it must name the file by its path, without file:".into());
    }
    match percent_decode_str(name).decode_utf8() {
        Ok(file) if file.is_empty() => Err("it names no file".into()),
        Ok(file) => Ok(PathBuf::from(&*file)),
        Err(_) => Err("it is not valid UTF-8".into()),
    }
}

#[cfg(test)]
mod tests;
