//! Broken inputs, and what is said of them.

use super::*;

/// A file with one thing wrong in it, and the one line about it.
const FILES: &[(&str, &str)] = &[
    (
        "[mail]\n\nmax_conections = 4",
        "passlink.toml:3: mail.max_conections: unknown key; did you mean mail.max_connections?",
    ),
    (
        "[server]\nsmtp_url = 'smtp://localhost'",
        "passlink.toml:2: server.smtp_url: unknown key; did you mean mail.smtp_url?",
    ),
    (
        "[server]\ntls = true",
        "passlink.toml:2: server.tls: unknown key; [server] has listen, public_url, tls_cert, tls_key, cors_origins, trusted_proxies, docs",
    ),
    (
        "[sever]\nlisten = '[::]:80'",
        "passlink.toml:1: sever: unknown section; did you mean [server]?",
    ),
    (
        "[x]",
        "passlink.toml:1: x: unknown section; there are [server], [database], [mail], [links], [passkeys], [webauthn], [brand], [sessions], [identity], [secrets], [limits], [telemetry], [[domains]]",
    ),
    ("key_file = 'k'", "passlink.toml:1: key_file: unknown key; did you mean secrets.key_file?"),
    (
        "answer = 42",
        "passlink.toml:1: answer: unknown key; must stand in one of [server], [database], [mail], [links], [passkeys], [webauthn], [brand], [sessions], [identity], [secrets], [limits], [telemetry], [[domains]]",
    ),
    ("mail = 'none'", "passlink.toml:1: mail: must be a table of keys"),
    ("[[mail]]\nfrom = 'a@b.example'", "passlink.toml:1: mail: must be a table of keys"),
    (
        "[server]\nlisten = 8080",
        "passlink.toml:2: server.listen = 8080: must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080",
    ),
    (
        "server = { listen = 'localhost:8080' }",
        "passlink.toml:1: server.listen = \"localhost:8080\": must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080 (invalid socket address syntax)",
    ),
    (
        "[database]\nmax_connections = '16'",
        "passlink.toml:2: database.max_connections = \"16\": must be a whole number from 1 to 1000",
    ),
    (
        "[database]\nmax_connections = 1001",
        "passlink.toml:2: database.max_connections = 1001: must be a whole number from 1 to 1000",
    ),
    (
        "[links]\nurl_template = 'https://app.example.com/{{.Code}}'",
        "passlink.toml:2: links.url_template = \"https://app.example.com/{{.Code}}\": must be a URL of at most 200 characters with {{.CodeID}} and {{.Code}} in its query or fragment, such as https://app.example.com/passkey?id={{.CodeID}}#code={{.Code}}; {{.UserID}} and {{.OrgID}} can stand there as well",
    ),
    (
        "[links]\nurl_template = 'https://app.example.com/?i={{.CodeID}}#{{.Code}}'",
        "passlink.toml:2: links.url_template: must lead to the origin of server.public_url, or to one of links.allowed_origins",
    ),
    (
        "[links]\nallowed_origins = ['https://app.example.com/']",
        "passlink.toml:2: links.allowed_origins = a list: must be a list of origins such as [\"https://app.example.com\"]",
    ),
    (
        "[webauthn]\nextra_origins = ['https://app.example.com//']",
        "passlink.toml:2: webauthn.extra_origins = a list: must be a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
    ),
    (
        "[webauthn]\nextra_origins = ['https://App.example.com']",
        "passlink.toml:2: webauthn.extra_origins = a list: must be a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
    ),
    (
        "[webauthn]\nextra_origins = [' https://app.example.com']",
        "passlink.toml:2: webauthn.extra_origins = a list: must be a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
    ),
    (
        "[webauthn]\nextra_origins = ['https://app.example.com:443']",
        "passlink.toml:2: webauthn.extra_origins = a list: must be a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
    ),
    (
        "[webauthn]\nextra_origins = ['android:apk-key-hash:abc#']",
        "passlink.toml:2: webauthn.extra_origins = a list: must be a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
    ),
    (
        "[mail]\nmax_connections = 0",
        "passlink.toml:2: mail.max_connections = 0: must be a whole number from 1 to 100",
    ),
    (
        "[mail]\nmax_connections = -1",
        "passlink.toml:2: mail.max_connections = -1: must be a whole number from 1 to 100",
    ),
    (
        "[mail]\nmax_connections = 4.0",
        "passlink.toml:2: mail.max_connections = 4.0: must be a whole number from 1 to 100",
    ),
    (
        "[mail]\nmax_connections = 99999999999",
        "passlink.toml:2: mail.max_connections = 99999999999: must be a whole number from 1 to 100",
    ),
    (
        "[mail]\nca_file = ''",
        "passlink.toml:2: mail.ca_file = \"\": must be the path of a PEM file",
    ),
    (
        "[mail]\ndirectory = ['a']",
        "passlink.toml:2: mail.directory = a list: must be the path of a directory",
    ),
    (
        "[links]\nmax_per_hour = 101",
        "passlink.toml:2: links.max_per_hour = 101: must be a whole number from 1 to 100",
    ),
    (
        "links.lifetime = 3600",
        "passlink.toml:1: links.lifetime = 3600: must be a duration from 1m to 24h, such as 1h",
    ),
    (
        "links.lifetime = '59s'",
        "passlink.toml:1: links.lifetime = \"59s\": must be a duration from 1m to 24h, such as 1h",
    ),
    (
        "links.lifetime = '1d 1s'",
        "passlink.toml:1: links.lifetime = \"1d 1s\": must be a duration from 1m to 24h, such as 1h",
    ),
    (
        "links.cooldown = '61m'",
        "passlink.toml:1: links.cooldown = \"61m\": must be a duration from 0s to 1h, such as 60s",
    ),
    (
        "[secrets]\nkey_file = ''",
        "passlink.toml:2: secrets.key_file = \"\": must be the path of a file",
    ),
    (
        "[telemetry]\nlog_format = 0",
        "passlink.toml:2: telemetry.log_format = 0: must be text or json",
    ),
    (
        "[telemetry]\nlog_format = 'xml'",
        "passlink.toml:2: telemetry.log_format = \"xml\": must be text or json",
    ),
    (
        "[database]\nurl = 5",
        "passlink.toml:2: database.url = [redacted]: must be a URL such as sqlite://passlink.db?mode=rwc or postgres://user:password@host/name",
    ),
    (
        "[database]\nurl = 'sqlite:a'\nurl_file = 'b'",
        "passlink.toml:2: database.url: must not be set together with database.url_file",
    ),
    (
        "[database]\nurl_file = '/nowhere/url'",
        "passlink.toml:2: database.url_file = \"/nowhere/url\": can't be read: No such file or directory (os error 2)",
    ),
    (
        "[database]\nurl_file = true",
        "passlink.toml:2: database.url_file = true: must be the path of a file",
    ),
    (
        "[database]\nurl = 'postgres://db/name'",
        "passlink.toml:2: database.url: PostgreSQL needs secrets.key_file, the path of a file",
    ),
    (
        "[mail]\nsmtp_url = 'smtp://localhost'",
        "passlink.toml:2: mail.smtp_url: needs mail.from, a mailbox such as Passlink <no-reply@example.com>",
    ),
    (
        "[mail]\nsmtp_url = 'smtp://localhost'\nfrom = 'a@b.example'\ndirectory = 'd'",
        "passlink.toml:4: mail.directory: must not be set together with mail.smtp_url (passlink.toml:2)",
    ),
];

