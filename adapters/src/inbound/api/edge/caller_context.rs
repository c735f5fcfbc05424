//! The caller's trace, as header fields tell it (W3C Trace Context and Baggage). gRPC's metadata are
//! header fields as well.

use http::HeaderMap;
use opentelemetry::{Context, global, propagation::Extractor};

const NAMES: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Octets of each field that are taken: as many of `tracestate` as W3C asks for at least. It is all
/// kept with each mail that the request queues.
const MOST: usize = 512;

/// Where the request stands in its caller's trace, with what the caller wants to be passed on.
pub(crate) fn of(headers: &HeaderMap) -> Context {
    let fields = Fields(NAMES.map(|name| joined(headers, name)));
    global::get_text_map_propagator(|propagator| propagator.extract(&fields))
}

/// The fields of [`NAMES`].
struct Fields([Option<String>; NAMES.len()]);

impl Extractor for Fields {
    fn get(&self, key: &str) -> Option<&str> {
        let mut fields = NAMES.iter().zip(&self.0);
        fields.find(|(name, _)| **name == key)?.1.as_deref()
    }

    fn keys(&self) -> Vec<&str> {
        NAMES.to_vec()
    }
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
