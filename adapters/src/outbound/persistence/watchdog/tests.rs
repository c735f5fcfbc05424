use tokio::time::sleep;

use super::*;

const LIMIT: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn work_may_take_long_while_the_server_answers() {
    let (watchdog, last) = (Watchdog::default(), LastAnswer::now());
    let work = async {
        for _ in 0..5 {
            sleep(LIMIT / 4).await;
            last.note();
        }
    };
    assert_eq!(watchdog.while_answering(LIMIT, "it", &last, work).await.ok(), Some(()));
    assert!(!watchdog.was_silent_lately());
}

#[tokio::test]
async fn connections_from_before_a_server_could_only_be_read_are_not_used() {
    let (watchdog, last) = (Watchdog::default(), LastAnswer::now());
    assert!(watchdog.may_be_used(MIN_AGE * 2));
    last.note_read_only();
    assert_eq!(watchdog.while_answering(LIMIT, "it", &last, async {}).await.ok(), Some(()));
    assert!(!watchdog.may_be_used(MIN_AGE * 60 * 60));
    assert!(watchdog.may_be_used(MIN_AGE / 2), "one that was just opened stays for a moment");
}

#[tokio::test(start_paused = true)]
async fn work_is_given_up_when_the_server_has_been_silent_for_too_long() {
    let (watchdog, last) = (Watchdog::default(), LastAnswer::now());
    let started = Instant::now();
    let work = async {
        sleep(LIMIT / 4).await;
        last.note();
        sleep(LIMIT * 60).await;
    };
    assert!(watchdog.while_answering(LIMIT, "it", &last, work).await.is_err());
    assert_eq!(started.elapsed(), LIMIT + LIMIT / 4);
    assert!(watchdog.was_silent_lately());
}
