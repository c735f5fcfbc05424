use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn id(id: &str) -> OutboxId {
    id.parse().unwrap()
}

/// The server, and what is said to mails.
struct Server(MailServer);

impl Server {
    fn says(&mut self, id: &str, hint: Option<ServerHint>, now: Instant) -> Change {
        self.to(id, 1, hint, now)
    }

    fn to(&mut self, id: &str, domain: i64, hint: Option<ServerHint>, now: Instant) -> Change {
        self.0.note_answer(hint, (&id.parse().unwrap(), domain), 0.5, now)
    }
}

const DOWN: Option<ServerHint> = Some(ServerHint::Down);
const ACCEPTED: Option<ServerHint> = Some(ServerHint::Accepted);
const NO_ANSWER: Option<ServerHint> = Some(ServerHint::NoAnswer);

#[test]
fn a_server_in_trouble_is_probed_with_one_mail_after_growing_waits() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    assert_eq!(server.0.allows(start), Allowance::All);
    assert_eq!(server.says("first", DOWN, start), Change::Down);
    let mut now = start;
    for wait in [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0] {
        assert_eq!(server.0.allows(now + seconds(wait - 0.1)), Allowance::Nothing);
        now += seconds(wait);
        assert_eq!(server.0.allows(now), Allowance::Probe);
        server.0.note_asked(&id("probe"), now);
        assert_eq!(server.0.allows(now), Allowance::Nothing, "one is on its way");
        assert_eq!(server.says("probe", DOWN, now), Change::Nothing, "told once");
    }
}

#[test]
fn one_mail_that_gets_through_lets_all_others_go() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    server.says("first", DOWN, start);
    let later = start + seconds(30.0);
    assert_eq!(server.says("one-of-before", ACCEPTED, later), Change::Back(seconds(30.0)));
    assert_eq!(server.0.allows(later), Allowance::All);
    assert_eq!(server.says("another", ACCEPTED, later), Change::Nothing);
}

#[test]
fn mails_that_fail_together_count_once() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    for id in ["a", "b", "c", "d"] {
        server.says(id, DOWN, start);
    }
    assert_eq!(server.0.allows(start + seconds(0.9)), Allowance::Nothing);
    assert_eq!(server.0.allows(start + seconds(1.0)), Allowance::Probe);
}

#[test]
fn a_mail_that_hangs_since_before_the_trouble_keeps_no_probe_back() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    server.0.note_asked(&id("hangs"), start);
    server.says("other", DOWN, start);
    assert_eq!(server.0.allows(start + seconds(1.0)), Allowance::Probe);
}

#[test]
fn a_probe_that_hangs_keeps_the_next_one_back_for_ten_seconds() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    server.says("first", DOWN, start);
    let now = start + seconds(1.0);
    server.0.note_asked(&id("hangs"), now);
    assert_eq!(server.0.allows(now + seconds(9.9)), Allowance::Nothing);
    let later = now + seconds(10.0);
    assert_eq!(server.0.allows(later), Allowance::Probe);
    server.0.note_asked(&id("next"), later);
    assert_eq!(server.says("hangs", DOWN, later), Change::Nothing);
    assert_eq!(server.0.allows(later), Allowance::Nothing, "the next one is on its way");
    assert_eq!(server.says("next", ACCEPTED, later), Change::Back(seconds(11.0)));
}

#[test]
fn a_probe_that_was_not_worth_sending_is_followed_by_another_one_soon_and_not_at_once() {
    let (start, mut server) = (Instant::now(), Server(MailServer::default()));
    server.says("first", DOWN, start);
    let mut now = start + seconds(1.0);
    for _ in 0..5 {
        server.0.note_asked(&id("over"), now);
        assert_eq!(server.says("over", None, now), Change::Nothing);
        assert_eq!(server.0.allows(now + seconds(0.9)), Allowance::Nothing);
        now += seconds(1.0);
        assert_eq!(server.0.allows(now), Allowance::Probe);
    }
}

#[test]
fn a_server_that_leaves_twice_without_an_answer_is_in_trouble_and_one_domain_is_not() {
    let (now, mut server) = (Instant::now(), Server(MailServer::default()));
    for _ in 0..3 {
        assert_eq!(server.to("a", 1, NO_ANSWER, now), Change::Nothing);
    }
    server.to("b", 2, ACCEPTED, now);
    assert_eq!(server.to("a", 1, NO_ANSWER, now), Change::Nothing);
    assert_eq!(server.to("b", 2, NO_ANSWER, now), Change::Down);
}
