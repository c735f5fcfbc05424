use super::*;

#[test]
fn every_value_is_printed_with_its_source() {
    let folder = Folder::new();
    let secret = folder.file("secret", "smtps://user:hunter2@mail.example.com\n");
    let toml = "[server]\npublic_url = 'https://login.example.com/'\n[links]\ncooldown = '90s'\n\
        [mail]\nfrom = '\"Ada \\ Co\" <ada@example.com>'";
    let config = folder.load(toml, &[("PASSLINK_MAIL__SMTP_URL_FILE", &secret)]).unwrap();
    let printed = config.print().replace(&format!("{}/", folder.0.display()), "");
    assert_eq!(
        printed,
        r#"server.listen = "127.0.0.1:8080"  # default
server.public_url = "https://login.example.com"  # file passlink.toml
# server.tls_cert is not set
# server.tls_key is not set
server.cors_origins = []  # default
server.trusted_proxies = []  # default
server.docs = true  # default
database.url = "sqlite://passlink.db?mode=rwc"  # default
database.max_connections = 16  # default
mail.smtp_url = "smtps://user:[redacted]@mail.example.com"  # environment PASSLINK_MAIL__SMTP_URL_FILE
# mail.ca_file is not set
mail.max_connections = 4  # default
mail.from = "\"Ada \\ Co\" <ada@example.com>"  # file passlink.toml
# mail.reply_to is not set
mail.language = "en"  # default
# mail.directory is not set
# mail.template_dir is not set
links.lifetime = "1h"  # default
links.cooldown = "1m 30s"  # file passlink.toml
links.max_per_hour = 5  # default
# links.url_template is not set
links.allowed_origins = []  # default
links.allow_returned_codes = true  # default
# links.max_auth_age is not set
passkeys.max_per_user = 20  # default
# webauthn.rp_id is not set
webauthn.rp_name = "Passlink"  # default
webauthn.extra_origins = []  # default
# brand.name is not set
# brand.logo is not set
# brand.accent is not set
# brand.support is not set
# brand.home is not set
sessions.lifetime = "12h"  # default
identity.issuers = []  # default
secrets.key_file = "passlink.key"  # default
secrets.allow_readable_key_file = false  # default
limits.wrong_codes_per_minute = 10  # default
limits.wrong_tokens_per_minute = 30  # default
limits.pages_per_minute = 60  # default
limits.mails_per_mailbox = 10  # default
# limits.mails_per_hour is not set
limits.concurrent_requests = 1024  # default
# telemetry.otlp_endpoint is not set
# telemetry.metrics_listen is not set
# telemetry.log_format is not set
domains = []  # default
"#
    );
}

#[test]
fn what_is_printed_can_be_read_again() {
    let toml = "[secrets]\nkey_file = \"a\\u007F\\u0001\\\"\\\\ü\"\n[telemetry]\nlog_format = 'json'\n\
        [mail]\ndirectory = 'mails'\nreply_to = 'Ada <ada@example.com>'\nca_file = 'ca # 1.pem'";
    let config = load(toml, &[]);
    let again = load(&config.print(), &[]);
    assert_eq!(again.secrets.key_file, config.secrets.key_file);
    assert_eq!(again.print().lines().count(), config.print().lines().count());
    assert!(again.warnings() == config.warnings());
}

#[test]
fn of_a_url_the_password_and_unknown_parameters_are_masked() {
    for (url, shown) in [
        (
            "postgres://u:p%40w@db:5432/name?sslmode=require",
            "postgres://u:[redacted]@db:5432/name?sslmode=require",
        ),
        (
            "postgres://db/name?user=u&password=pw",
            "postgres://db/name?user=[redacted]&password=[redacted]",
        ),
        ("postgres:///name?host=/run/pg", "postgres:///name?host=/run/pg"),
        ("smtp://localhost:1025", "smtp://localhost:1025"),
        ("sqlite:my data.db?cache=shared", "sqlite:my data.db?cache=shared"),
        ("sqlite://amelia:hunter2@db/passlink", "[redacted]"),
        ("postgres:///amelia:hunter2", "[redacted]"),
        ("no url", "[redacted]"),
    ] {
        assert_eq!(mask::url(url), shown);
    }
}
