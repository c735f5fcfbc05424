//! What is particular about issuers.

use super::*;

const SECRET: &str = "introspection_client_id = 'p'\nintrospection_secret = 'hunter2'\n";

#[test]
fn an_issuer_is_an_https_url_or_on_this_machine() {
    let is_taken = |url: &str| {
        let toml = format!("[[identity.issuers]]\naudience = 'a'\nissuer = '{url}'");
        Folder::new().load(&toml, &[]).is_ok()
    };
    for url in [
        "https://a.example",
        "https://a.example/",
        "https://a.example:8443/realms/one",
        "http://localhost:8080",
        "http://127.0.0.1/a",
        "http://[::1]:1",
    ] {
        assert!(is_taken(url), "{url}");
    }
    for url in [
        "",
        "a.example",
        "https:a.example",
        "https:\\\\a.example",
        " https://a.example",
        "http://a.example",
        "http://localhost.example",
        "http://127.0.0.2",
        "ftp://a.example",
        "https://u@a.example",
        "https://:p@a.example",
        "https://a.example?",
        "https://a.example?a=b",
        "https://a.example#a",
    ] {
        assert!(!is_taken(url), "{url}");
    }
}

#[test]
fn a_permission_is_one_of_those_that_are_named() {
    let with = |name: &str| {
        let toml = format!("{ISSUER}services = ['s']\npermissions = {{ r = ['{name}'] }}");
        Folder::new().load(&toml, &[])
    };
    let told = with("user.reed").unwrap_err().to_string();
    for name in passlink_domain::Permission::ALL.iter().map(|it| it.name()) {
        assert!(with(name).is_ok() && told.contains(name), "{name}: {told}");
    }
    assert!(told.ends_with("(\"user.reed\" is no permission)"), "{told}");
}

#[test]
fn an_issuer_stands_once_and_one_at_most_is_asked_about_tokens() {
    let other = ISSUER.replace("example.com", "example.com/");
    load(&format!("{ISSUER}{SECRET}{other}"), &[]);
    assert_eq!(
        problems(&format!("{ISSUER}{ISSUER}"), &[]),
        [
            "passlink.toml:5: identity.issuers[1].issuer: must not be the same as identity.issuers[0].issuer"
        ]
    );
    assert_eq!(
        problems(&format!("{ISSUER}{SECRET}{other}{SECRET}"), &[]),
        [
            "passlink.toml:9: identity.issuers[1].introspection_client_id: must not be set together with identity.issuers[0].introspection_client_id: a token that can't be read does not say whose it is"
        ]
    );
}

#[test]
fn a_secret_in_a_list_is_read_from_its_file_and_never_shown() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.file("secret", " sqlite:hunter2\nhunter2 \r\n\n");
    let by_file =
        format!("{ISSUER}introspection_client_id = 'p'\nintrospection_secret_file = '{file}'");
    let by_variable = format!(
        r#"[{{"issuer": "https://a.example", "audience": "a", "introspection_client_id": "p", "introspection_secret_file": "{file}"}}]"#
    );
    for config in [
        folder.load(&by_file, &[]).unwrap(),
        folder.load("", &[("PASSLINK_IDENTITY__ISSUERS", &by_variable)]).unwrap(),
    ] {
        let secret = config.identity.issuers[0].introspection_secret.as_ref().unwrap();
        assert_eq!(secret.expose_secret(), " sqlite:hunter2\nhunter2 ");
        assert!(!format!("{config:?}{}", config.print()).contains("hunter2"));
        for (mode, told) in [(0o644, 1), (0o640, 0)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let warnings = config.warnings();
            assert_eq!(warnings.len(), told, "{warnings:?}");
            let place = "identity.issuers[0].introspection_secret: ";
            assert!(warnings.iter().all(|it| it.starts_with(place)), "{warnings:?}");
        }
    }
    let shown = load(&format!("{ISSUER}{SECRET}"), &[]).print();
    assert!(shown.contains("\nintrospection_secret = \"[redacted]\"  # file "), "{shown}");
}

#[test]
fn the_samples_of_the_docs_are_right() {
    let docs = include_str!("../../../../docs/identity.md");
    let samples: Vec<_> = docs.split("```toml\n").skip(1).collect();
    assert!(samples.len() >= 8, "{}", samples.len());
    for sample in samples {
        let sample = sample.split("```").next().unwrap();
        assert_eq!(load(sample, &[]).identity.issuers.len(), 1, "{sample}");
    }
}
