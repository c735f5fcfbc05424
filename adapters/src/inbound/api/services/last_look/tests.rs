use std::{
    future::pending,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::{sync::Semaphore, task::yield_now};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

/// Counts looks, each of which ends when it may.
struct Looks {
    begun: AtomicU32,
    may_end: Semaphore,
}

impl Looks {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: AtomicU32::new(0), may_end: Semaphore::new(0) })
    }

    async fn look(self: Arc<Self>) -> u32 {
        let number = 1 + self.begun.fetch_add(1, Ordering::Relaxed);
        self.may_end.acquire().await.unwrap().forget();
        number
    }
}

#[tokio::test]
async fn many_who_ask_at_a_time_share_one_look_and_so_does_who_asks_a_moment_later() {
    let (last, looks) = (LastLook::default(), Looks::new());
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (last, looks) = (last.clone(), looks.clone());
        asking.spawn(async move { last.get(LONG, looks.look()).await });
    }
    yield_now().await;
    looks.may_end.add_permits(1);
    assert_eq!(asking.join_all().await, [Some(1); 100]);
    assert_eq!(last.get(LONG, looks.clone().look()).await, Some(1));
    looks.may_end.add_permits(1);
    assert_eq!(last.get(Duration::ZERO, looks.look()).await, Some(2), "what is old is not told");
}

#[tokio::test]
async fn a_look_goes_on_when_who_began_it_leaves() {
    let (last, looks) = (LastLook::default(), Looks::new());
    let (of_first, of_looks) = (last.clone(), looks.clone());
    let first = tokio::spawn(async move { of_first.get(LONG, of_looks.look()).await });
    while looks.begun.load(Ordering::Relaxed) == 0 {
        yield_now().await;
    }
    first.abort();
    assert!(first.await.is_err());
    looks.may_end.add_permits(1);
    assert_eq!(last.get(LONG, pending()).await, Some(1));
}

#[tokio::test]
async fn a_look_that_panics_is_known_as_one_and_the_next_one_looks_again() {
    let last = LastLook::default();
    assert_eq!(last.get(LONG, async { panic!("of the test") }).await, None::<u32>);
    assert_eq!(last.get(LONG, async { 2 }).await, Some(2));
}
