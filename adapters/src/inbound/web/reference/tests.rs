use std::{env, fs, path::Path};

use passlink_domain::{EmailAddress, LanguageTag, Text, UrlTemplate, UrlTemplateError, UserId};
use serde_json::Value;

use super::{
    call::{Call, Written, first_call},
    protocols,
    sample::{LANGUAGES, Samples},
    server::Server,
    *,
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

/// Prose in lines as long as those of the documents.
fn wrapped(prose: &str) -> String {
    let mut lines = vec![String::new()];
    for word in prose.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.rsplit('\n').next().unwrap().len() + word.len() < 120 => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// A service with its methods, each with a call as the page shows it.
fn section(service: &Value, calls: &[Call]) -> String {
    let mut section =
        format!("### `{}`\n\n{}\n\n", said(service, "name"), wrapped(said(service, "about")));
    section += "| method | REST | does |\n| --- | --- | --- |\n";
    for call in list(&service["calls"]) {
        let (name, verb, path) = (said(call, "name"), said(call, "verb"), said(call, "path"));
        let (anchor, summary) = (name.to_lowercase(), said(call, "title").to_lowercase());
        section += &format!("| [`{name}`](#{anchor}) | `{verb} {path}` | {summary} |\n");
    }
    let samples = Samples::new().unwrap();
    for (shown, call) in list(&service["calls"]).zip(calls) {
        let curl = call.sample(&samples, "curl", LOCAL).unwrap();
        let json = said(&shown["media"][0], "response");
        section += &format!(
            "\n#### {}\n\n{}\n\n{}\n\n```sh\n{curl}\n```\n\n```json\n{json}\n```\n",
            call.name,
            wrapped(said(shown, "about")),
            wrapped(said(shown, "access")),
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
    let rows = rows
        .replace("`links.max_auth_age`", "[`links.max_auth_age`](configuration.md)")
        .replace("`domains`", "[`domains`](domains.md)");
    hold("docs/api.md", (head, "\n\n"), rows.trim_end());
}

#[test]
fn the_first_call_in_the_readme_is_that_of_the_page() {
    let call = first_call(LOCAL).unwrap();
    hold("README.md", ("   # the one that the demo prints\n", "\n```"), &call);
    let server = Server::at(&LOCAL.parse().unwrap());
    let client = &protocols::samples(&server).unwrap()["zitadel_client"];
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
            assert!(list(&call["parameters"]).all(|it| !said(it, "about").is_empty()), "{call}");
            for message in ["request", "answer"] {
                assert!(!said(&call[message], "about").is_empty(), "{}", call["name"]);
                described(&call[message]["fields"]);
            }
            calls += 1;
        }
    }
    assert!(calls > 22, "{calls}");
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

/// Lengths stand in the domain, and are written down once more for readers.
#[test]
fn the_lengths_in_the_document_are_those_that_the_domain_takes() {
    let document: Value = serde_json::from_str(OPENAPI_JSON).unwrap();
    let mut texts = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten();
        texts.extend(fields.map(|(field, schema)| (format!("{name}.{field}"), schema.clone())));
    }
    let paths = document["paths"].as_object().unwrap().values();
    for operation in paths.flat_map(|path| path.as_object().unwrap().values()) {
        let parameters = list(&operation["parameters"]);
        texts.extend(parameters.map(|it| (said(it, "name").to_owned(), it["schema"].clone())));
    }
    let mut held = 0;
    for (name, schema) in texts {
        let Some(most) = schema["maxLength"].as_u64() else { continue };
        // The domain takes any code, and the end-to-end tests hold this one.
        if name.ends_with(".code") {
            continue;
        }
        let takes = |length: usize| {
            let text = "a".repeat(length);
            match name.rsplit('.').next().unwrap() {
                "loginName" if name.ends_with("CheckUser.loginName") => {
                    let labels = format!(".{}", "a".repeat(60)).repeat(4);
                    let address = format!("{}@a{labels}", "a".repeat(64));
                    EmailAddress::parse(&address.chars().take(length).collect::<String>()).is_ok()
                }
                "language" => {
                    let text = "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd".chars().take(length);
                    LanguageTag::parse(&text.collect::<String>()).is_ok()
                }
                "urlTemplate" => UrlTemplate::parse(&text) != Err(UrlTemplateError::Length),
                "name" | "displayName" | "passkeyName" | "tokenName" => Text::parse(&text).is_ok(),
                _ => UserId::parse(&text).is_ok(),
            }
        };
        let most = usize::try_from(most).unwrap();
        assert!(takes(most) && !takes(most + 1), "{name}: {most}");
        held += 1;
    }
    assert!(held > 30, "{held}");
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

/// Each language and media type that the page offers can be shown.
#[test]
fn the_style_has_a_rule_for_each_tab() {
    let style = include_str!("../assets/call.css");
    let media = written()["services"][0]["calls"][0]["media"].clone();
    let media: Vec<_> = list(&media).map(|it| said(it, "id").to_owned()).collect();
    let languages = LANGUAGES.iter().map(|language| language.id.to_owned());
    for id in languages.chain(media) {
        let rule = format!(".tabs:has([value=\"{id}\"]:checked) [data-tab=\"{id}\"]");
        assert!(style.contains(&rule), "{rule}");
    }
}

#[test]
fn a_server_is_told_as_no_shell_reads_it_otherwise() {
    let odd = Server::at(&"https://login.example.com/it's/$(id)/".parse().unwrap());
    assert_eq!(odd.url, "https://login.example.com/it%27s/%24(id)");
}
