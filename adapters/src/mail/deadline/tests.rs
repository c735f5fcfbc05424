use std::sync::Mutex;

use super::*;

/// A clock by hand: what it says, and how long it has run.
struct ByHand(Mutex<(Timestamp, Duration)>);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn steady(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn minute() -> (Arc<ByHand>, Deadline) {
    let clock = Arc::new(ByHand(Mutex::new((Timestamp::UNIX_EPOCH, SECOND))));
    let deadline = Deadline::new(clock.clone(), Timestamp::UNIX_EPOCH + 60 * SECOND);
    (clock, deadline)
}

#[test]
fn a_clock_that_is_set_back_makes_a_deadline_no_later() {
    let (clock, deadline) = minute();
    let mut now = clock.0.lock().unwrap();
    now.0 -= 3600 * SECOND;
    drop(now);
    assert_eq!(deadline.left(), 60 * SECOND);
    clock.0.lock().unwrap().1 += 60 * SECOND;
    assert!(deadline.check().is_err());
}

#[test]
fn a_process_that_was_paused_finds_its_deadline_over() {
    let (clock, deadline) = minute();
    assert!(deadline.check().is_ok());
    clock.0.lock().unwrap().0 += 60 * SECOND;
    assert!(deadline.check().is_err());
}
