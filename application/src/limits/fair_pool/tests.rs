use std::time::Duration;

use tokio::task::{JoinHandle, yield_now};

use super::*;

/// A network of its own for each number; 0 is bound by no share.
fn network(number: u8) -> Network {
    (number > 0).then(|| IpAddr::from([192, 0, 2, number]))
}

async fn acquire(pool: &Arc<FairPool>, number: u8) -> Result<Permit, Full> {
    pool.acquire(network(number), Instant::now() + Duration::from_secs(60)).await
}

/// As many permits as a network asks for, at once.
async fn many(pool: &Arc<FairPool>, number: u8, count: usize) -> Vec<Arc<Permit>> {
    let mut permits = Vec::new();
    for _ in 0..count {
        permits.push(Arc::new(acquire(pool, number).await.unwrap()));
    }
    permits
}

type Waiting = JoinHandle<Result<Permit, Full>>;

/// Waits for a permit, and has begun to.
async fn waiting(pool: &Arc<FairPool>, number: u8) -> Waiting {
    let (before, of_task) = (pool.lock().turns, pool.clone());
    let task = tokio::spawn(async move { acquire(&of_task, number).await });
    while pool.lock().turns == before {
        yield_now().await;
    }
    task
}

async fn settled() {
    for _ in 0..10 {
        yield_now().await;
    }
}

fn is_empty(pool: &FairPool) -> bool {
    let state = pool.lock();
    let ranks = (state.rich.is_empty(), state.next.is_empty(), state.crowds.is_empty());
    let counts = (state.held, state.waiting, state.parties.len());
    (ranks, counts) == ((true, true, true), (0, 0, 0))
}

#[tokio::test]
async fn one_network_may_have_all_permits_while_no_other_asks() {
    let pool = FairPool::revocable(100, 0);
    let permits = many(&pool, 1, 100).await;
    assert!(pool.is_full());
    assert_eq!(acquire(&pool, 1).await.err(), Some(Full));
    assert!(permits.iter().all(|permit| !permit.revoked().is_cancelled()));
    drop(permits);
    assert!(is_empty(&pool));
}

#[tokio::test]
async fn another_network_gets_its_share_at_once_from_who_holds_the_most() {
    let pool = FairPool::revocable(100, 0);
    let (most, some) = (many(&pool, 1, 70).await, many(&pool, 2, 30).await);
    let mut others = many(&pool, 3, 20).await;
    assert!(some.iter().all(|permit| !permit.revoked().is_cancelled()));
    let lost: Vec<_> = most.iter().map(|permit| permit.revoked().is_cancelled()).collect();
    assert_eq!(lost, [vec![true; 20], vec![false; 50]].concat(), "the longest idle go first");
    others.extend(many(&pool, 3, 15).await);
    assert_eq!(acquire(&pool, 3).await.err(), Some(Full), "it has as many as the first");
    assert_eq!(pool.lock().held, 100);
    drop((most, some, others));
    assert!(is_empty(&pool));
}

#[tokio::test]
async fn a_permit_in_use_is_not_revoked_and_one_that_was_used_lately_not_before_the_others() {
    let pool = FairPool::revocable(3, 1);
    let permits = many(&pool, 1, 3).await;
    let uses = [permits[0].in_use().unwrap(), permits[0].in_use().unwrap()];
    drop(permits[1].in_use().unwrap());
    let _other = acquire(&pool, 2).await.unwrap();
    let revoked = || permits.iter().map(|it| it.revoked().is_cancelled()).collect::<Vec<_>>();
    assert_eq!(revoked(), [false, false, true]);
    let _use = permits[1].in_use().unwrap();
    let third = waiting(&pool, 3).await;
    let [first, last] = uses;
    drop(first);
    settled().await;
    assert!(!third.is_finished(), "the permit has a use left");
    drop(last);
    assert!(third.await.unwrap().is_ok(), "a permit is revoked as soon as its uses end");
    assert_eq!(revoked(), [true, false, true]);
}

