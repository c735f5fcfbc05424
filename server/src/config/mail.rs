use std::path::PathBuf;

use passlink_adapters::outbound::mail::{SmtpServer, parse_mailbox};
use passlink_domain::LanguageTag;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use smart_default::SmartDefault;

use super::{mask, values::parsable};

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mail {
    /// The mail server: `smtps` is TLS from the start; with `smtp`, `tls=required` is STARTTLS,
    /// `tls=optional` is STARTTLS where it is offered, `tls=none` never is. Must be a URL such as
    /// smtps://user:password@host:465 or smtp://user:password@host:587?tls=required.
    #[serde(deserialize_with = "smtp_url", serialize_with = "mask::serialize")]
    #[schemars(
        with = "String",
        extend("writeOnly" = true),
        example = "smtp://user:password@mail.example.com:587?tls=required"
    )]
    pub smtp_url: Option<SecretString>,
    /// Certificates to trust for the mail server, besides the system's. Must be the path of a PEM
    /// file.
    #[schemars(length(min = 1), example = "/etc/passlink/mail-ca.pem")]
    pub ca_file: Option<PathBuf>,
    /// Connections to the mail server; the last one is kept for an organisation or domain that has
    /// none.
    #[default = 4]
    #[schemars(range(min = 1, max = 100))]
    pub max_connections: u32,
    /// The sender of mails; required with `smtp_url`, unless each of `domains` has a `mail_from`. Must
    /// be a mailbox such as Passlink <no-reply@example.com>.
    #[serde(deserialize_with = "mailbox")]
    #[schemars(example = "Passlink <no-reply@example.com>")]
    pub from: Option<String>,
    /// Where replies go; by default to `from`. Must be a mailbox such as Help desk
    /// <help@example.com>.
    #[serde(deserialize_with = "mailbox")]
    #[schemars(example = "Help desk <help@example.com>")]
    pub reply_to: Option<String>,
    /// The language of mails to users whose language is not known, or has no texts. Must be a language
    /// tag such as en or de.
    #[default = "en"]
    #[serde(deserialize_with = "parsable::<_, LanguageTag, _>")]
    pub language: String,
    /// Where each mail is written as an `.eml` file instead of being sent. Must be the path of a
    /// directory.
    #[schemars(length(min = 1), example = &"mails")]
    pub directory: Option<PathBuf>,
    /// Texts and templates of mails that replace the built-in ones. Must be the path of a directory.
    #[schemars(length(min = 1), example = "/etc/passlink/mail")]
    pub template_dir: Option<PathBuf>,
}

impl Mail {
    pub fn smtp_server(&self) -> Option<SmtpServer> {
        SmtpServer::parse(self.smtp_url.as_ref()?.expose_secret()).ok()
    }
}

/// Reads the URL. Errors say nothing of its content.
fn smtp_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let url = String::deserialize(deserializer)?;
    match SmtpServer::parse(&url) {
        Ok(_) => Ok(Some(url.into())),
        Err(reason) if repeats(&reason, &url) => Err(Error::custom("it can't be read")),
        Err(reason) => Err(Error::custom(reason)),
    }
}

/// Whether a message repeats user name or password of a URL.
fn repeats(message: &str, url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let login = rest.rsplit_once('@').map_or(rest, |(login, _)| login);
    login.split(':').any(|part| message.contains(part))
}

pub(super) fn mailbox<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_mailbox(&text).map_err(Error::custom)?;
    Ok(Some(text))
}
