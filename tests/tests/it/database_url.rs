//! What `database.url` may say, and what is said of it.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use passlink_tests::{Api, Output, Passlink, Postgres, python};
use tempfile::TempDir;

/// An installation with a URL of the test's own.
fn on(url: &str) -> Passlink {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let key_file = passlink.dir().join("passlink.key").display().to_string();
    passlink.set("secrets.key_file", &key_file).set("database.url", url)
}

fn migrate(url: &str) -> Output {
    on(url).cli(&["migrate"])
}

fn database(url: &str) -> String {
    url.rsplit_once('/').unwrap().1.to_owned()
}

#[test]
fn postgresql_is_reached_by_its_socket_and_by_ipv6() {
    let cluster = Postgres::start();
    let (port, name) = (cluster.port(), database(&cluster.create()));
    let folder = cluster.socket_folder().display().to_string();
    let encoded = folder.replace('/', "%2F");
    let mut urls = vec![
        format!("postgres://postgres:secret@:{port}/{name}?host={folder}"),
        format!("postgres://postgres:secret@/{name}?host={folder}&port={port}"),
        format!("postgres:///{name}?user=postgres&host={folder}&port={port}"),
        format!("postgres://postgres@{encoded}:{port}/{name}"),
        format!("postgres://postgres@/{name}?hostaddr=127.0.0.1&port={port}"),
        format!("POSTGRESQL://postgres@localhost:{port}?dbname={name}"),
    ];
    // Not every machine has IPv6.
    if TcpListener::bind("[::1]:0").is_ok() {
        urls.push(format!("postgres://postgres:secret@[::1]:{port}/{name}"));
        urls.push(format!("postgres://postgres@/{name}?host=::1&port={port}"));
    }
    for url in urls {
        let passlink = on(&url);
        passlink.cli(&["config", "check"]).done();
        passlink.cli(&["migrate"]).done();
        let file = format!("{}\n", url);
        let path = passlink.dir().join("url");
        fs::write(&path, file).unwrap();
        let passlink = passlink.without("database.url");
        let passlink = passlink.set("database.url_file", &path.display().to_string());
        assert_eq!(passlink.cli(&["user", "list"]).done(), "", "{url}");
    }
    let url = format!("postgres://postgres@[::1]:{port}/nothing");
    let told = migrate(&url).failed(1);
    assert!(told.contains(&format!("PostgreSQL at [::1]:{port}, database nothing: ")), "{told}");
    let told =
        migrate(&format!("postgres://postgres@/nothing?host={folder}&port={port}")).failed(1);
    assert!(told.contains(&format!("{folder}, port {port}, database nothing: ")), "{told}");
}

#[test]
fn tls_is_verified_where_it_is_asked_for() {
    let cluster = Postgres::start();
    let (port, name) = (cluster.port(), database(&cluster.create()));
    let url = |host: &str, query: &str| format!("postgres://postgres@{host}:{port}/{name}?{query}");
    let told = migrate(&url("localhost", "sslmode=require")).failed(1);
    assert!(told.contains("server does not support TLS"), "{told}");

    let (ca, other) = (cluster.offer_tls().display().to_string(), TempDir::new().unwrap());
    let mut command = python::script("certificates.py");
    command.arg(other.path());
    Output::of(command).done();
    let other = other.path().join("ca.pem").display().to_string();
    let full = |ca: &str| format!("sslmode=verify-full&sslrootcert={ca}");
    for (host, query) in [
        ("localhost", "sslmode=require".to_owned()),
        ("localhost", full(&ca)),
        ("127.0.0.1", full(&ca)),
        ("127.0.0.2", format!("sslmode=verify-ca&sslrootcert={ca}")),
    ] {
        migrate(&url(host, &query)).done();
    }
    for (host, query, why) in [
        ("localhost", full(&other), "certificate"),
        ("localhost", "sslmode=verify-full".to_owned(), "certificate"),
        ("127.0.0.2", full(&ca), "certificate"),
        ("localhost", format!("sslMode=verify-full&sslrootcert={ca}"), "did you mean sslmode?"),
        ("localhost", format!("sslmode=require&sslrootcert={ca}"), "sslrootcert needs"),
    ] {
        let told = migrate(&url(host, &query)).failed(1);
        assert!(told.contains(why), "{host} {query}: {told}");
    }
    let told = on(&url("localhost", &full("/nowhere.pem"))).cli(&["config", "check"]).failed(1);
    assert!(told.contains("sslrootcert can't be read: No such file"), "{told}");
    let unknown = on(&url("localhost", "a=b")).set_variable("PGSSLMODE", "verify_full");
    unknown.cli(&["config", "check"]).failed(1);
    let told = on(&url("localhost", "")).set_variable("PGSSLMODE", "verify_full");
    let told = told.cli(&["config", "check"]).failed(1);
    assert!(told.contains("PGSSLMODE in the environment must be one of disable"), "{told}");
}

