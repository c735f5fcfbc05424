//! URLs of PostgreSQL databases. The driver passes over what it does not know, and takes a password with
//! a `/` or `#` in it for a host and a port. So a URL is taken apart here, and what the driver gets leaves
//! it nothing to guess.

use std::{
    env,
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
    str::FromStr,
};

use percent_encoding::percent_decode_str;
use sea_orm::sqlx::{self, ConnectOptions, postgres::PgConnectOptions};
use url::form_urlencoded;

use super::url_fault::UrlFault;

/// The parameters, each by all of its names; the first is what it is called here.
const PARAMETERS: [&[&str]; 12] = [
    &["sslmode", "ssl-mode"],
    &["sslrootcert", "ssl-root-cert", "ssl-ca"],
    &["sslcert", "ssl-cert"],
    &["sslkey", "ssl-key"],
    &["statement-cache-capacity"],
    &["host"],
    &["hostaddr"],
    &["port"],
    &["dbname"],
    &["user"],
    &["password"],
    &["application_name"],
];
/// Settings of the session: `options=-c name=value`, or `options[name]=value`.
const OPTIONS: &str = "options";
/// Parameters that PostgreSQL's own programs know, and the driver does not.
const UNSUPPORTED: &str = "\
    channel_binding client_encoding connect_timeout fallback_application_name gssdelegation \
    gssencmode gsslib keepalives keepalives_count keepalives_idle keepalives_interval \
    krbsrvname load_balance_hosts max_protocol_version min_protocol_version passfile \
    replication require_auth requirepeer requiressl scram_client_key scram_server_key service \
    servicefile ssl_max_protocol_version ssl_min_protocol_version sslcertmode sslcompression \
    sslcrl sslcrldir sslkeylogfile sslnegotiation sslpassword sslsni target_session_attrs \
    tcp_user_timeout";
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const FILES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
/// Settings of the session that are Passlink's own.
const OWN_SETTINGS: [&str; 2] = ["statement_timeout", "idle_in_transaction_session_timeout"];
/// Parameters that hold no secret, for [`PostgresUrl::shown`].
const HARMLESS: [&str; 6] =
    ["dbname", "host", "hostaddr", "port", "sslmode", "statement-cache-capacity"];
const ONE_SERVER: &str = "it names more than one server, and one is supported";

/// Where a PostgreSQL database is, and how to connect to it.
pub struct PostgresUrl {
    /// What stands before the `?`.
    place: Vec<(String, String)>,
    /// What stands behind it, which counts more.
    parameters: Vec<(String, String)>,
}

