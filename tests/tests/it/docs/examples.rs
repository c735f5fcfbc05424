//! The examples that the documents show parts of.

use std::path::Path;

use passlink_tests::{node, secrets::files};

use super::{parts, read, root};

/// The section whose code stands in no file, as it is added to one; another test runs it.
const ADDED: &str = "\n## Autofill\n";

#[test]
fn what_the_document_shows_of_signing_in_is_what_the_examples_hold() {
    let examples = files(&root().join("docs/examples/sign-in"));
    assert_eq!(examples.len(), 3, "{examples:?}");
    let text = read(&root().join("docs/sign-in.md"));
    let (before, rest) = text.split_once(ADDED).unwrap();
    let (_, after) = rest.split_once("\n## ").unwrap();
    let shown = [parts(before).1, parts(after).1].concat();
    for (language, extensions, least) in [("js", &["mjs", "html"][..], 3), ("python", &["py"], 2)] {
        let is_in = |path: &Path, code: &str| {
            let extension = path.extension().and_then(|it| it.to_str()).unwrap();
            extensions.contains(&extension) && holds(&read(path), code)
        };
        let blocks: Vec<_> = shown.iter().filter(|(it, _)| *it == language).collect();
        assert!(blocks.len() >= least, "{} of {language}", blocks.len());
        for (_, code) in blocks {
            assert!(examples.iter().any(|path| is_in(path, code)), "no example holds: {code}");
        }
    }
}

#[test]
fn the_page_of_the_example_is_as_the_standard_wants_it() {
    let page = root().join("docs/examples/sign-in/page.html");
    let told = node::run("html_check.mjs", &[page.to_str().unwrap()]).done();
    assert_eq!(told, "");
}

/// Whether a file has these lines one after the other, in whichever depth.
fn holds(file: &str, code: &str) -> bool {
    let lines: Vec<_> = file.lines().collect();
    let code: Vec<_> = code.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    lines.windows(code.len()).any(|window| {
        let depth = indent(window[0]).saturating_sub(indent(code[0]));
        window.iter().zip(&code).all(|(line, wanted)| {
            line.get(depth.min(indent(line))..).is_some_and(|line| line == *wanted)
        })
    })
}
