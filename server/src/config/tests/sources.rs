use super::*;

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let toml = "[links]\nmax_per_hour = 7\nlifetime = '2h'";
    let config = load(toml, &[("PASSLINK_LINKS__MAX_PER_HOUR", "9")]);
    assert_eq!(config.links.max_per_hour, 9);
    assert_eq!(config.links.lifetime, Duration::from_secs(7200));
    assert_eq!(config.links.cooldown, Duration::from_secs(60));
}

#[test]
fn what_a_variable_overrides_in_the_file_need_not_be_right() {
    let config = load("[links]\nmax_per_hour = 0", &[("PASSLINK_LINKS__MAX_PER_HOUR", "9")]);
    assert_eq!(config.links.max_per_hour, 9);
}

#[test]
fn a_variable_is_read_by_the_type_of_its_key() {
    let config = load(
        "",
        &[
            ("PASSLINK_SECRETS__KEY_FILE", "007"),
            ("PASSLINK_MAIL__DIRECTORY", "[true]"),
            ("PASSLINK_MAIL__MAX_CONNECTIONS", " 8 "),
        ],
    );
    assert_eq!(config.secrets.key_file, Path::new("007"));
    assert_eq!(config.mail.directory.as_deref(), Some(Path::new("[true]")));
    assert_eq!(config.mail.max_connections, 8);
}

#[test]
fn variables_of_others_are_left_alone() {
    load("", &[("PATH", "/bin"), ("passlink_server__listen", "x")]);
}

/// Kubernetes and Docker set these beside services called `passlink`, `passlink-db` and the like.
const SERVICE_LINKS: [(&str, &str); 28] = [
    ("PASSLINK_SERVICE_HOST", "10.0.0.1"),
    ("PASSLINK_SERVICE_PORT", "80"),
    ("PASSLINK_SERVICE_PORT_HTTP", "80"),
    ("PASSLINK_PORT", "tcp://10.0.0.1:80"),
    ("PASSLINK_PORT_80_TCP", "tcp://10.0.0.1:80"),
    ("PASSLINK_PORT_80_TCP_PROTO", "tcp"),
    ("PASSLINK_PORT_80_TCP_PORT", "80"),
    ("PASSLINK_PORT_80_TCP_ADDR", "10.0.0.1"),
    ("PASSLINK_DB_SERVICE_HOST", "fd00::5"),
    ("PASSLINK_DB_SERVICE_PORT", "5432"),
    ("PASSLINK_DB_SERVICE_PORT_PG_METRICS", "9187"),
    ("PASSLINK_DB_PORT", "tcp://[fd00::5]:5432"),
    ("PASSLINK_MAIL_RELAY_PORT_514_UDP", "udp://10.0.0.3:514"),
    ("PASSLINK_MAIL_RELAY_PORT_514_UDP_PROTO", "udp"),
    ("PASSLINK_MAIL_RELAY_PORT_5060_SCTP", "sctp://10.0.0.3:5060"),
    // A service that is called as a section, or as a key of it.
    ("PASSLINK_SERVER_PORT", "tcp://10.0.0.4:8080"),
    ("PASSLINK_SERVER_SERVICE_HOST", "10.0.0.4"),
    ("PASSLINK_SERVER_LISTEN_SERVICE_PORT", "8080"),
    ("PASSLINK_SERVICE_SERVICE_HOST", "10.0.0.5"),
    ("PASSLINK_PORT_PORT_80_TCP_ADDR", "10.0.0.5"),
    // Two dashes in a name.
    ("PASSLINK__DB_SERVICE_HOST", "10.0.0.6"),
    ("PASSLINK_A__B_PORT_80_TCP", "tcp://10.0.0.6:80"),
    // Links of Docker.
    ("PASSLINK_WEB_NAME", "/proxy/passlink_web"),
    ("PASSLINK_WEB_ENV_NGINX_VERSION", "1.27"),
    ("PASSLINK_WEB_ENV_A__B", ""),
    ("PASSLINK_WEB_PORT_80_TCP_START", "tcp://172.17.0.2:80"),
    ("PASSLINK_WEB_PORT_80_TCP_PORT_END", "89"),
    ("PASSLINK_WEB_PORT_80_TCP_ADDR", "172.17.0.2"),
];

#[test]
fn links_to_services_are_passed_over_with_a_word() {
    for link in SERVICE_LINKS.iter().filter(|(name, _)| !name.contains("_ENV_")) {
        assert!(load("", &[*link]).passed_over().is_some(), "{link:?}");
    }
    let told = load("", &SERVICE_LINKS).passed_over().unwrap();
    assert!(told.starts_with("passed over 28 environment variables"), "{told}");
    for part in ["PASSLINK_A__B_PORT_80_TCP", "enableServiceLinks: false"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(load("", &[("PASSLINK_LINKS__MAX_PER_HOUR", "7")]).passed_over(), None);
}

#[test]
fn toml_may_write_keys_in_any_of_its_ways() {
    for toml in [
        "links.max_per_hour = 7",
        "links = { max_per_hour = 7 }",
        "[ links ]\r\n\"max_per_hour\" = 7\r\n",
        "\u{FEFF}[links]\nmax_per_hour = 0b111",
    ] {
        assert_eq!(load(toml, &[]).links.max_per_hour, 7, "{toml}");
    }
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = Folder::new();
    for (text, url) in [
        ("sqlite:a", "sqlite:a"),
        ("sqlite:a\n", "sqlite:a"),
        ("sqlite:a\r\n", "sqlite:a"),
        ("sqlite:a\n\n", "sqlite:a"),
        ("\u{FEFF}sqlite:a\r\n\r\n", "sqlite:a"),
        ("sqlite: a \n", "sqlite: a "),
    ] {
        let secret = folder.file("secret", text);
        let config = folder.load(&format!("database.url_file = '{secret}'"), &[]).unwrap();
        assert_eq!(config.database.url.expose_secret(), url);
        let config = folder.load("", &[("PASSLINK_DATABASE__URL_FILE", &secret)]).unwrap();
        assert_eq!(config.database.url.expose_secret(), url);
    }
}

#[test]
fn of_a_secret_and_its_file_the_later_source_wins() {
    let folder = Folder::new();
    let secret = folder.file("secret", "sqlite:from-file");
    let in_file =
        folder.load("database.url = 'sqlite:a'", &[("PASSLINK_DATABASE__URL_FILE", &secret)]);
    assert_eq!(in_file.unwrap().database.url.expose_secret(), "sqlite:from-file");
    // The file that is overridden is not even opened.
    let in_env =
        folder.load("database.url_file = 'gone'", &[("PASSLINK_DATABASE__URL", "sqlite:b")]);
    assert_eq!(in_env.unwrap().database.url.expose_secret(), "sqlite:b");
}

#[test]
fn without_a_file_the_defaults_hold() {
    let config = Config::load(None, []).unwrap();
    assert!(config.origins.is_empty());
}

#[test]
fn a_file_that_is_named_must_exist() {
    let errors = Config::load(Some(Path::new("/nowhere/passlink.toml")), []).unwrap_err();
    assert_eq!(errors.lines.len(), 1);
    assert!(errors.to_string().starts_with("/nowhere/passlink.toml: can't be read: No such file"));
}
