//! A database that is out of reach, and comes back.

use std::time::{Duration, Instant};

use passlink_tests::{MailServer, Passlink, Postgres, until_within};
use tokio::time::sleep;

use crate::load::{all_sent, assert_each_reached, links, send_to_all};

/// How soon after its database a node must be back.
const BACK: Duration = Duration::from_secs(2);

#[tokio::test]
async fn postgresql_restarted_three_times_under_load_costs_no_mail_and_no_wrong_answer() {
    let (mails, cluster) = (MailServer::plain(), Postgres::start());
    let node = Passlink::with_mail_server(&mails).on_postgres(cluster.clone());
    let node = node.leasing("4s").started().await;
    let ada = node.ada();
    let (endpoint, users) = (node.endpoint(), node.crowd(3 * links()));
    let (endpoints, mut unavailable, mut slowest) = ([endpoint.clone()], 0, Duration::ZERO);
    for (mode, wave) in ["fast", "immediate", "fast"].into_iter().zip(users.chunks(links())) {
        let restarting = async {
            sleep(Duration::from_millis(50)).await;
            cluster.stop(mode).await;
            sleep(Duration::from_millis(500)).await;
            cluster.start_again().await;
            let started = Instant::now();
            until_within(BACK, "the service to be back", async || {
                let answer = endpoint.send_link(&ada.token, BACK).await.ok()?;
                [200, 429].contains(&answer.status).then_some(())
            })
            .await;
            started.elapsed()
        };
        let (tally, back) = tokio::join!(send_to_all(&endpoints, wave), restarting);
        unavailable += tally.unavailable;
        slowest = slowest.max(back);
    }
    println!("back within {slowest:?} at the most");
    assert!(unavailable > 0, "the restarts were felt");
    let received = all_sent(&node, &mails, &users).await;
    let of_users: Vec<_> =
        received.into_iter().filter(|it| it.envelope.to != [&*ada.address]).collect();
    println!("{} mails came again", assert_each_reached(&of_users, &users));
    for user in users.iter().step_by(10) {
        assert_eq!(node.history(&user.id), [1, 2]);
    }
}

#[tokio::test]
async fn connections_that_are_cut_under_load_cost_no_mail_and_no_wrong_answer() {
    let mails = MailServer::plain();
    let node = Passlink::with_mail_server(&mails).on_postgres(Postgres::shared()).leasing("4s");
    let node = node.started().await;
    let (endpoints, users) = ([node.endpoint()], node.crowd(links()));
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'passlink'";
    let cutting = async {
        loop {
            sleep(Duration::from_millis(200)).await;
            assert_ne!(node.sql(cut, &[]), [[0]], "there was a connection to cut");
        }
    };
    tokio::select! {
        _ = send_to_all(&endpoints, &users) => {}
        () = cutting => unreachable!(),
    }
    let received = all_sent(&node, &mails, &users).await;
    assert_each_reached(&received, &users);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_write_succeed_while_the_server_is_under_load() {
    let node = Passlink::with_mail_dir().started().await;
    let (endpoint, users) = (node.endpoint(), node.crowd(links()));
    let sending = tokio::spawn(async move { send_to_all(&[endpoint], &users).await });
    let mut added = 0;
    while !sending.is_finished() || added < 5 {
        added += 1;
        let user = node.user(&format!("new-{added}@example.com"), &[]);
        node.token(user["id"].as_str().unwrap(), &[]);
    }
    assert_eq!(sending.await.unwrap().unavailable, 0);
}

#[tokio::test]
async fn a_sqlite_file_that_may_only_be_read_is_out_of_reach() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite();
    let ada = passlink.ada();
    let file = passlink.database_file().display().to_string();
    passlink = passlink.set("database.url", &format!("sqlite://{file}?mode=ro")).started().await;
    let answer = passlink.send_link(&ada.token).await;
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
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
    limit("unlimited");
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
    let passlink = Passlink::with_mail_dir().on_postgres(cluster.clone());
    cluster.stop("fast").await;
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("out of reach"), "{stderr}");
}
