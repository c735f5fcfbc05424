//! A database that is out of reach, and comes back.

use std::time::{Duration, Instant};

use passlink_tests::{
    Answer, Api, Endpoint, MailServer, Passlink, Postgres, client, free_port, sql, until,
};
use tokio::{task::JoinSet, time::sleep};

use crate::load::{PATIENT, all_sent, assert_each_reached, links, send_to_all};

/// How long a caller waits for an answer, of whatever kind.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_restarted_three_times_under_load_costs_no_mail_and_no_wrong_answer() {
    let (mails, cluster) = (MailServer::plain(), Postgres::start());
    let node = Passlink::with_mail_server(&mails).on_postgres(cluster.clone());
    let node = node.set("links.cooldown", PATIENT).started().await;
    let ada = node.ada();
    let (endpoint, users) = (node.endpoint(), node.crowd(3 * links()));
    let (endpoints, mut slowest) = ([endpoint.clone()], Duration::ZERO);
    for (mode, wave) in ["fast", "immediate", "fast"].into_iter().zip(users.chunks(links())) {
        let restarting = async {
            sleep(Duration::from_millis(50)).await;
            cluster.stop(mode).await;
            let answer = endpoint.send_link(&ada.token, PATIENCE).await.unwrap();
            answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
            cluster.start_again().await;
            answered_again(&endpoint, &ada.token).await
        };
        let (tally, back) = tokio::join!(send_to_all(&endpoints, wave), restarting);
        assert!(tally.unavailable > 0, "the restart was felt");
        slowest = slowest.max(back);
    }
    println!("back within {slowest:?} at the most");
    let received = all_sent(&node, &mails, &users).await;
    let of_users: Vec<_> =
        received.into_iter().filter(|it| it.envelope.to != [&*ada.address]).collect();
    println!("{} mails came again", assert_each_reached(&of_users, &users));
    assert_each_has_one_link(&node, &ada.id);
}

/// How long it takes until a caller is answered as when all is well.
async fn answered_again(endpoint: &Endpoint, token: &str) -> Duration {
    let started = Instant::now();
    let mut callers = JoinSet::new();
    loop {
        let (endpoint, token) = (endpoint.clone(), token.to_owned());
        callers.spawn(async move { endpoint.send_link(&token, PATIENCE).await });
        let next_caller = sleep(Duration::from_millis(100));
        tokio::select! {
            Some(answer) = callers.join_next() => {
                if answer.unwrap().is_ok_and(|answer| [200, 429].contains(&answer.status)) {
                    return started.elapsed();
                }
                sleep(Duration::from_millis(20)).await;
            }
            () = next_caller => {}
        }
        assert!(started.elapsed() < PATIENCE, "the service did not come back");
    }
}

/// Each user but `other` was added and asked for one link, and no more is recorded.
fn assert_each_has_one_link(node: &Passlink, other: &str) {
    let wrong = "SELECT user_id FROM events WHERE user_id <> ? \
        GROUP BY user_id HAVING count(*) <> 2 OR max(sequence) <> 2";
    assert_eq!(node.sql(wrong, &[other]), Vec::<Vec<serde_json::Value>>::new());
}

#[tokio::test]
async fn connections_that_are_cut_under_load_cost_no_mail_and_no_wrong_answer() {
    let mails = MailServer::plain();
    let node = Passlink::with_mail_server(&mails).on_postgres(Postgres::shared());
    let node = node.set("links.cooldown", PATIENT).started().await;
    let (endpoints, users) = ([node.endpoint()], node.crowd(links()));
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'passlink'";
    let mut cuts = 0;
    let cutting = async {
        loop {
            sleep(Duration::from_millis(200)).await;
            // Now and then none is open again yet.
            cuts += node.sql(cut, &[])[0][0].as_u64().unwrap();
        }
    };
    tokio::select! {
        _ = send_to_all(&endpoints, &users) => {}
        () = cutting => unreachable!(),
    }
    assert!(cuts > 0, "no connection was cut while there was load");
    let received = all_sent(&node, &mails, &users).await;
    assert_each_reached(&received, &users);
    assert_each_has_one_link(&node, "");
}

