use std::{fs, path::Path};

use super::FuzzedRouter;

#[test]
fn no_input_of_the_fuzzers_corpus_brings_about_a_fault() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/edge");
    let router = FuzzedRouter::open().unwrap();
    let mut tried = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        let told = router.answer(&fs::read(&path).unwrap());
        assert!(told.is_ok(), "{}: {told:?}", path.display());
        tried += 1;
    }
    assert!(tried > 10, "{} holds the corpus", corpus.display());
}