impl PostgresUrl {
    /// Errors: the first thing in it that is not known, or that can't be meant so.
    pub fn parse(url: &str) -> Result<Self, UrlFault> {
        if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it holds a blank or a line break; in a password, write %20 or %0A".into());
        }
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        if !["postgres", "postgresql"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
            return Err("it begins with none of sqlite:, postgres:// and postgresql://".into());
        }
        if rest.contains('#') {
            return Err("it holds a #; in a password, write %23".into());
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = place.split_once('/').unwrap_or((place, ""));
        if name.contains(['/', '@', ':']) {
            return Err("a /, an @ or a : stands where it can't; in a password or the name of a \
                database, write %2F, %40 or %3A"
                .into());
        }
        let mut place = parse_authority(authority)?;
        place.push(("dbname", name));
        let mut url = Self { place: Vec::new(), parameters: Vec::new() };
        for (name, value) in place.into_iter().filter(|(_, value)| !value.is_empty()) {
            url.place.push((name.to_owned(), checked(name, decoded(value)?)?));
        }
        for (place, pair) in (1..).zip(query.split('&').filter(|pair| !pair.is_empty())) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = known(place, &decoded(name)?)?;
            if url.parameters.iter().any(|(other, _)| *other == name) {
                return Err(UrlFault::twice(&name));
            }
            if value.is_empty() {
                return Err(UrlFault(format!("the parameter {name} has no value")));
            }
            if value.contains('+') {
                return Err("in a parameter, a + is written %2B and a blank %20".into());
            }
            let value = checked(&name, decoded(value)?)?;
            url.parameters.push((name, value));
        }
        url.goes_together()?;
        Ok(url)
    }

    /// Refuses parameters that have no effect beside the others.
    fn goes_together(&self) -> Result<(), UrlFault> {
        let has = |name| self.get(name).is_some();
        if has("host") && has("hostaddr") {
            return Err("it has both host and hostaddr, and one is supported".into());
        }
        if has("sslcert") != has("sslkey") {
            return Err("sslcert and sslkey need each other".into());
        }
        let mode = self.ssl_mode()?;
        if has("sslrootcert") && !mode.starts_with("verify-") {
            return Err(
                "sslrootcert needs sslmode=verify-full or verify-ca: else it is not looked at"
                    .into(),
            );
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let both = self.parameters.iter().chain(&self.place);
        both.into_iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    fn ssl_mode(&self) -> Result<String, UrlFault> {
        if let Some(mode) = self.get("sslmode") {
            return Ok(mode.to_owned());
        }
        match env::var("PGSSLMODE").map(|mode| mode.to_ascii_lowercase()) {
            Err(_) => Ok("prefer".to_owned()),
            Ok(mode) if SSL_MODES.contains(&&*mode) => Ok(mode),
            // The driver ignores any other value.
            Ok(_) => Err(UrlFault::value("PGSSLMODE in the environment", &ssl_modes())),
        }
    }

    pub fn has_password(&self) -> bool {
        self.get("password").is_some()
    }

    /// The parameters that name files, and the files.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let file = |name| Some((name, PathBuf::from(self.get(name)?)));
        FILES.into_iter().filter_map(file).collect()
    }

    /// Whether the connection leaves the machine, and whoever is in between can read and change what goes
    /// over it: only `verify-full` looks at who the server is.
    pub fn is_open_to_others(&self) -> bool {
        let Ok(options) = self.options() else { return false };
        let host = options.get_host();
        let is_local = options.get_socket().is_some()
            || host.starts_with('/')
            || host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        !is_local && self.ssl_mode().is_ok_and(|mode| mode != "verify-full")
    }

    /// The URL without what is secret in it, or may be.
    pub fn shown(&self) -> String {
        let place = |name: &str| {
            let found = self.place.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut shown = "postgres://".to_owned() + place("user").unwrap_or_default();
        if place("password").is_some() {
            shown += ":[redacted]@";
        } else if place("user").is_some() {
            shown.push('@');
        }
        match place("host") {
            Some(host) if host.contains(':') => shown += &format!("[{host}]"),
            host => shown += &host.unwrap_or_default().replace('/', "%2F"),
        }
        if let Some(port) = place("port") {
            shown += &format!(":{port}");
        }
        shown.push('/');
        shown += place("dbname").unwrap_or_default();
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            let value = if HARMLESS.contains(&&**name) { value } else { "[redacted]" };
            shown += &format!("{}{name}={value}", if index == 0 { '?' } else { '&' });
        }
        shown
    }

    /// What the driver makes of it. What the URL leaves out is taken from `PGHOST` and its like, and the
    /// password from `~/.pgpass`.
    pub(super) fn options(&self) -> Result<PgConnectOptions, sqlx::Error> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let given = |name: &str| self.parameters.iter().any(|(other, _)| other == name);
        query.extend_pairs(self.place.iter().filter(|(name, _)| !given(name)));
        query.extend_pairs(&self.parameters);
        let options = PgConnectOptions::from_str(&format!("postgres:?{}", query.finish()))?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("passlink"),
        };
        // No column holds a fraction, and PgBouncer refuses the setting.
        Ok(options.extra_float_digits(None).disable_statement_logging())
    }
}

/// What stands between `//` and the next `/`.
fn parse_authority(authority: &str) -> Result<Vec<(&'static str, &str)>, UrlFault> {
    let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    // What stands behind it may be a password.
    if user.contains('@') {
        return Err("the user has an @ in it; there, write %40".into());
    }
    if server.contains(',') {
        return Err(ONE_SERVER.into());
    }
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("a [ has no ] in the host")?;
            let behind = "something stands behind the ] of the host";
            (host, if port.is_empty() { port } else { port.strip_prefix(':').ok_or(behind)? })
        }
        None => server.split_once(':').unwrap_or((server, "")),
    };
    if port.contains(':') {
        return Err("the host has more than one colon: an IPv6 address stands in brackets, as in \
            [::1]:5432; in a password, write %40 for an @"
            .into());
    }
    Ok(vec![("user", user), ("password", password), ("host", host), ("port", port)])
}

