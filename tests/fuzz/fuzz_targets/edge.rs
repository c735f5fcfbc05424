//! Requests of every protocol: method, path, header and body.

#![no_main]

mod router;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use router::FuzzedRouter;

static ROUTER: LazyLock<FuzzedRouter> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("passlink-edge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    FuzzedRouter::open(folder)
});

fuzz_target!(|input: &[u8]| ROUTER.answer(input));
