//! Where the configuration comes from, and what is refused.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use passlink_tests::{Api, MailServer, Passlink, python::against_schema, secrets};
use serde_json::Value;

fn check(passlink: &Passlink) -> passlink_tests::Output {
    passlink.cli(&["config", "check"])
}

/// The line of `config print` for a key.
fn printed(passlink: &Passlink, key: &str) -> String {
    let all = passlink.cli(&["config", "print"]).done();
    let line = all.lines().find(|line| line.starts_with(&format!("{key} =")));
    line.unwrap_or_else(|| panic!("{key} in {all}")).to_owned()
}

#[test]
fn the_later_source_wins_and_each_value_tells_where_it_is_from() {
    let passlink = Passlink::with_mail_dir().set("links.cooldown", "5s");
    let file = "[links]\ncooldown = '7s'\nlifetime = '2h'\n";
    fs::write(passlink.dir().join("passlink.toml"), file).unwrap();
    let [cooldown, lifetime, most] =
        ["links.cooldown", "links.lifetime", "links.max_per_hour"].map(|it| printed(&passlink, it));
    assert!(cooldown.contains("5s") && cooldown.contains("PASSLINK_LINKS__COOLDOWN"), "{cooldown}");
    assert!(lifetime.contains("2h") && lifetime.contains("passlink.toml"), "{lifetime}");
    assert!(most.contains('5') && most.contains("default"), "{most}");

    fs::write(passlink.dir().join("other.toml"), "[links]\nlifetime = '3h'\n").unwrap();
    let other = passlink.cli(&["--config", "other.toml", "config", "print"]).done();
    assert!(other.contains("other.toml") && !other.contains("\"2h\""), "{other}");
    passlink.cli(&["--config", "missing.toml", "config", "check"]).failed(1);
}

#[test]
fn secrets_are_masked_when_printed_and_can_come_from_a_file() {
    let url = "smtp://relay:hunter2@localhost:2525";
    let passlink = Passlink::new().set("mail.from", "no-reply@example.com");
    let file = passlink.dir().join("smtp-url");
    fs::write(&file, format!("{url}\n")).unwrap();
    let passlink = passlink.set("mail.smtp_url_file", &file.display().to_string());
    let line = printed(&passlink, "mail.smtp_url");
    assert!(
        line.contains("localhost:2525") && line.contains("PASSLINK_MAIL__SMTP_URL_FILE"),
        "{line}"
    );
    assert!(!passlink.cli(&["config", "print"]).done().contains("hunter2"));
    check(&passlink).done();
}

#[test]
fn what_is_wrong_is_refused_with_its_key_its_source_and_what_is_allowed() {
    for (key, value, allowed) in [
        ("links.cooldown", "soon", "60s"),
        ("links.lifetime", "30s", "1m"),
        ("links.lifetime", "25h", "24h"),
        ("links.max_per_hour", "0", "1 to 100"),
        ("links.max_per_hour", "many", "number"),
        ("server.listen", "here", "127.0.0.1:8080"),
        ("server.public_url", "ftp://example.com", "http"),
        ("mail.smtp_url", "http://localhost", "smtp"),
        ("mail.from", "nobody at all", "example.com"),
        ("mail.max_connections", "0", "1 to 100"),
        ("database.url", "mysql://localhost/x", "sqlite"),
        ("telemetry.log_format", "xml", "json"),
    ] {
        let passlink = Passlink::with_mail_dir().set(key, value);
        let stderr = check(&passlink).failed(1);
        let variable = format!("PASSLINK_{}", key.to_uppercase().replace('.', "__"));
        for part in [key, &variable, allowed] {
            assert!(stderr.contains(part), "{key} = {value}: {part} is not in {stderr}");
        }
        passlink.cli(&["serve"]).failed(1);
    }
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    let passlink = Passlink::with_mail_dir().set("links.coldown", "5s");
    let stderr = check(&passlink).failed(1);
    assert!(stderr.contains("PASSLINK_LINKS__COLDOWN"), "{stderr}");
    let passlink = Passlink::with_mail_dir();
    fs::write(passlink.dir().join("passlink.toml"), "[link]\ncooldown = '5s'\n").unwrap();
    let stderr = check(&passlink).failed(1);
    assert!(stderr.contains("link") && stderr.contains("passlink.toml"), "{stderr}");
}

#[test]
fn a_right_configuration_is_told_on_stderr_and_exits_with_0() {
    let output = check(&Passlink::with_mail_dir());
    assert!(!output.stderr.is_empty());
    assert_eq!(output.done(), "");
}

