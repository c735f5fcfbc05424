//! Requests of every protocol: method, path, header and body.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use passlink_server::fuzzing::FuzzedRouter;

static ROUTER: LazyLock<FuzzedRouter> = LazyLock::new(|| FuzzedRouter::open().unwrap());

fuzz_target!(|input: &[u8]| ROUTER.answer(input).unwrap());