/// What a parameter is called here; `place` counts the parameters from 1.
fn known(place: usize, name: &str) -> Result<String, UrlFault> {
    if let Some(names) = PARAMETERS.iter().find(|names| names.contains(&name)) {
        return Ok(names.first().copied().unwrap_or_default().to_owned());
    }
    let setting = name.strip_prefix("options[").and_then(|name| name.strip_suffix(']'));
    let is_word = |it: &str| it.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    match setting {
        Some(setting) if !setting.is_empty() && is_word(setting) => {
            no_own_setting(setting).map(|()| name.to_owned())
        }
        _ if name == OPTIONS => Ok(name.to_owned()),
        _ => match UNSUPPORTED.split(' ').find(|it| name.eq_ignore_ascii_case(it)) {
            Some(name) => Err(UrlFault::unsupported(name)),
            None => {
                let known = PARAMETERS.iter().filter_map(|names| names.first().copied());
                Err(UrlFault::unknown(place, name, &known.chain([OPTIONS]).collect::<Vec<_>>()))
            }
        },
    }
}

/// Refuses Passlink's own settings, as PostgreSQL reads them: in any case, `-` for `_`, no backslashes.
fn no_own_setting(options: &str) -> Result<(), UrlFault> {
    let options = options.to_ascii_lowercase().replace('-', "_").replace('\\', "");
    match OWN_SETTINGS.iter().find(|setting| options.contains(**setting)) {
        Some(setting) => Err(UrlFault(format!("options can't have {setting}: Passlink sets it"))),
        None => Ok(()),
    }
}

fn ssl_modes() -> String {
    format!("one of {}", SSL_MODES.join(", "))
}

/// A value that the parameter can have.
fn checked(name: &str, value: String) -> Result<String, UrlFault> {
    let ssl_modes = ssl_modes();
    let (is_right, allowed) = match name {
        "sslmode" => (SSL_MODES.contains(&&*value), &*ssl_modes),
        "port" => (
            value.parse::<u16>().is_ok_and(|port| port > 0),
            "a number from 1 to 65535; in a password, write %3A for a colon, %2F for a / and %40 for an @",
        ),
        "statement-cache-capacity" => (
            value.parse::<u32>().is_ok_and(|size| (1..=10_000).contains(&size)),
            "a number from 1 to 10000",
        ),
        "hostaddr" => (value.parse::<IpAddr>().is_ok(), "an IP address"),
        "host" => (
            value.starts_with('/') || is_host(&value),
            "a name, an IP address, or the folder of a socket",
        ),
        OPTIONS => (no_own_setting(&value).map(|()| true)?, ""),
        _ if FILES.contains(&name) => {
            (!value.trim_start().starts_with("-----BEGIN"), "the path of a PEM file")
        }
        _ => (true, ""),
    };
    match name {
        _ if is_right => Ok(value),
        "host" | "hostaddr" | "port" if value.contains(',') => Err(ONE_SERVER.into()),
        _ => Err(UrlFault::value(name, allowed)),
    }
}

/// Whether a text is a host's name or an IP address, which may have a zone.
fn is_host(host: &str) -> bool {
    let address = host.split_once('%').map_or(host, |(address, _)| address);
    if host.contains(':') {
        address.parse::<Ipv6Addr>().is_ok()
    } else {
        host.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    }
}

fn decoded(text: &str) -> Result<String, UrlFault> {
    let mut after = text.split('%').skip(1);
    if !after.all(|it| it.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2) {
        return Err(
            "a % is not followed by two hexadecimal digits; in a password, write %25".into()
        );
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if text.contains('\0') => Err("it holds %00".into()),
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("what it has in percent signs is not UTF-8".into()),
    }
}

#[cfg(test)]
mod tests;