#[test]
fn mail_that_leaves_the_machine_needs_a_public_url_of_https() {
    let remote = || {
        Passlink::new()
            .set("mail.smtp_url", "smtps://relay:word@mail.example.com:465")
            .set("mail.from", "no-reply@example.com")
    };
    for refused in ["http://login.example.com", "http://localhost:8080", "https://localhost"] {
        let stderr = check(&remote().set("server.public_url", refused)).failed(1);
        assert!(stderr.contains("server.public_url"), "{stderr}");
    }
    check(&remote().set("server.public_url", "https://login.example.com")).done();
}

#[test]
fn a_server_that_can_send_no_mail_does_not_start() {
    let passlink = Passlink::new();
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("mail.smtp_url") && stderr.contains("mail.directory"), "{stderr}");
}

#[tokio::test]
async fn mail_needs_a_sender() {
    let mails = MailServer::plain();
    let passlink = Passlink::new().set("mail.smtp_url", &mails.url());
    let stderr = check(&passlink).failed(1);
    assert!(stderr.contains("mail.from"), "{stderr}");
}

#[tokio::test]
async fn the_configured_lifetime_reply_address_and_public_url_reach_the_mail() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails)
        .set("server.public_url", "https://id.example.com/app/")
        .set("mail.reply_to", "Help desk <help@example.com>")
        .set("links.lifetime", "15m")
        .started()
        .await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let mail = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(mail.header("Reply-To"), "Help desk <help@example.com>");
    assert!(mail.text().text.contains("15 minutes"), "{}", mail.text().text);
    let link = mail.text().links.iter().find(|link| link.contains("/register?")).unwrap();
    assert!(link.starts_with("https://id.example.com/app/passkeys/register?"), "{link}");
    let expiry = passlink.sql("SELECT expires_at - requested_at FROM links", &[]);
    assert_eq!(expiry, [[15 * 60 * 1000]]);
}

#[test]
fn a_broken_file_is_told_with_key_place_and_remedy() {
    let broken = [
        (
            "[mail]\n\nmax_conections = 4",
            "3: mail.max_conections",
            "did you mean mail.max_connections?",
        ),
        ("[server]\nsmtp_url = 'smtp://h'", "2: server.smtp_url", "did you mean mail.smtp_url?"),
        ("[sever]\nlisten = '[::]:80'", "1: sever", "did you mean [server]?"),
        ("[x]", "1: x", "there are [server], [database], [mail]"),
        ("lifetime = '1h'", "1: lifetime", "did you mean links.lifetime?"),
        ("mail = 'none'", "1: mail", "must be a table of keys"),
        ("[server]\nlisten = 8080", "2: server.listen = 8080", "such as 127.0.0.1:8080"),
        ("[server]\npublic_url = 'example.com'", "2: server.public_url", "http or https URL"),
        ("[server]\ncors_origins = 'a'", "2: server.cors_origins", "a list of origins such as"),
        ("[server]\ntls_cert = 'a.pem'", "2: server.tls_cert", "needs server.tls_key"),
        ("[database]\nurl = 'mysql://h/d'", "2: database.url = [redacted]", "such as sqlite://"),
        (
            "[database]\nmax_connections = '16'",
            "2: database.max_connections = \"16\"",
            "a whole number from 1 to 1000",
        ),
        (
            "[database]\nurl = 'sqlite:a'\nurl_file = 'b'",
            "2: database.url",
            "not be set together with database.url_file",
        ),
        (
            "[database]\nurl_file = '/nowhere'",
            "2: database.url_file = \"/nowhere\"",
            "can't be read: No such file",
        ),
        (
            "[mail]\nfrom = 'nobody'",
            "2: mail.from = \"nobody\"",
            "a mailbox such as Passlink <no-reply@example.com>",
        ),
        (
            "[mail]\nsmtp_url = 'http://h'",
            "2: mail.smtp_url = [redacted]",
            "a URL such as smtps://",
        ),
        ("[mail]\nsmtp_url = 'smtp://localhost'", "2: mail.smtp_url", "needs mail.from"),
        ("[mail]\nca_file = ''", "2: mail.ca_file = \"\"", "the path of a PEM file"),
        (
            "links.lifetime = '25h'",
            "1: links.lifetime = \"25h\"",
            "a duration from 1m to 24h, such as 1h",
        ),
        (
            "[links]\nallow_returned_codes = 'no'",
            "2: links.allow_returned_codes = \"no\"",
            "true or false",
        ),
        (
            "[limits]\nconcurrent_requests = 0",
            "2: limits.concurrent_requests = 0",
            "a whole number from 1 to 100000",
        ),
        ("[telemetry]\nlog_format = 'xml'", "2: telemetry.log_format = \"xml\"", "text or json"),
        ("[mail]\nfrom = 'a", "2: is not TOML", "invalid"),
    ];
    assert!(broken.len() >= 20);
    let passlink = Passlink::with_mail_dir();
    let file = passlink.dir().join("broken.toml");
    for (toml, place, remedy) in broken {
        fs::write(&file, toml).unwrap();
        let mut command = passlink.command(&["--config", "broken.toml", "config", "check"]);
        for name in [
            "PASSLINK_MAIL__DIRECTORY",
            "PASSLINK_SERVER__LISTEN",
            "PASSLINK_SERVER__PUBLIC_URL",
            "PASSLINK_DATABASE__URL",
        ] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{toml}: {stderr}");
        let told: Vec<_> = stderr.lines().collect();
        assert_eq!(told.len(), 1, "{toml}: {stderr}");
        assert!(told[0].contains(&format!("broken.toml:{place}")), "{toml}: {stderr}");
        assert!(told[0].contains(remedy), "{toml}: {stderr}");
    }
}

