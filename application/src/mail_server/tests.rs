use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn a_server_in_trouble_is_probed_with_one_mail_after_growing_waits() {
    let (start, mut server) = (Instant::now(), MailServer::default());
    assert_eq!(server.allows(0, start), Allowance::All);
    assert_eq!(server.heard(ServerWord::Trouble, 0.5, start), Change::Down);
    let mut now = start;
    for wait in [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0] {
        assert_eq!(server.allows(0, now + seconds(wait - 0.1)), Allowance::Nothing);
        now += seconds(wait);
        assert_eq!(server.allows(0, now), Allowance::Probe);
        assert_eq!(server.allows(1, now), Allowance::Nothing, "one is on its way");
        assert_eq!(server.heard(ServerWord::Trouble, 0.5, now), Change::Nothing, "told once");
    }
}

#[test]
fn one_mail_that_gets_through_lets_all_others_go() {
    let (start, mut server) = (Instant::now(), MailServer::default());
    server.heard(ServerWord::Trouble, 0.0, start);
    let later = start + seconds(30.0);
    assert_eq!(server.heard(ServerWord::Took, 0.0, later), Change::Back(seconds(30.0)));
    assert_eq!(server.allows(3, later), Allowance::All);
    assert_eq!(server.heard(ServerWord::Works, 0.0, later), Change::Nothing);
}

#[test]
fn mails_that_fail_together_count_once_and_waits_are_spread() {
    for (spread, first) in [(0.0, 0.5), (1.0, 1.5)] {
        let (start, mut server) = (Instant::now(), MailServer::default());
        for _ in 0..4 {
            server.heard(ServerWord::Trouble, spread, start);
        }
        assert_eq!(server.allows(0, start + seconds(first - 0.1)), Allowance::Nothing);
        assert_eq!(server.allows(0, start + seconds(first)), Allowance::Probe);
    }
}
