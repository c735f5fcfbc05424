use std::{env, fs, path::Path};

use serde_json::Value;

use super::{
    call::{Call, Written, first_call},
    protocols,
    sample::{LANGUAGES, Samples},
};

/// Where the documents call.
const LOCAL: &str = "http://localhost:8080";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Holds what a document has between two marks against what should stand there, or puts it there.
fn hold(file: &str, (start, end): (&str, &str), should_be: &str) {
    let path = root().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(start).unwrap_or_else(|| panic!("{file} lacks {start}"));
    let (is, after) = rest.split_once(end).unwrap();
    if env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(path, [before, start, should_be, end, after].concat()).unwrap();
    } else {
        assert_eq!(is, should_be, "{file} is out of date: run the tests with UPDATE_REFERENCE=1");
    }
}

fn written() -> Value {
    serde_json::from_str(&serde_json::to_string(&Written::read().unwrap()).unwrap()).unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn said<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// A service with its methods, each with a call as the page shows it.
fn section(service: &Value, calls: &[Call]) -> String {
    let mut section = format!("### `{}`\n\n{}\n\n", said(service, "name"), said(service, "about"));
    section += "| method | REST | does |\n| --- | --- | --- |\n";
    for call in list(&service["calls"]) {
        let (name, verb, path) = (said(call, "name"), said(call, "verb"), said(call, "path"));
        let (anchor, summary) = (name.to_lowercase(), said(call, "summary").to_lowercase());
        section += &format!("| [`{name}`](#{anchor}) | `{verb} {path}` | {summary} |\n");
    }
    let samples = Samples::new().unwrap();
    for (shown, call) in list(&service["calls"]).zip(calls) {
        let curl = call.sample(&samples, "curl", LOCAL).unwrap();
        let json = said(&shown["media"][0], "response");
        section += &format!(
            "\n#### {}\n\n{}\n\n```sh\n{curl}\n```\n\n```json\n{json}\n```\n",
            call.name,
            said(shown, "about"),
        );
    }
    section
}

#[test]
fn the_methods_in_the_docs_are_made_from_the_code() {
    let (shown, written) = (written(), Written::read().unwrap());
    let services = list(&shown["services"]).zip(&written.services);
    let sections: Vec<_> = services.map(|(shown, it)| section(shown, &it.calls)).collect();
    let marks = ("<!-- Made from the code: methods. -->\n\n", "\n<!-- Until here. -->");
    hold("docs/api.md", marks, &sections.join("\n"));
}

#[test]
fn the_errors_in_the_docs_are_made_from_the_code() {
    let head = "| situation | HTTP | code | text | id |\n| --- | --- | --- | --- | --- |\n";
    let row = |row: &Value| {
        let (when, text, id) = (said(row, "when"), said(row, "text"), said(row, "id"));
        format!("| {when} | {} | {} | `{text}` | `{id}` |\n", row["status"], row["code"])
    };
    let rows: String = list(&written()["errors"]).map(row).collect();
    hold("docs/api.md", (head, "\n\n"), rows.trim_end());
}

#[test]
fn the_first_call_in_the_readme_is_that_of_the_page() {
    let call = first_call(LOCAL).unwrap();
    hold("README.md", ("   # the one that the demo prints\n", "\n```"), &call);
    let client = &protocols::samples(LOCAL, "localhost:8080", false).unwrap()["zitadel_client"];
    hold("README.md", ("```js\n", "\n```"), client);
}

/// Everything that the page names says what it is.
#[test]
fn every_method_field_and_value_is_described() {
    fn described(fields: &Value) {
        for field in list(fields) {
            assert!(!said(field, "about").is_empty(), "{field}");
            for value in list(&field["values"]) {
                assert!(!said(value, "about").is_empty(), "{value} of {field}");
            }
            described(&field["fields"]);
        }
    }
    let mut calls = 0;
    for service in list(&written()["services"]) {
        assert!(!said(service, "about").is_empty(), "{}", service["name"]);
        for call in list(&service["calls"]) {
            assert!(!said(call, "about").is_empty(), "{}", call["name"]);
            for fields in ["parameters", "body", "answer"] {
                described(&call[fields]);
            }
            calls += 1;
        }
    }
    assert!(calls > 16, "{calls}");
}

/// What would end a text in one of the languages, or mean something else there.
#[test]
fn no_example_holds_what_a_language_reads_otherwise() {
    for call in Written::read().unwrap().calls() {
        let body = call.body().unwrap_or_default();
        let is_harmless = |c: char| c.is_ascii() && !"'`\\$#".contains(c);
        assert!(body.chars().all(is_harmless), "{}: {body}", call.name);
    }
}

#[test]
fn every_language_has_a_program_for_every_call() {
    let (samples, written) = (Samples::new().unwrap(), Written::read().unwrap());
    assert_eq!(LANGUAGES.len(), 9);
    for call in written.calls() {
        for language in LANGUAGES {
            let program = call.sample(&samples, language.id, LOCAL).unwrap();
            assert!(program.contains(LOCAL), "{program}");
            assert!(!program.contains("{{") && !program.contains("\n\n\n"), "{program}");
        }
    }
}
