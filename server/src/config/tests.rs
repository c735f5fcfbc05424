mod brand;
mod broken;
mod domains;
mod effective;
mod issuers;
mod lists;
mod nested;
mod print;
mod reference;
mod secrecy;
mod sources;
mod variables;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ::secrecy::ExposeSecret;

use super::*;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("passlink-config-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Loads the file `passlink.toml` of this folder, and variables.
    fn load(&self, toml: &str, env: &[(&str, &str)]) -> Result<Config, Problems> {
        let path = self.file("passlink.toml", toml);
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(Path::new(&path)), env)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load(toml: &str, env: &[(&str, &str)]) -> Config {
    Folder::new().load(toml, env).unwrap()
}

/// All problems, with the file called as it is in practice.
fn problems(toml: &str, env: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new();
    let directory = format!("{}/", folder.0.display());
    let errors = folder.load(toml, env).unwrap_err();
    errors.lines.iter().map(|line| line.replace(&directory, "")).collect()
}

const SENDING: &str = r#"[server]
public_url = "https://login.example.com"
trusted_proxies = ["10.0.0.5"]
[mail]
smtp_url = "smtps://user:hunter2@mail.example.com"
from = "Passlink <no-reply@example.com>"
"#;

/// The least that an issuer needs.
const ISSUER: &str =
    "[[identity.issuers]]\nissuer = 'https://login.example.com'\naudience = 'passlink'\n";

/// The least that a domain needs.
const DOMAIN: &str = "[[domains]]\nhost = 'login.acme.example'\n";

/// A file that sets a key and nothing else, and the path of the key in it.
fn setting(key: &keys::Key, value: &str) -> (String, String) {
    let list = key.table.split_once("[]").map(|(list, _)| format!("[[{list}]]\n"));
    let mut heading = keys::heading(&key.table);
    if let Some(list) = list.filter(|list| list.trim_end() != heading) {
        heading.insert_str(0, &list);
    }
    let heading = if key.table.is_empty() { String::new() } else { heading };
    (format!("{heading}\n{} = {value}\n", key.name), key.path.replace("[]", "[0]"))
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = load("", &[]);
    assert_eq!(config.server.listen, ([127, 0, 0, 1], 8080).into());
    assert_eq!(config.server.base_url(), "http://localhost:8080");
    assert_eq!(config.database.url.expose_secret(), "sqlite://passlink.db?mode=rwc");
    assert_eq!(config.database.max_connections, 16);
    assert!(config.mail.smtp_url.is_none());
    assert!(config.mail.from.is_none());
    assert_eq!(config.mail.max_connections, 4);
    assert_eq!(config.links.lifetime, Duration::from_secs(3600));
    assert_eq!(config.links.cooldown, Duration::from_secs(60));
    assert_eq!(config.links.max_per_hour, 5);
    assert_eq!(config.secrets.key_file, Path::new("passlink.key"));
    assert_eq!(config.telemetry.log_format, None);
}

#[test]
fn every_key_reaches_its_field_and_is_printed() {
    let brand = "organisation = 'acme'\n[domains.brand]\nname = 'Acme'\n";
    let tables = format!("{ISSUER}{DOMAIN}{brand}[[domains]]\nhost = 'login.example.com'");
    let printed = Config::default().print() + &load(&tables, &[]).print();
    for key in keys::settings() {
        let (wrong, place) = setting(key, "[[1]]");
        let problems = problems(&wrong, &[]);
        let told = problems.iter().filter(|it| it.contains(&format!("{place} = ")));
        assert_eq!(told.count(), 1, "{wrong}: {problems:?}");
        assert!(key.is_in_list() || problems.len() == 1, "{wrong}: {problems:?}");
        let shown = if key.is_in_list() { key.name } else { &key.path };
        assert!(printed.contains(&format!("{shown} ")), "{}", key.path);
    }
}

#[test]
fn both_ends_of_every_range_are_allowed() {
    let low = "[database]\nmax_connections = 1\n[mail]\nmax_connections = 1
        [links]\nlifetime = '1m'\ncooldown = '0s'\nmax_per_hour = 1";
    let high = "[database]\nmax_connections = 1000\n[mail]\nmax_connections = 100
        [links]\nlifetime = '24h'\ncooldown = '1h'\nmax_per_hour = 100";
    assert_eq!(load(low, &[]).links.cooldown, Duration::ZERO);
    assert_eq!(load(high, &[]).links.lifetime, Duration::from_secs(24 * 3600));
}

#[test]
fn the_public_url_may_have_a_path_and_loses_its_last_slash() {
    for (given, base) in [
        ("https://login.example.com/", "https://login.example.com"),
        ("https://example.com/passlink/", "https://example.com/passlink"),
        ("https://example.com/a/b//", "https://example.com/a/b"),
        ("HTTPS://Example.com:443", "https://example.com"),
    ] {
        let config = load("", &[("PASSLINK_SERVER__PUBLIC_URL", given)]);
        assert_eq!(config.server.base_url(), base);
    }
}

#[test]
fn the_key_file_stands_beside_the_sqlite_file() {
    for (url, key_file) in [
        ("sqlite:passlink.db", "passlink.key"),
        ("sqlite:///var/lib/passlink/main.db?mode=rwc", "/var/lib/passlink/passlink.key"),
        ("sqlite://data%20of%3Fours/a+b.db", "data of?ours/passlink.key"),
    ] {
        let config = load("", &[("PASSLINK_DATABASE__URL", url)]);
        assert_eq!(config.secrets.key_file, Path::new(key_file), "{url}");
    }
}

#[test]
fn mail_may_leave_the_machine_from_a_public_https_url_only() {
    assert!(load(SENDING, &[]).warnings().is_empty());
    for url in
        ["http://login.example.com", "https://localhost", "https://127.0.0.1", "https://[::1]"]
    {
        let env = [("PASSLINK_SERVER__PUBLIC_URL", url)];
        assert_eq!(
            problems(SENDING, &env),
            [format!(
                "PASSLINK_SERVER__PUBLIC_URL: server.public_url = \"{url}\": must be https, and not \
                 localhost, with an SMTP server that is not on loopback (passlink.toml:5)"
            )]
        );
    }
    for url in ["http://login.example.com", "https://localhost"] {
        let public_url = ("PASSLINK_SERVER__PUBLIC_URL", url);
        let env = [public_url, ("PASSLINK_MAIL__SMTP_URL", "smtp://localhost:1025")];
        assert_eq!(load(SENDING, &env).server.base_url(), url);
    }
}

#[test]
fn passkeys_are_bound_to_the_domain_of_the_public_url_or_one_above_it() {
    let bound = |public_url: &str, rp_id: &str| {
        let public_url = ("PASSLINK_SERVER__PUBLIC_URL", public_url);
        problems("", &[public_url, ("PASSLINK_WEBAUTHN__RP_ID", rp_id)])
    };
    for rp_id in ["login.example.com", "example.com"] {
        let env = [
            ("PASSLINK_SERVER__PUBLIC_URL", "https://login.example.com"),
            ("PASSLINK_WEBAUTHN__RP_ID", rp_id),
        ];
        let config = load("", &env);
        assert_eq!(config.webauthn.rp_id(&config.server.public_url).as_deref(), Some(rp_id));
    }
    for rp_id in ["example.org", "ample.com", "www.login.example.com"] {
        assert_eq!(
            bound("https://login.example.com", rp_id),
            ["PASSLINK_WEBAUTHN__RP_ID: webauthn.rp_id: must be the host of server.public_url \
                 (https://login.example.com) or a domain above it"]
        );
    }
    for public_url in ["http://127.0.0.1:8080", "http://[::1]:8080"] {
        let told = problems("", &[("PASSLINK_SERVER__PUBLIC_URL", public_url)]);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("must have a domain name, or be localhost"), "{told:?}");
    }
}

