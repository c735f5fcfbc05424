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
    let (mut restarts, mut slowest) = (0, Duration::ZERO);
    let restarting = async {
        for mode in ["fast", "immediate", "fast"] {
            sleep(Duration::from_millis(500)).await;
            cluster.stop(mode).await;
            sleep(Duration::from_millis(500)).await;
            cluster.start_again().await;
            let started = Instant::now();
            until_within(BACK, "the service to be back", async || {
                let answer = endpoint.send_link(&ada.token, BACK).await.ok()?;
                [200, 429].contains(&answer.status).then_some(())
            })
            .await;
            restarts += 1;
            slowest = slowest.max(started.elapsed());
        }
    };
    let endpoints = [endpoint.clone()];
    let (tally, ()) = tokio::join!(send_to_all(&endpoints, &users), restarting);
    println!("back within {slowest:?} at the most, {tally:?}");
    assert!(tally.unavailable > 0, "the restarts were felt: {tally:?}");
    let received = all_sent(&node, &mails, &users).await;
    let of_users: Vec<_> =
        received.into_iter().filter(|it| it.envelope.to != [&*ada.address]).collect();
    println!("{} mails came again", assert_each_reached(&of_users, &users));
    for user in users.iter().step_by(10) {
        assert_eq!(node.history(&user.id), [1, 2]);
    }
}
