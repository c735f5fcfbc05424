use std::path::{Path, PathBuf};

use passlink_adapters::outbound::mail::{SmtpServer, parse_mailbox};
use passlink_domain::canonical_language;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};
use validator::{Validate, ValidationError};

use super::key::{Key, Section};

/// `[mail]`: how mails get out. The server needs one of `smtp_url` and `directory`.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Mail {
    /// The mail server: `smtps://user:password@host:465`,
    /// `smtp://user:password@host:587?tls=required` or `smtp://host:25`. Default none. Secret;
    /// `smtp_url_file` names a file that holds it. Not together with `directory`.
    #[serde(deserialize_with = "smtp_url")]
    pub smtp_url: Option<SecretString>,
    /// A PEM file with the certificates to trust for the mail server. Default none: the
    /// system's.
    #[validate(custom(function = is_path))]
    pub ca_file: Option<PathBuf>,
    /// Most connections to the mail server at a time, 1 to 100; the last one is kept for an
    /// organisation or domain that has none. Default 4.
    #[validate(range(min = 1, max = 100))]
    pub max_connections: u32,
    /// Who mails are from, as `Name <address@example.com>`. Default none; required with
    /// `smtp_url`.
    #[validate(custom(function = is_mailbox))]
    pub from: Option<String>,
    /// Who answers go to, as `Name <address@example.com>`. Default none: to `from`.
    #[validate(custom(function = is_mailbox))]
    pub reply_to: Option<String>,
    /// The language of mails to users who have none, or one without texts, as a tag such as `de`.
    /// Default `en`.
    #[validate(custom(function = is_language))]
    pub language: String,
    /// A directory to write mails to, as `.eml` files, instead of sending them. Default none.
    #[validate(custom(function = is_path))]
    pub directory: Option<PathBuf>,
    /// A directory with texts and templates of mails, in the place of those that are built in.
    /// Default none.
    #[validate(custom(function = is_path))]
    pub template_dir: Option<PathBuf>,
}

impl Section for Mail {
    const NAME: &'static str = "mail";
    const KEYS: &'static [Key] = &[
        Key::secret(
            "smtp_url",
            "The mail server: `smtps` is TLS from the start; with `smtp`, `tls=required` is \
             STARTTLS, `tls=optional` is STARTTLS where it is offered, `tls=none` never is",
            "a URL such as smtps://user:password@host:465 or smtp://user:password@host:587?tls=required",
        )
        .such_as("smtp://user:password@mail.example.com:587?tls=required"),
        Key::text(
            "ca_file",
            "Certificates to trust for the mail server, besides the system's",
            "the path of a PEM file",
        )
        .such_as("/etc/passlink/mail-ca.pem"),
        Key::number(
            "max_connections",
            "Connections to the mail server, and mails in hand at a time; the last one is kept for an \
             organisation or domain that has none",
            1,
            100,
        ),
        Key::text(
            "from",
            "Who mails are from; required with `smtp_url`",
            "a mailbox such as Passlink <no-reply@example.com>",
        )
        .such_as("Passlink <no-reply@example.com>"),
        Key::text(
            "reply_to",
            "Who answers go to; otherwise they go to `from`",
            "a mailbox such as Help desk <help@example.com>",
        )
        .such_as("Help desk <help@example.com>"),
        Key::text(
            "language",
            "The language of mails to users who have none, or one that there are no texts in",
            "a language tag such as en or de",
        ),
        Key::text(
            "directory",
            "Writes each mail as an `.eml` file there instead of sending it",
            "the path of a directory",
        )
        .such_as("mails"),
        Key::text(
            "template_dir",
            "Texts and templates of mails, in the place of those that are built in",
            "the path of a directory",
        )
        .such_as("/etc/passlink/mail"),
    ];
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp_url: None,
            ca_file: None,
            max_connections: 4,
            from: None,
            reply_to: None,
            language: "en".to_owned(),
            directory: None,
            template_dir: None,
        }
    }
}

impl Mail {
    /// The mail server, if one is set.
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

fn is_language(tag: &str) -> Result<(), ValidationError> {
    canonical_language(tag).map(drop).ok_or_else(|| ValidationError::new("language"))
}

fn is_mailbox(text: &str) -> Result<(), ValidationError> {
    parse_mailbox(text)
        .map(drop)
        .map_err(|reason| ValidationError::new("mailbox").with_message(reason.into()))
}

/// Refuses the empty path, which an unset variable in a script makes.
pub(super) fn is_path(path: &Path) -> Result<(), ValidationError> {
    if path.as_os_str().is_empty() { Err(ValidationError::new("path")) } else { Ok(()) }
}
