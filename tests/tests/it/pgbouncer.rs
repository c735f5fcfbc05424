//! PgBouncer between the nodes and PostgreSQL.

use std::{fs, sync::Arc};

use passlink_tests::{Api, Passlink, PgBouncer, Postgres, sql, until};

const IGNORE: &str = "ignore_startup_parameters = options";

/// An installation on a database that it reaches by a PgBouncer with these settings.
fn behind(settings: &[&str]) -> (Passlink, PgBouncer, Arc<Postgres>) {
    let cluster = Postgres::start();
    let passlink = Passlink::with_mail_dir().on_postgres(cluster.clone()).generous();
    let bouncer = PgBouncer::start(cluster.port(), settings);
    let mut url = passlink.database_url();
    url.set_port(Some(bouncer.port())).unwrap();
    (passlink.set("database.url", url.as_str()), bouncer, cluster)
}

#[test]
fn a_pgbouncer_that_refuses_settings_is_told_with_the_setting_that_helps() {
    let (passlink, _bouncer, _cluster) = behind(&["pool_mode = session"]);
    let told = passlink.cli(&["migrate"]).failed(1);
    assert!(told.contains("add options to ignore_startup_parameters"), "{told}");
}

#[test]
fn a_pgbouncer_that_keeps_no_statements_is_told_with_the_setting_that_helps() {
    let mut settings = vec![IGNORE, "pool_mode = transaction"];
    if PgBouncer::minor_version() >= 21 {
        settings.push("max_prepared_statements = 0");
    }
    let (passlink, _bouncer, _cluster) = behind(&settings);
    for command in [&["migrate"][..], &["user", "list"], &["serve"]] {
        let told = passlink.cli(command).failed(1);
        assert!(told.contains("max_prepared_statements"), "{told}");
    }
}

#[tokio::test]
async fn behind_a_pgbouncer_that_keeps_them_all_works() {
    // Older ones keep statements in no other mode.
    let settings = match PgBouncer::minor_version() {
        ..21 => vec![IGNORE, "pool_mode = session"],
        _ => vec![IGNORE, "pool_mode = transaction", "max_prepared_statements = 100"],
    };
    let (mut passlink, _bouncer, cluster) = behind(&settings);
    passlink.cli(&["migrate"]).done();
    let lines: String =
        (0..2500).map(|n| format!("{{\"email\": \"u{n}@example.com\"}}\n")).collect();
    fs::write(passlink.dir().join("users.jsonl"), lines).unwrap();
    passlink.cli(&["user", "import", "users.jsonl"]).done();
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 2500);
    passlink.start().await;
    let ada = passlink.ada();
    for _ in 0..10 {
        passlink.send_link(&ada.token).await.sequence();
    }
    until("the mails to be sent", async || {
        let mails = fs::read_dir(passlink.mail_dir()).map_or(0, Iterator::count);
        (mails >= 10).then_some(())
    })
    .await;
    let log = passlink.log();
    for setting in ["statement_timeout", "enable_seqscan"] {
        assert!(log.contains("ALTER ROLE") && log.contains(setting), "{log}");
    }
    assert!(!log.contains("ERROR"), "{log}");
    // Notifications would reach whoever has the session next.
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE left(query, 6) = 'LISTEN'";
    assert_eq!(passlink.sql(listening, &[]), [[0]]);
    passlink.stop().await;

    let admin = format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port());
    for setting in ["statement_timeout = '10s'", "enable_seqscan = off"] {
        sql(&admin, &format!("ALTER ROLE postgres SET {setting}"), &[]);
    }
    // Sessions that are open do not hear of it.
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    sql(&admin, cut, &[]);
    let before = passlink.log().matches("ALTER ROLE").count();
    passlink.start().await;
    assert_eq!(passlink.log().matches("ALTER ROLE").count(), before, "{}", passlink.log());
}