#[tokio::test]
async fn postgresql_that_hangs_is_out_of_reach_and_then_back() {
    let cluster = Postgres::start();
    let listen = format!("127.0.0.1:{}", free_port());
    let node = Passlink::with_mail_dir().on_postgres(cluster.clone()).generous();
    let node = node.set("telemetry.metrics_listen", &listen).started().await;
    let ada = node.ada();
    node.send_link(&ada.token).await.sequence();
    cluster.suspend().await;
    let endpoint = node.endpoint();
    let calls = (0..20).map(|_| {
        let (endpoint, token) = (endpoint.clone(), ada.token.clone());
        async move { endpoint.send_link(&token, PATIENCE).await.unwrap() }
    });
    for answer in calls.collect::<JoinSet<_>>().join_all().await {
        answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    }
    node.until_status("/readyz", 503).await;
    let used = "passlink_database_connections{";
    until("the connections to be given up", async || {
        let page = Answer::to(client().get(format!("http://{listen}/metrics"))).await.text;
        let line = page.lines().find(|it| it.starts_with(used) && it.contains("\"used\"")).unwrap();
        let used: u32 = line.rsplit_once(' ').unwrap().1.parse().unwrap();
        // The worker goes on asking.
        (used <= 2).then_some(())
    })
    .await;
    cluster.resume().await;
    until("the service to be back", async || {
        let answer = endpoint.send_link(&ada.token, PATIENCE).await.unwrap();
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_postgresql_that_may_only_be_read_is_not_ready_and_keeps_no_connection() {
    let mut node = Passlink::with_mail_dir().on_postgres(Postgres::shared()).generous();
    node.start().await;
    let ada = node.ada();
    node.send_link(&ada.token).await.sequence();
    let url = node.database_url();
    let (name, mut other) = (url.path().trim_start_matches('/'), url.clone());
    other.set_path("postgres");
    // As with a failover, what a server may do shows in new connections.
    let read_only = |on: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        sql(other.as_str(), &set, &[]);
    };
    read_only("on");
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ?";
    sql(other.as_str(), cut, &[name]);
    node.until_status("/readyz", 503).await;
    let answer = node.send_link(&ada.token).await;
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    read_only("off");
    node.until_ready().await;
    let again = until("a link to be sent again", async || {
        Some(node.send_link(&ada.token).await).filter(|answer| answer.status == 200)
    })
    .await;
    assert_eq!(again.sequence(), 3);
}

#[tokio::test]
async fn a_sqlite_file_that_may_only_be_read_is_out_of_reach() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite();
    let ada = passlink.ada();
    let file = passlink.database_file().display().to_string();
    passlink = passlink.set("database.url", &format!("sqlite://{file}?mode=ro"));
    passlink.launch();
    passlink.until_status("/healthz", 200).await;
    let answer = passlink.send_link(&ada.token).await;
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    passlink.until_status("/readyz", 503).await;
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 1, "reading works");
    let stderr = passlink.cli(&["user", "add", "--email", "eve@example.com"]).failed(1);
    assert!(stderr.contains("readonly"), "{stderr}");
}

#[tokio::test]
async fn a_sqlite_file_with_no_room_left_is_out_of_reach_and_then_back() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite().generous();
    let ada = passlink.ada();
    passlink.launch_after("trap '' XFSZ");
    passlink.until_ready().await;
    passlink.send_link(&ada.token).await.sequence();
    let limit = |size: &str| {
        let id = passlink.process().id().to_string();
        let mut command = std::process::Command::new("prlimit");
        let status = command.args(["--pid", &id, &format!("--fsize={size}:unlimited")]).status();
        assert!(status.unwrap().success());
    };
    limit("4096");
    let answer = passlink.send_link(&ada.token).await;
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    passlink.until_status("/readyz", 503).await;
    limit("unlimited");
    passlink.until_ready().await;
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_left_as_it_is() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let letter = "Dear Ada, this is no database.\n".repeat(200);
    std::fs::write(passlink.database_file(), &letter).unwrap();
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("not a database"), "{stderr}");
    assert_eq!(std::fs::read_to_string(passlink.database_file()).unwrap(), letter);
}

#[tokio::test]
async fn a_database_that_is_away_at_the_start_is_told() {
    let cluster = Postgres::start();
    let url = cluster.create();
    let (address, database) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let start = |user: &str, database: &str| {
        let url = format!("postgres://{user}:secret@{address}/{database}");
        let passlink = Passlink::with_mail_dir()
            .set("database.url", &url)
            .set("secrets.key_file", "passlink.key");
        let stderr = passlink.cli(&["serve"]).failed(1);
        let place = format!("out of reach: PostgreSQL at {address}, database {database}: ");
        assert!(stderr.contains(&place) && stderr.contains("see database.url"), "{stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
        stderr
    };
    assert!(start("nobody", database).contains("role \"nobody\" does not exist; see"));
    assert!(start("postgres", "nothing").contains("database \"nothing\" does not exist; see"));
    cluster.stop("fast").await;
    assert!(start("postgres", database).contains("onnection refused"));
}
