//! `config print`: the configuration as it holds, in TOML, and where each value is from.

use std::path::Path;

use humantime::format_duration;
use secrecy::ExposeSecret;

use super::{Config, mask};

impl Config {
    /// The configuration as TOML text, a key a line: `key = value  # where it is from`. Secrets
    /// are masked; of a URL that is the password.
    pub fn print(&self) -> String {
        self.values()
            .into_iter()
            .map(|(key, value)| match value {
                Some(value) => format!("{key} = {value}  # {}\n", self.origin(key).described()),
                None => format!("# {key} is not set\n"),
            })
            .collect()
    }

    /// Every key with its value, as it is written in TOML.
    pub(super) fn values(&self) -> [(&'static str, Option<String>); 36] {
        let Self { server, database, mail, links, passkeys, webauthn, .. } = self;
        let Self { secrets, limits, telemetry, .. } = self;
        let database_url = mask::url(database.url.expose_secret());
        let smtp_url = mail.smtp_url.as_ref();
        let smtp_url = smtp_url.map(|url| mask::url(url.expose_secret()));
        [
            ("server.listen", text(server.listen)),
            ("server.public_url", text(server.base_url())),
            ("server.tls_cert", server.tls_cert.as_deref().and_then(path)),
            ("server.tls_key", server.tls_key.as_deref().and_then(path)),
            ("server.cors_origins", list(&server.cors_origins)),
            ("server.trusted_proxies", list(&server.trusted_proxies)),
            ("database.url", text(database_url)),
            ("database.max_connections", number(database.max_connections)),
            ("mail.smtp_url", smtp_url.and_then(text)),
            ("mail.ca_file", mail.ca_file.as_deref().and_then(path)),
            ("mail.max_connections", number(mail.max_connections)),
            ("mail.from", mail.from.as_ref().and_then(text)),
            ("mail.reply_to", mail.reply_to.as_ref().and_then(text)),
            ("mail.language", text(&mail.language)),
            ("mail.directory", mail.directory.as_deref().and_then(path)),
            ("mail.template_dir", mail.template_dir.as_deref().and_then(path)),
            ("links.lifetime", text(format_duration(links.lifetime))),
            ("links.cooldown", text(format_duration(links.cooldown))),
            ("links.max_per_hour", number(links.max_per_hour)),
            ("links.url_template", links.url_template.as_ref().and_then(text)),
            ("links.allowed_origins", list(&links.allowed_origins)),
            ("links.allow_returned_codes", Some(links.allow_returned_codes.to_string())),
            ("passkeys.max_per_user", number(passkeys.max_per_user)),
            ("webauthn.rp_id", webauthn.rp_id.as_ref().and_then(text)),
            ("webauthn.rp_name", text(&webauthn.rp_name)),
            ("webauthn.extra_origins", list(&webauthn.extra_origins)),
            ("secrets.key_file", path(&secrets.key_file)),
            ("secrets.allow_readable_key_file", Some(secrets.allow_readable_key_file.to_string())),
            ("limits.wrong_codes_per_minute", number(limits.wrong_codes_per_minute)),
            ("limits.wrong_tokens_per_minute", number(limits.wrong_tokens_per_minute)),
            ("limits.pages_per_minute", number(limits.pages_per_minute)),
            ("limits.mails_per_mailbox", number(limits.mails_per_mailbox)),
            ("limits.concurrent_requests", number(limits.concurrent_requests)),
            ("telemetry.otlp_endpoint", telemetry.otlp_endpoint.as_ref().and_then(text)),
            ("telemetry.metrics_listen", telemetry.metrics_listen.and_then(text)),
            ("telemetry.log_format", telemetry.log_format.and_then(|format| text(format.name()))),
        ]
    }
}

fn number(value: u32) -> Option<String> {
    Some(value.to_string())
}

fn list(values: &[String]) -> Option<String> {
    let values: Vec<String> = values.iter().filter_map(text).collect();
    Some(format!("[{}]", values.join(", ")))
}

fn path(value: &Path) -> Option<String> {
    text(value.display())
}

/// A TOML string. JSON escapes as TOML does, but for DEL.
fn text(value: impl ToString) -> Option<String> {
    let json = serde_json::Value::String(value.to_string()).to_string();
    Some(json.replace('\u{7F}', "\\u007f"))
}
