use std::{fs, path::Path};

use super::OpenCeremony;

#[test]
fn no_input_of_the_fuzzers_corpus_brings_about_a_fault_and_some_register() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/webauthn");
    let ceremony = OpenCeremony::begin().unwrap();
    let (mut registered, mut refused) = (0, 0);
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        match ceremony.answer(&fs::read(&path).unwrap()) {
            Ok(true) => registered += 1,
            Ok(false) => refused += 1,
            Err(fault) => panic!("{}: {fault:?}", path.display()),
        }
    }
    assert!(registered >= 3 && refused > 10, "{registered} and {refused}");
}
