//! Where the configuration comes from, and what is refused.

use std::fs;

use passlink_tests::{MailServer, Passlink};

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
    assert!(other.contains("other.toml") && !other.contains("2h"), "{other}");
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
