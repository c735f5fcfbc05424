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
            "passlink.toml:9: identity.issuers[1].introspection_client_id: must not be set together with identity.issuers[0].introspection_client_id: a token that can't be read does not say whose it is; the domain says so only where each of the two has an organisation of its own, without organisation_claim, that one of [[domains]] names"
        ]
    );
}

#[test]
fn two_issuers_are_asked_about_tokens_where_the_domain_says_which() {
    let issuer = |name: &str, more: &str| {
        format!(
            "[[identity.issuers]]\nissuer = 'https://{name}.example'\naudience = 'a'\n{SECRET}{more}\n"
        )
    };
    let domains = "[[domains]]\nhost = 'a.example'\norganisation = 'a'\n\
        [[domains]]\nhost = 'b.example'\norganisation = 'b'\n[[domains]]\nhost = 'c.example'\n";
    let of = |first: &str, second: &str, domains: &str| {
        let toml = issuer("one", first) + &issuer("two", second) + domains;
        let problems = Folder::new().load(&toml, &[]).err().map(|errors| errors.lines);
        problems.unwrap_or_default()
    };
    assert_eq!(of("organisation = 'a'", "organisation = 'b'", domains), Vec::<String>::new());
    let claimed = "organisation = 'b'\norganisation_claim = 'org'";
    for (first, second, domains) in [
        ("organisation = 'a'", "organisation = 'b'", ""),
        ("organisation = 'a'", "organisation = 'a'", domains),
        ("organisation = 'a'", "organisation = 'c'", domains),
        ("organisation = 'a'", "", domains),
        ("", "", domains),
        ("organisation = 'a'", claimed, domains),
        (claimed, "organisation = 'a'", domains),
    ] {
        let told = of(first, second, domains);
        assert_eq!(told.len(), 1, "{first}, {second}: {told:?}");
        assert!(told[0].contains("that one of [[domains]] names"), "{told:?}");
    }
    // What is refused already is not told twice.
    for (second, domains) in [
        ("organisation = '*'", domains.to_owned()),
        ("organisation = 'b'", domains.replace("'b'", "'*'")),
        ("organisation = 'b'", "[domains]".to_owned()),
    ] {
        let told = of("organisation = 'a'", second, &domains);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(!told[0].contains("can't be read"), "{told:?}");
    }
    // A third one is held against both.
    let three = issuer("one", "organisation = 'a'")
        + &issuer("two", "organisation = 'b'")
        + &issuer("three", "organisation = 'b'")
        + domains;
    let told = problems(&three, &[]);
    let place = "identity.issuers[2].introspection_client_id: must not be set together with \
        identity.issuers[1].introspection_client_id: ";
    assert!(told.len() == 1 && told[0].contains(place), "{told:?}");
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
