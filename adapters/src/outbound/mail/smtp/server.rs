//! Which mail server, and how to speak to it: the value of `mail.smtp_url`.

use std::{fmt, net::IpAddr};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte.
    Implicit,
    /// By STARTTLS, or there is no connection.
    Required,
    /// By STARTTLS where the server offers it.
    Optional,
    None,
}

/// A mail server. `Debug` does not show the password.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<(String, SecretString)>,
}

impl SmtpServer {
    /// Parses `smtps://user:pass@host:465` or `smtp://user:pass@host:587?tls=required`.
    ///
    /// User and password are percent-decoded. `tls` is `required`, `optional` or `none`; without
    /// it, STARTTLS is required where there are credentials and optional where there are none. The
    /// port defaults to 465 for `smtps`, and for `smtp` to 587 with credentials and 25 without.
    ///
    /// Errors: what is wrong, fit for an operator; never a part of the URL.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = Url::parse(url.trim()).map_err(|error| {
            format!("is no URL: {error} (special characters in user and password must be percent-encoded)")
        })?;
        let host = host(&url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("must not have a path or a fragment (`/` and `#` in user and password are written %2F and %23)".to_owned());
        }
        let credentials = credentials(&url)?;
        let tls = tls(&url, credentials.is_some())?;
        let server = Self {
            port: url.port().unwrap_or(match (tls, &credentials) {
                (Tls::Implicit, _) => 465,
                (_, Some(_)) => 587,
                (_, None) => 25,
            }),
            host,
            tls,
            credentials,
        };
        if server.port == 0 {
            return Err("port must not be 0".to_owned());
        }
        let open = matches!(tls, Tls::Optional | Tls::None);
        if open && server.credentials.is_some() && !server.is_loopback() {
            return Err("user and password need tls=required or smtps://, unless the server is on this machine".to_owned());
        }
        Ok(server)
    }

    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("credentials", &self.credentials.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}

/// Host and port, as an address is written.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

fn host(url: &Url) -> Result<String, String> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host =
        percent_decode_str(bare).decode_utf8().map_err(|_| "host is not UTF-8")?.into_owned();
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Err("must have a host".to_owned())
    } else {
        Ok(host)
    }
}

fn tls(url: &Url, has_credentials: bool) -> Result<Tls, String> {
    let mut wanted = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" {
            return Err("has an unknown parameter; `tls` is the only one".to_owned());
        }
        if wanted.replace(value.into_owned()).is_some() {
            return Err("has the parameter tls twice".to_owned());
        }
    }
    match (url.scheme(), wanted.as_deref()) {
        ("smtps", None) => Ok(Tls::Implicit),
        ("smtps", Some(_)) => Err("smtps:// is always encrypted; leave tls out".to_owned()),
        ("smtp", Some("required")) => Ok(Tls::Required),
        ("smtp", None) if has_credentials => Ok(Tls::Required),
        ("smtp", Some("optional") | None) => Ok(Tls::Optional),
        ("smtp", Some("none")) => Ok(Tls::None),
        ("smtp", Some(_)) => Err("tls must be required, optional or none".to_owned()),
        _ => Err("must begin with smtps:// or smtp://".to_owned()),
    }
}

fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, String> {
    let decode = |text| {
        let decoded = percent_decode_str(text).decode_utf8().map(String::from);
        decoded.map_err(|_| "user and password must be UTF-8, percent-encoded")
    };
    match (decode(url.username())?, url.password()) {
        (user, None) if user.is_empty() => Ok(None),
        (user, _) if user.is_empty() => Err("has a password and no user".to_owned()),
        (_, None) => Err("has a user and no password".to_owned()),
        (user, Some(password)) => Ok(Some((user, SecretString::from(decode(password)?)))),
    }
}
