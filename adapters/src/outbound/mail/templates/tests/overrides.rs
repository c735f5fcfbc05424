//! An operator's own texts and templates.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

pub(super) fn with(files: &[(&str, &str)]) -> Result<Templates, String> {
    let directory = directory(files);
    Templates::with_overrides(directory.path())
        .map_err(|error| error.to_string().replace(&format!("{}/", directory.path().display()), ""))
}

fn link(templates: &Templates, language: &str) -> Rendered {
    templates.render(&mails(language, "Ada")[0], &example()).unwrap()
}

#[test]
fn texts_take_the_place_of_those_in_their_language_alone() {
    let templates =
        with(&[("de.json", r#"{"passkey_link": {"subject": "Passkey für {site}"}}"#)]).unwrap();
    assert_eq!(link(&templates, "de").subject, "Passkey für Example Cloud");
    assert!(link(&templates, "de").text.contains("Guten Tag Ada"), "the rest stays");
    assert_eq!(link(&templates, "en").subject, "Your link to add a passkey · Example Cloud");
}

#[test]
fn a_variety_of_a_language_has_the_texts_of_that_language_where_it_has_none_of_its_own() {
    let templates = with(&[
        ("de.json", r#"{"common": {"greeting": "Hallo {name},"}}"#),
        ("de-CH.json", r#"{"passkey_link": {"heading": "Passkey hinzufügen, gäll"}}"#),
    ])
    .unwrap();
    let swiss = link(&templates, "de-CH");
    assert_eq!(swiss.language.as_str(), "de-CH");
    assert!(swiss.text.contains("Hallo Ada,") && swiss.html.contains("gäll"), "{}", swiss.text);
    assert!(!link(&templates, "de-AT").html.contains("gäll"));
}

#[test]
fn a_new_language_needs_all_texts() {
    let error = with(&[("da.json", r#"{"test": {"subject": "Prøve"}}"#)]).err().unwrap();
    let expected = "da.json: the language da has nothing to fall back on, and these texts are \
                    missing: common.account, common.colon, ";
    assert!(error.starts_with(expected), "{error}");
    let danish = built_in::ENGLISH.replace("Hello {name}", "Hej {name}");
    let templates = with(&[("da.json", &danish)]).unwrap();
    assert!(link(&templates, "da-DK").text.contains("Hej Ada"));
}

#[test]
fn templates_take_the_place_of_those_of_all_languages_or_of_one() {
    let templates = with(&[
        ("layout.html.hbs", "<html lang=\"{{language}}\">{{> @partial-block}}</html>"),
        ("passkey_link.text.hbs", "{{say \"greeting\"}} {{register_url}} {{revoke_url}}"),
        ("fr/passkey_link.text.hbs", "Bonjour: {{register_url}} {{revoke_url}}"),
    ])
    .unwrap();
    let urls = "https://id.example.com/passkeys/register?codeID=1&x=2#code=abc \
                https://id.example.com/passkeys/revoke?codeID=1#code=def";
    assert_eq!(link(&templates, "en").text, format!("Hello Ada, {urls}"));
    assert_eq!(link(&templates, "fr-CA").text, format!("Bonjour: {urls}"));
    assert!(link(&templates, "fr").html.starts_with("<html lang=\"fr\"><h1"));
}

#[test]
fn templates_for_a_variety_of_a_language_need_no_texts_of_their_own() {
    let templates = with(&[("pt-PT/test.text.hbs", "Olá")]).unwrap();
    let test = |language| templates.render(&mails(language, "Ada")[3], &example()).unwrap().text;
    assert_eq!(test("pt-PT"), "Olá");
    assert_ne!(test("pt-BR"), "Olá");
}

#[test]
fn an_error_names_file_and_line_and_what_is_allowed() {
    let cases: [(&str, &str, &str); 9] = [
        (
            "en.json",
            "{\n\"test\": {\"x\": \"\"}}",
            "en.json, line 2: there is no text test.x; there are",
        ),
        (
            "english!.json",
            "{}",
            "english!.json: the name must be a language tag, such as de or pt-BR",
        ),
        (
            "pasky.html.hbs",
            "",
            "pasky.html.hbs: there is no such template; there are: account.html.hbs, ",
        ),
        ("de/README", "", "de/README: there is no such template; there are: account.html.hbs, "),
        ("test.text.hbs", "a\n{{#if x}}\n", "test.text.hbs, line "),
        (
            "test.html.hbs",
            "{{#> layout}}\n{{rekwested}}\n{{/layout}}",
            "test.html.hbs, line 2: there is no value rekwested; there are: brand, direction, kind, ",
        ),
        (
            "de/test.html.hbs",
            "\n\n{{say \".subjekt\"}}",
            "de/test.html.hbs, line 3: there is no text .subjekt; the section test has: heading, ",
        ),
        (
            "passkey_added.html.hbs",
            "{{#> layot}}{{/layot}}\n{{> nothing}}",
            "passkey_added.html.hbs, line 2: there is no template nothing; there are: account, button, ",
        ),
        (
            "test.text.hbs",
            "{{shout sender}}",
            "test.text.hbs, line 1: there is no helper shout; there are: say, isolate, ",
        ),
    ];
    for (name, content, expected) in cases {
        let error = with(&[(name, content)]).map(drop).unwrap_err();
        assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
    }
}

#[test]
fn a_value_that_only_some_mails_have_is_asked_for_before_a_mail_is_sent() {
    let template = "{{#if device}}{{devise}}{{/if}}";
    let error = with(&[("passkey_added.text.hbs", template)]).map(drop).unwrap_err();
    assert!(error.contains("there is no value devise"), "{error}");
}

#[test]
fn a_mail_without_one_of_its_links_is_refused() {
    let cases = [
        ("passkey_link.text.hbs", "{{revoke_url}}", "passkey_link.text.hbs", "{{register_url}}"),
        (
            "de/passkey_link.html.hbs",
            "{{register_url}}",
            "de/passkey_link.html.hbs",
            "{{revoke_url}}",
        ),
        ("passkey_added.html.hbs", "<p>{{passkey}}</p>", "passkey_added.html.hbs", "{{undo_url}}"),
        (
            "layout.html.hbs",
            "<p>{{subject}}</p>",
            "the built-in template passkey_link.html",
            "{{register_url}}",
        ),
    ];
    for (name, content, file, link) in cases {
        let error = with(&[(name, content)]).map(drop).unwrap_err();
        let expected = format!(
            "{file}: the mail lacks a link: it must hold {link}, and its layout {{{{> @partial-block}}}}"
        );
        assert_eq!(error, expected);
    }
    with(&[("passkey_added.html.hbs", "<a href=\"{{{undo_url}}}\">x</a>")]).unwrap();
}

#[test]
fn hidden_files_and_backups_of_editors_are_left_alone() {
    with(&[(".gitkeep", ""), ("de.json~", "")]).unwrap();
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = Templates::with_overrides(Path::new("nowhere")).err().unwrap().to_string();
    assert!(error.starts_with("nowhere: "), "{error}");
}