#[test]
fn a_broken_file_is_printed_no_more_than_it_is_served() {
    let passlink = Passlink::with_mail_dir();
    fs::write(passlink.dir().join("passlink.toml"), "[mail]\nfrom = 'a\n").unwrap();
    let stderr = check(&passlink).failed(1);
    assert!(stderr.contains("passlink.toml:2: is not TOML"), "{stderr}");
    assert_eq!(passlink.cli(&["config", "print"]).failed(1), stderr);
    assert_eq!(passlink.cli(&["serve"]).failed(1), stderr);
    let missing = passlink.cli(&["--config", "missing.toml", "config", "print"]).failed(1);
    assert!(missing.contains("missing.toml"), "{missing}");
}

/// An installation with a file `no.pem` that holds nothing of use.
fn installation() -> Passlink {
    let passlink = Passlink::with_mail_dir();
    fs::write(passlink.dir().join("no.pem"), "-----BEGIN NOTHING-----\n").unwrap();
    passlink
}

#[test]
fn what_serve_refuses_the_check_refuses_and_nothing_is_made_by_it() {
    let smtps = |passlink: Passlink| {
        passlink
            .without("mail.directory")
            .set("mail.smtp_url", "smtps://localhost:465")
            .set("mail.from", "no-reply@example.com")
    };
    type Broken = (Passlink, &'static str, &'static str);
    let cases: [Broken; 12] = [
        (
            installation().set("server.tls_cert", "no").set("server.tls_key", "no"),
            "PASSLINK_SERVER__TLS_CERT: server.tls_cert: no: ",
            "No such file",
        ),
        (
            installation().set("server.tls_cert", "no.pem").set("server.tls_key", "no.pem"),
            "PASSLINK_SERVER__TLS_CERT: server.tls_cert: no.pem: holds no certificate",
            "must be a PEM file",
        ),
        (
            smtps(installation()).set("mail.ca_file", "no"),
            "PASSLINK_MAIL__CA_FILE: mail.ca_file: no: ",
            "No such file",
        ),
        (
            smtps(installation()).set("mail.ca_file", "no.pem"),
            "PASSLINK_MAIL__CA_FILE: mail.ca_file: no.pem: holds no ",
            "",
        ),
        (
            installation().set("mail.directory", "no.pem/mails"),
            "PASSLINK_MAIL__DIRECTORY: mail.directory: no.pem is no directory",
            "",
        ),
        (
            installation().set("mail.template_dir", "no"),
            "PASSLINK_MAIL__TEMPLATE_DIR: mail.template_dir: no: ",
            "No such file",
        ),
        (
            installation().set("secrets.key_file", "no.pem"),
            "PASSLINK_SECRETS__KEY_FILE: secrets.key_file: key file no.pem ",
            "chmod 600",
        ),
        (
            installation().without("mail.directory"),
            "mail can't be sent: ",
            "set mail.smtp_url and mail.from",
        ),
        (
            installation().set_variable("OTEL_TRACES_EXPORTER", "zipkin"),
            "OTEL_TRACES_EXPORTER ",
            "must be otlp or none",
        ),
        (
            installation()
                .set("telemetry.otlp_endpoint", "http://localhost:4317")
                .set_variable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            "OTEL_EXPORTER_OTLP_PROTOCOL ",
            "must be grpc or http/protobuf",
        ),
        (
            installation()
                .set("telemetry.otlp_endpoint", "http://localhost:4317")
                .set_variable("OTEL_PROPAGATORS", "b3"),
            "OTEL_PROPAGATORS ",
            "must be a list of tracecontext and baggage, or none",
        ),
        (installation().set_variable("OTEL_EXPORTER_OTLP_ENDPOINT", "::"), "OTLP: ", ""),
    ];
    for (passlink, begin, part) in cases {
        // A database server works for others meanwhile.
        let before = secrets::files(passlink.dir());
        let stderr = check(&passlink).failed(1);
        let told = stderr.lines().last().unwrap().trim_start_matches("passlink: ");
        assert!(told.starts_with(begin) && told.contains(part), "{begin} {part}: {stderr}");
        let served = passlink.cli(&["serve"]).failed(1);
        assert!(served.contains(told), "{told}: {served}");
        let after = secrets::files(passlink.dir());
        let made = after.iter().filter(|it| !before.contains(it) && !it.ends_with("cli.stderr"));
        assert_eq!(made.count(), 0, "{after:?}");
    }
}

