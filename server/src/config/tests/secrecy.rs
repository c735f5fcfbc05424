use super::*;

/// URLs that are refused, each in a way of its own, all with the same password.
const URLS: [&str; 23] = [
    "postgres://user:hunter2@",
    "postgres://user:hunter2@host:port/name",
    "postgres://user:hunter2",
    "mysql://user:hunter2@host/name",
    "user:hunter2@host",
    "smtp://user:hunter2@host/leak",
    "smtp://user:hunter2/leak",
    "smtp://user:hunter2@ho st",
    "hunter2",
    "postgres:user:hunter2@host/name",
    "postgres:/user:hunter2@host",
    "postgres//user:hunter2@host",
    "postgres:///user:hunter2@host",
    "postgres://user:12#hunter2@host/name",
    "postgres://user:12/hunter2@host/name",
    "postgres://user:12?hunter2@host/name",
    "postgres://user:hunter2%@host/name",
    "postgres://user:hunter2@a,b/name",
    "postgres://user:hunter2@host/name?sslMode=require",
    "postgres://host/name?sslpassword=hunter2",
    "postgresql+asyncpg://user:hunter2@host/name",
    "jdbc:postgresql://host/name?password=hunter2",
    "host=host password=hunter2",
];

fn assert_silent(text: &str) {
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn no_error_repeats_a_secret() {
    let folder = Folder::new();
    for url in URLS {
        for key in ["database.url", "mail.smtp_url", "mail.smtp_uri"] {
            let errors = folder.load(&format!("{key} = '{url}'"), &[]).unwrap_err();
            assert_silent(&format!("{errors} {errors:?}"));
        }
        for name in ["PASSLINK_DATABASE__URL", "PASSLINK_MAIL__SMTP_URL", "PASSLINK_NONSENSE"] {
            let errors = folder.load("", &[(name, url)]).unwrap_err();
            assert_silent(&errors.to_string());
        }
    }
}

#[test]
fn no_error_repeats_a_password_in_a_key_that_has_none() {
    let folder = Folder::new();
    for url in URLS.into_iter().filter(|url| url.contains(['@', '='])) {
        for key in ["server.public_url", "server.listen", "telemetry.log_format", "links.lifetime"]
        {
            let errors = folder.load(&format!("{key} = '{url}'"), &[]).unwrap_err();
            assert_silent(&errors.to_string());
        }
    }
}

#[test]
fn a_file_that_is_not_toml_is_not_quoted() {
    for line in [
        "url = postgres://user:hunter2@host",
        "url = 'postgres://user:hunter2@host",
        "url = \"postgres://user:hunter2@host\\q\"",
        "postgres://user:hunter2@host",
        "url = 'hunter2'\nurl = 'hunter2'",
        "'smtp://user:hunter2@host' = 1",
    ] {
        let problems = problems(&format!("[database]\n{line}\n"), &[]).join("\n");
        assert!(problems.starts_with("passlink.toml:"), "{problems}");
        assert_silent(&problems);
    }
}

#[test]
fn neither_debug_nor_print_shows_a_password() {
    let config = load(
        SENDING,
        &[
            ("PASSLINK_DATABASE__URL", "postgres://user:hunter2@host/name?password=hunter2"),
            ("PASSLINK_SECRETS__KEY_FILE", "passlink.key"),
        ],
    );
    assert_silent(&format!("{config:?}"));
    assert_silent(&config.print());
    assert_silent(&config.warnings().join("\n"));
}

#[test]
fn a_secret_file_with_a_wrong_secret_is_not_repeated() {
    let folder = Folder::new();
    let secret = folder.file("secret", "hunter2");
    let errors = folder.load("", &[("PASSLINK_MAIL__SMTP_URL_FILE", &secret)]).unwrap_err();
    assert!(
        errors
            .to_string()
            .starts_with("PASSLINK_MAIL__SMTP_URL_FILE: mail.smtp_url = [redacted]: must be a URL")
    );
    assert_silent(&errors.to_string());
}

#[test]
fn a_password_of_a_database_is_found_wherever_it_stands() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    for url in [
        "postgres://user:hunter2@localhost/name",
        "postgres://user:hunter2@/name?host=/run/postgresql",
        "postgres://localhost/name?user=user&password=hunter2",
    ] {
        let text = format!("database.url = '{url}'\nsecrets.key_file = 'k'");
        let config = folder.load(&text, &[]).unwrap();
        let toml = folder.0.join("passlink.toml");
        fs::set_permissions(&toml, fs::Permissions::from_mode(0o644)).unwrap();
        let warnings = config.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("holds a password"), "{warnings:?}");
        assert_silent(&warnings.concat());
        assert_silent(&config.print());
    }
}

#[test]
fn a_password_in_a_file_that_everybody_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let url = "smtp://user:password@localhost:2525";
    let secret = folder.file("smtp_url", url);
    let inline = format!("[mail]\nfrom = 'a@example.com'\nsmtp_url = '{url}'");
    let beside = format!("[mail]\nfrom = 'a@example.com'\nsmtp_url_file = '{secret}'");
    let toml = folder.file("passlink.toml", "");
    for (text, file) in [(&inline, &toml), (&beside, &secret)] {
        for (mode, told) in [(0o644, true), (0o640, false)] {
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
            let warnings = folder.load(text, &[]).unwrap().warnings();
            let advice = format!("mail.smtp_url: {file} holds a password, and everybody");
            assert_eq!(warnings.iter().any(|it| it.starts_with(&advice)), told, "{warnings:?}");
            assert!(!warnings.concat().contains(url), "{warnings:?}");
        }
    }
    let without = folder.load("database.url = 'sqlite:a'", &[]).unwrap();
    assert_eq!(without.warnings(), Vec::<String>::new());
}