#[test]
fn a_file_is_told_what_is_wrong_where_and_what_is_allowed() {
    for (toml, line) in FILES {
        assert_eq!(problems(toml, &[]), [*line], "{toml}");
    }
}

#[test]
fn a_public_url_is_an_origin_with_a_path() {
    for url in [
        "login.example.com",
        "localhost:8080",
        "ftp://example.com",
        "https://",
        "https://example.com/?a=b",
        "https://example.com/?",
        "https://example.com/#a",
        "https://user@example.com",
        "mailto:a",
        "",
    ] {
        let problems = problems(&format!("server.public_url = '{url}'"), &[]);
        assert_eq!(problems.len(), 1, "{url}");
        assert!(
            problems[0].contains("must be an http or https URL without user name"),
            "{problems:?}"
        );
    }
}

#[test]
fn a_mailbox_is_an_address_with_or_without_a_name() {
    for mailbox in [
        "",
        "nobody",
        "Passlink no-reply@example.com",
        "<@example.com>",
        "a@b.example\\r\\nBcc: c@d.example",
    ] {
        let problems = problems(&format!("mail.from = \"{mailbox}\""), &[]);
        assert_eq!(problems.len(), 1, "{mailbox}");
        assert!(problems[0].contains("must be a mailbox such as"), "{problems:?}");
    }
}

#[test]
fn a_database_url_is_of_sqlite_or_postgresql() {
    for url in [
        "",
        "sqlite:",
        "sqlite://",
        "sqlite://?mode=rwc",
        "mysql://db/name",
        "passlink.db",
        "postgres",
        "sqlite://a.db?mode=rcw",
        "sqlite:a.db?pragma=1",
        "sqlite::memory:",
        "sqlite://a.db?mode=memory",
        "postgres://db/name?sslMode=verify-full",
    ] {
        let problems = problems(&format!("database.url = '{url}'"), &[]);
        assert_eq!(problems.len(), 1, "{url}");
        assert!(
            problems[0].starts_with("passlink.toml:1: database.url = [redacted]: must be a URL"),
            "{problems:?}"
        );
    }
}

#[test]
fn all_problems_are_reported_together() {
    let toml = "[server]\nlisten = 1\npublic_url = 'ftp://a'\n[links]\ncooldown = 'x'\nmax_per_hour = 0\nttl = 1\n[mail]\nsmtp_url = 'smtp://h'";
    let env = [("PASSLINK_MAIL__FROM", "nobody"), ("PASSLINK_NONSENSE", "1")];
    let problems = problems(toml, &env);
    let of = |key: &str| problems.iter().filter(|line| line.contains(key)).count();
    for key in [
        "server.listen",
        "server.public_url",
        "links.cooldown",
        "links.max_per_hour",
        "links.ttl",
        "mail.from",
        "NONSENSE",
    ] {
        assert_eq!(of(key), 1, "{key}: {problems:#?}");
    }
    assert_eq!(problems.len(), 7, "nothing follows from what was refused already: {problems:#?}");
}

#[test]
fn a_file_that_is_not_toml_hides_no_wrong_variable() {
    let problems = problems(
        "[mail]\nfrom = \n",
        &[("PASSLINK_LINKS__MAX_PER_HOUR", "0"), ("PASSLINK_MAIL__SMTP_URL", "smtp://localhost")],
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("passlink.toml:2: is not TOML: "), "{problems:?}");
}

#[test]
fn a_problem_has_one_line_whatever_the_file_holds() {
    let toml = format!(
        "\"a\\nb\" = 1\n[mail]\ndirectory = [1]\nca_file = ''\nfrom = \"{}\\n\\u0007\"",
        "x".repeat(500)
    );
    let errors = Folder::new().load(&toml, &[]).unwrap_err();
    assert_eq!(errors.to_string().lines().count(), errors.lines.len());
    assert!(errors.lines.iter().all(|line| line.len() < 400), "{errors}");
}
