//! A limit for all users of an organisation, on all nodes together: two on PostgreSQL, and the one that a
//! SQLite file has.

use passlink_tests::{Answer, Api, Caller, MailServer, Passlink, Received};
use tokio::task::JoinSet;

const MOST: usize = 20;
const FLOOD: usize = 100;
const OTHERS: usize = 15;
const HOUR: u64 = 3600;

#[tokio::test]
async fn a_flood_of_one_organisation_gets_its_limit_and_others_are_not_refused() {
    let mails = MailServer::plain();
    let node = Passlink::with_mail_server(&mails).set("limits.mails_per_hour", &MOST.to_string());
    let mut nodes = vec![node.started().await];
    if !nodes[0].is_on_sqlite() {
        nodes.push(nodes[0].another_node().started().await);
    }
    let users = nodes[0].crowd(FLOOD + OTHERS);
    let (flood, others) = users.split_at(FLOOD);
    let moved = "UPDATE users SET organisation = 'other' WHERE id >= ?";
    nodes[0].sql(moved, &[&others[0].id]);

    let mut requests = JoinSet::new();
    for (number, user) in users.iter().enumerate() {
        let request = nodes[number % nodes.len()].sending(&user.token);
        requests.spawn(async move { (number, Answer::to(request).await) });
    }
    let (mut passed, mut refused) = (0, 0);
    for (number, answer) in requests.join_all().await {
        if number >= FLOOD {
            assert_eq!(answer.sequence(), 2);
        } else if answer.status == 200 {
            passed += 1;
        } else {
            let wait = answer.assert_too_many();
            // Until the minute of the first is an hour ago.
            assert!((1..=HOUR + 60).contains(&wait), "{wait}");
            refused += 1;
        }
    }
    assert_eq!((passed, refused), (MOST, FLOOD - MOST));
    let received = mails.until_mails(MOST + OTHERS).await;
    let got = |users: &[Caller]| {
        let to = |it: &&Received| users.iter().any(|u| it.envelope.to[0] == u.address);
        received.iter().filter(to).count()
    };
    assert_eq!((got(flood), got(others)), (MOST, OTHERS));

    // Nothing was kept of what was refused, and all nodes go on to refuse.
    for table in ["links", "outbox"] {
        let rows = nodes[0].sql(&format!("SELECT count(*) FROM {table}"), &[]);
        assert_eq!(rows, [[MOST + OTHERS]], "{table}");
    }
    let refused = flood.iter().filter(|user| nodes[0].history(&user.id) == [1]);
    for (user, node) in refused.take(4).zip(nodes.iter().cycle()) {
        node.send_link(&user.token).await.assert_too_many();
    }
}
