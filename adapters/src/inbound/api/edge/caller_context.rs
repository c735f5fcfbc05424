//! The caller's trace, as header fields or gRPC's metadata tell it (W3C Trace Context and Baggage).

use std::collections::HashMap;

use http::HeaderMap;
use opentelemetry::{Context, global};

const NAMES: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Octets taken of each field, which are kept with each mail: as many of `tracestate` as W3C asks for.
const MOST: usize = 512;

/// Where the request stands in its caller's trace, with what the caller wants to be passed on.
pub(crate) fn read(headers: &HeaderMap) -> Context {
    let field = |name: &str| Some((name.to_owned(), joined(headers, name)?));
    let fields: HashMap<_, _> = NAMES.into_iter().filter_map(field).collect();
    global::get_text_map_propagator(|propagator| propagator.extract(&fields))
}

/// The lines of a field as one list; members that find no room are left out, whole.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    let members = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut list = String::new();
    for member in members.filter(|member| !member.is_empty()) {
        if list.len() + 1 + member.len() > MOST {
            continue;
        }
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(member);
    }
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests;
