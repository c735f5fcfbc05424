//! Many users who each want one link, of servers that come and go.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use passlink_tests::{Answer, Caller, Endpoint, MailServer, Passlink, Received, until_within};
use tokio::task::JoinSet;

/// Callers at a time.
const AT_ONCE: usize = 16;
/// A cooldown that no caller outlasts: who is recorded unheard and asks again is told so.
pub const PATIENT: &str = "1h";
/// How long a caller waits for an answer before asking elsewhere.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many links a test sends: `PASSLINK_TEST_LINKS`, or few enough for every day.
pub fn links() -> usize {
    std::env::var("PASSLINK_TEST_LINKS").map_or(200, |count| count.parse().unwrap())
}

/// What came of it, of each user's calls together.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Answers that said that a link was recorded.
    pub passed: usize,
    /// Users whose link was recorded by a call that was answered by an error or not at all, as the
    /// next call told.
    pub recorded_unheard: usize,
    /// Answers with code 14.
    pub unavailable: usize,
    /// Calls without an answer.
    pub unanswered: usize,
}

impl Tally {
    /// Counts an answer, or that there was none; whether the user's link is recorded.
    fn counts(&mut self, answer: Option<Answer>, called_before: bool) -> bool {
        match answer {
            Some(answer) if answer.status == 200 => {
                assert_eq!(answer.sequence(), 2);
                self.passed += 1;
                true
            }
            Some(answer) if answer.status == 429 && called_before => {
                answer.assert_too_many();
                self.recorded_unheard += 1;
                true
            }
            Some(answer) => {
                answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
                self.unavailable += 1;
                false
            }
            None => {
                self.unanswered += 1;
                false
            }
        }
    }
}

/// Sends each user a link, through the nodes by turns and again until it is known to be recorded.
/// No answer may be another than success, code 14, or code 8 to who has a link already.
pub async fn send_to_all(nodes: &[Endpoint], users: &[Caller]) -> Tally {
    let waiting = Arc::new(Mutex::new(users.to_vec()));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut callers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (waiting, tally, nodes) = (waiting.clone(), tally.clone(), nodes.to_vec());
        callers.spawn(async move {
            loop {
                let Some(user) = waiting.lock().unwrap().pop() else { return };
                send_until_recorded(&user, &nodes, &tally).await;
            }
        });
    }
    callers.join_all().await;
    let tally = *tally.lock().unwrap();
    assert_eq!(tally.passed + tally.recorded_unheard, users.len());
    println!("{tally:?}");
    tally
}

async fn send_until_recorded(user: &Caller, nodes: &[Endpoint], tally: &Mutex<Tally>) {
    let first: usize = tally.lock().unwrap().passed;
    for call in 0.. {
        let answer = nodes[(first + call) % nodes.len()].send_link(&user.token, PATIENCE).await;
        if tally.lock().unwrap().counts(answer.ok(), call > 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until every mail of the outbox was sent; returns what arrived.
pub async fn all_sent(node: &Passlink, mails: &MailServer, users: &[Caller]) -> Vec<Received> {
    // Nodes that are killed and sleep get little done on a slow machine.
    let limit = Duration::from_secs(600);
    until_within(limit, "a mail for each", async || (mails.count() >= users.len()).then_some(()))
        .await;
    let open = "SELECT count(*) FROM outbox WHERE state <> 'sent'";
    until_within(limit, "an empty outbox", async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        (node.sql(open, &[]) == [[0]]).then_some(())
    })
    .await;
    mails.mails()
}

/// Each user was reached by one mail, or by the same one again; returns how many were too many.
pub fn assert_each_reached(received: &[Received], users: &[Caller]) -> usize {
    let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for it in received {
        let [to] = &it.envelope.to[..] else { panic!("{:?} has not one recipient", it.envelope) };
        ids.entry(&**to).or_default().push(it.mail.header("Message-ID"));
    }
    let mut expected: Vec<_> = users.iter().map(|user| &*user.address).collect();
    expected.sort();
    assert_eq!(ids.keys().copied().collect::<Vec<_>>(), expected);
    for (to, mut ids) in ids {
        ids.dedup();
        assert_eq!(ids.len(), 1, "{to} got different mails");
    }
    received.len() - users.len()
}
