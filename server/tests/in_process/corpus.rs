//! What the fuzzer of requests found worth keeping.

use std::{fs, path::Path};

use crate::fuzzed_router::FuzzedRouter;

#[test]
fn no_input_of_the_fuzzers_corpus_brings_about_a_fault() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/edge");
    let folder = tempfile::tempdir().unwrap();
    let router = FuzzedRouter::open(folder.path().to_owned());
    let mut tried = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        router.answer(&fs::read(path).unwrap());
        tried += 1;
    }
    assert!(tried > 10, "{} holds the corpus", corpus.display());
}