/// URLs that no server is looked for by, all with the same password.
const REFUSED: [&str; 12] = [
    "postgres:app:hunter2@host/x",
    "postgres:///app:hunter2@host/x",
    "postgresql+asyncpg://app:hunter2@host/x",
    "app:hunter2@host/x",
    "host=host password=hunter2",
    "\"postgres://app:hunter2@host/x\"",
    "postgres://app:12#hunter2@host/x",
    "postgres://app:12/hunter2@host/x",
    "postgres://app:hunter2@host1,host2/x",
    "postgres://app:hunter2@host/x?sslMode=verify-full",
    "postgres://app@host/x?sslpassword=hunter2",
    "postgres://app:hunter2@ho\nst/x",
];

#[test]
fn no_command_shows_a_password_whatever_is_wrong_with_the_url() {
    for url in REFUSED {
        let from_variable = on(url);
        let from_file = on("").without("database.url");
        let toml = format!("[database]\nurl = {}\n", serde_json::Value::from(url));
        fs::write(from_file.dir().join("passlink.toml"), toml).unwrap();
        let file = from_file.dir().join("url");
        fs::write(&file, format!("{url}\n")).unwrap();
        let from_url_file = on("").without("database.url");
        let from_url_file = from_url_file.set("database.url_file", &file.display().to_string());
        let mut told = Vec::new();
        for passlink in &[from_variable, from_file, from_url_file] {
            for command in
                [&["config", "check"][..], &["config", "print"], &["serve"], &["user", "list"]]
            {
                let stderr = passlink.cli(command).failed(1);
                assert!(!stderr.contains("hunter2"), "{url}: {stderr}");
                let what = stderr.split_once("database.url = [redacted]: ").expect(&stderr).1;
                told.push(what.to_owned());
            }
        }
        assert!(told.iter().all(|it| *it == told[0]), "{told:#?}");
    }
}

#[tokio::test]
async fn no_log_shows_a_password_of_the_database() {
    let cluster = Postgres::start();
    let url = cluster.create().replace("postgres@", "postgres:hunter2@") + "?options[geqo]=off";
    let folder = TempDir::new().unwrap();
    let pgpass = folder.path().join("pgpass");
    fs::write(&pgpass, "hunter2 in a line that is none\n").unwrap();
    fs::set_permissions(&pgpass, fs::Permissions::from_mode(0o600)).unwrap();
    let without = url.replace(":hunter2", "");
    let key_file = folder.path().join("passlink.key").display().to_string();
    for url in [url, without] {
        let passlink = on(&url).set("secrets.key_file", &key_file).generous();
        let passlink = passlink.set_variable("PGPASSFILE", &pgpass.display().to_string());
        let mut passlink = passlink.set_variable("RUST_LOG", "trace").started().await;
        let address = format!("ada{}@example.com", url.len());
        let ada = passlink.caller(&address, &[]);
        passlink.send_link(&ada.token).await.sequence();
        passlink.stop().await;
        assert!(!passlink.log().contains("hunter2"), "{}", passlink.log());
        let printed = passlink.cli(&["config", "print"]).done();
        assert!(!printed.contains("hunter2") && !printed.contains("geqo]=off"), "{printed}");
    }
}

#[test]
fn a_database_in_memory_is_refused_by_all_alike() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://x?mode=memory", "sqlite:"] {
        let passlink = on(url);
        let told = [&["config", "check"][..], &["serve"], &["migrate"], &["user", "list"]]
            .map(|command| passlink.cli(command).failed(1));
        assert!(told[0].contains("in memory is not supported") || url == "sqlite:", "{told:?}");
        assert!(told.iter().all(|it| *it == told[0]), "{told:#?}");
    }
}

#[test]
fn a_file_that_may_only_be_read_is_warned_of() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    passlink.cli(&["migrate"]).done();
    let url = format!("sqlite://{}?mode=ro", passlink.database_file().display());
    let passlink = passlink.set("database.url", &url);
    let output = passlink.cli(&["config", "check"]);
    assert!(output.stderr.contains("mode=ro"), "{output:?}");
    output.done();
}