#[test]
fn all_that_the_check_finds_is_told_together() {
    let passlink = installation()
        .set("server.tls_cert", "no.pem")
        .set("server.tls_key", "no.pem")
        .set("secrets.key_file", "nowhere/passlink.key")
        .set("mail.template_dir", "no")
        .without("mail.directory")
        .set_variable("OTEL_LOGS_EXPORTER", "console");
    let key = passlink.dir().join("no.pem");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    let stderr = check(&passlink).failed(1);
    let keys = ["tls_cert", "mail can't", "template_dir", "key_file", "OTEL_LOGS_EXPORTER"];
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), keys.len(), "{stderr}");
    for (line, key) in lines.iter().zip(keys) {
        assert!(line.contains(key), "{key}: {line}");
    }
}

#[test]
fn the_example_is_right_and_the_schema_knows_right_from_wrong() {
    let passlink = Passlink::with_mail_dir();
    let example = passlink.cli(&["config", "example"]).done();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    assert_eq!(fs::read_to_string(root.join("passlink.example.toml")).unwrap(), example);
    fs::write(passlink.dir().join("passlink.toml"), &example).unwrap();
    check(&passlink).done();

    let schema: Value = serde_json::from_str(&passlink.cli(&["config", "schema"]).done()).unwrap();
    let files = [
        ("example.toml", example.clone()),
        // With every key set, the comments but the settings' own taken away.
        ("all.toml", example.replace("\n#", "\n").replace("\n ", "\n# ")),
        ("unknown-key.toml", "[mail]\nform = 'a@example.com'".to_owned()),
        ("unknown-section.toml", "[male]\nfrom = 'a@example.com'".to_owned()),
        ("range.toml", "[links]\nmax_per_hour = 101".to_owned()),
        ("type.toml", "[links]\nallow_returned_codes = 'yes'".to_owned()),
        ("word.toml", "[telemetry]\nlog_format = 'xml'".to_owned()),
        ("list.toml", "[server]\ncors_origins = [1]".to_owned()),
        ("host.toml", "[[domains]]\nrp_id = 'a.example'".to_owned()),
        ("brand.toml", "[[domains]]\nhost = 'a.example'\n[domains.brand]\nacent = ''".to_owned()),
        ("no-brand.toml", "[[domains]]\nhost = 'a.example'\nbrand = 'Acme'".to_owned()),
        ("no-list.toml", "[domains]\nhost = 'a.example'".to_owned()),
    ];
    let paths = files.map(|(name, toml)| {
        let path = passlink.dir().join(name);
        fs::write(&path, toml).unwrap();
        path
    });
    let faults = against_schema(&schema, &paths);
    let faults: Vec<_> = faults
        .iter()
        .map(|[file, place, _]| (file.rsplit('/').next().unwrap(), place.as_str()))
        .collect();
    let expected = [
        ("unknown-key.toml", "$.mail"),
        ("unknown-section.toml", "$"),
        ("range.toml", "$.links.max_per_hour"),
        ("type.toml", "$.links.allow_returned_codes"),
        ("word.toml", "$.telemetry.log_format"),
        ("list.toml", "$.server.cors_origins[0]"),
        ("host.toml", "$.domains[0]"),
        ("brand.toml", "$.domains[0].brand"),
        ("no-brand.toml", "$.domains[0].brand"),
        ("no-list.toml", "$.domains"),
    ];
    assert_eq!(faults, expected);
}