#[test]
fn what_looks_like_a_mistake_is_warned_about() {
    assert!(load("", &[]).warnings().is_empty());
    for (name, value, warning) in [
        (
            "PASSLINK_MAIL__SMTP_URL",
            "smtp://mail.example.com:25",
            "mail.smtp_url does not ask for TLS",
        ),
        ("PASSLINK_DATABASE__URL", "sqlite:a.db?mode=ro", "database.url has mode=ro"),
        ("PASSLINK_LINKS__LIFETIME", "30s 30s", "links.cooldown is longer"),
    ] {
        let env = [(name, value), ("PASSLINK_LINKS__COOLDOWN", "2m")];
        let cooldown = if name.contains("LINKS") { &env[..] } else { &env[..1] };
        let warnings = load(SENDING, cooldown).warnings();
        assert!(warnings.len() == 1 && warnings[0].starts_with(warning), "{warnings:?}");
    }
    let on_postgres = |url| {
        let env = [("PASSLINK_DATABASE__URL", url), ("PASSLINK_SECRETS__KEY_FILE", "k")];
        load(SENDING, &env).warnings()
    };
    let open = on_postgres("postgres://db.example.com/name?sslmode=require");
    assert!(open.len() == 1 && open[0].contains("sslmode=verify-full"), "{open:?}");
    for closed in ["postgres://db.example.com/name?sslmode=verify-full", "postgres:///name"] {
        assert!(on_postgres(closed).is_empty(), "{closed}");
    }
    let plain = load(
        "[server]\npublic_url = 'http://example.com'\n[mail]\ndirectory = 'd'\nca_file = 'c'",
        &[],
    );
    assert_eq!(plain.warnings().len(), 2);
}

#[test]
fn who_ends_tls_in_front_of_the_server_is_asked_for() {
    let of =
        |more: &str| load(&format!("[server]\npublic_url = 'https://example.com'\n{more}"), &[]);
    let warnings = of("").warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("server.trusted_proxies"), "{warnings:?}");
    for known in ["trusted_proxies = ['10.0.0.5']", "tls_cert = 'a'\ntls_key = 'b'"] {
        assert!(of(known).warnings().is_empty(), "{known}");
    }
    assert!(load("[server]\npublic_url = 'http://localhost:1234'", &[]).warnings().is_empty());
}
