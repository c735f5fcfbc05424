//! Requests of every protocol: method, path, header and body.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use passlink_server::edge::Edge;

static EDGE: LazyLock<Edge> = LazyLock::new(|| Edge::open().unwrap());

fuzz_target!(|input: &[u8]| EDGE.answer(input).unwrap());