#[tokio::test]
async fn who_finds_no_permit_waits_for_one_and_the_network_with_the_fewest_is_first() {
    let pool = FairPool::firm(4, 10);
    let mut rich = many(&pool, 1, 3).await;
    let mut poor = many(&pool, 2, 1).await;
    let waiting_rich = waiting(&pool, 1).await;
    let waiting_poor = [waiting(&pool, 2).await, waiting(&pool, 2).await];
    let new = waiting(&pool, 3).await;
    let free = waiting(&pool, 0).await;
    let mut got = Vec::new();
    // Both hold nothing that counts: the first to come is served first.
    for task in [new, free] {
        rich.pop();
        got.push(task.await.unwrap().unwrap());
    }
    poor.pop();
    // Of one network, who has waited the longest.
    let [first, last] = waiting_poor;
    got.push(first.await.unwrap().unwrap());
    settled().await;
    assert!(!waiting_rich.is_finished() && !last.is_finished());
    rich.pop();
    got.push(waiting_rich.await.unwrap().unwrap());
    drop(got);
    last.await.unwrap().unwrap();
    assert!(is_empty(&pool));
}

#[tokio::test]
async fn a_wait_ends_in_time_and_leaves_nothing_behind() {
    let pool = FairPool::firm(1, 10);
    let permit = acquire(&pool, 1).await.unwrap();
    let soon = Instant::now() + Duration::from_millis(20);
    assert_eq!(pool.acquire(network(2), soon).await.err(), Some(Full));
    let gone = waiting(&pool, 2).await;
    gone.abort();
    assert!(gone.await.is_err());
    let last = waiting(&pool, 2).await;
    assert_eq!(pool.lock().waiting, 1);
    drop(permit);
    drop(last.await.unwrap().unwrap());
    assert!(is_empty(&pool));
}

#[tokio::test]
async fn when_too_many_wait_the_network_with_the_most_of_them_gives_way() {
    let pool = FairPool::firm(1, 3);
    let permit = acquire(&pool, 1).await.unwrap();
    let mut crowd = Vec::new();
    for _ in 0..3 {
        crowd.push(waiting(&pool, 1).await);
    }
    assert_eq!(acquire(&pool, 1).await.err(), Some(Full));
    let others = [waiting(&pool, 2).await, waiting(&pool, 3).await];
    assert_eq!(acquire(&pool, 4).await.err(), Some(Full), "nobody has more than one");
    for task in crowd.drain(1..) {
        assert_eq!(task.await.unwrap().err(), Some(Full), "the last ones to come go first");
    }
    drop(permit);
    for task in crowd.into_iter().chain(others) {
        task.await.unwrap().unwrap();
    }
    assert!(is_empty(&pool));
}

#[tokio::test]
async fn whom_no_share_binds_loses_nothing_and_makes_the_others_give_way() {
    let pool = FairPool::revocable(10, 0);
    let (free, bound) = (many(&pool, 0, 5).await, many(&pool, 1, 5).await);
    let mut more = many(&pool, 0, 4).await;
    assert_eq!(bound.iter().filter(|permit| permit.revoked().is_cancelled()).count(), 4);
    assert_eq!(acquire(&pool, 0).await.err(), Some(Full), "the last one is left to its network");
    assert_eq!(acquire(&pool, 2).await.err(), Some(Full));
    more.extend(free);
    assert!(more.iter().all(|permit| !permit.revoked().is_cancelled()));
}

#[tokio::test]
async fn what_was_revoked_is_nobodys_any_more() {
    let pool = FairPool::revocable(2, 0);
    let permits = many(&pool, 1, 2).await;
    let other = acquire(&pool, 2).await.unwrap();
    let revoked = permits.iter().find(|permit| permit.revoked().is_cancelled()).unwrap();
    assert_eq!(revoked.in_use().err(), Some(Full));
    drop(permits);
    assert_eq!(pool.lock().held, 1);
    drop(other);
    assert!(is_empty(&pool));
}
