use std::{convert::Infallible, io};

use futures_util::{StreamExt, stream};

use super::*;

fn chunks(count: usize, size: usize) -> Body {
    let chunk = Bytes::from(vec![b' '; size]);
    Body::from_stream(stream::iter(vec![Ok::<_, Infallible>(chunk); count]))
}

/// A network of its own for each number.
fn network(number: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, number]))
}

async fn read_of(bodies: &Bodies, number: u8, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    bodies.read(body, limit, network(number), Instant::now() + Duration::from_secs(60)).await
}

async fn read(bodies: &Bodies, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    read_of(bodies, 1, body, limit).await
}

/// A body that comes a moment later than its head.
fn late() -> Body {
    Body::from_stream(stream::once(async {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(Bytes::from_static(b"{}"))
    }))
}

/// All permits of a pool, for a network.
async fn all(pool: &Arc<FairPool>, number: u8, count: usize) -> Vec<Permit> {
    let mut permits = Vec::new();
    for _ in 0..count {
        permits.push(pool.acquire(network(number), Instant::now()).await.unwrap());
    }
    permits
}

#[tokio::test]
async fn a_body_may_have_as_much_as_the_limit_and_no_octet_more() {
    let bodies = Bodies::new();
    assert_eq!(read(&bodies, chunks(4, 25), 100).await.unwrap().len(), 100);
    assert_eq!(read(&bodies, chunks(0, 0), 0).await.unwrap().len(), 0);
    assert_eq!(read(&bodies, chunks(4, 25), 99).await, Err(ApiError::TooLarge));
    assert_eq!(read(&bodies, Body::from("ab"), 1).await, Err(ApiError::TooLarge));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let parts = [Ok(Bytes::from_static(b"{")), Err(io::Error::from(io::ErrorKind::UnexpectedEof))];
    let body = Body::from_stream(stream::iter(parts));
    assert_eq!(read(&Bodies::new(), body, 100).await, Err(ApiError::Malformed));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_until_the_deadline() {
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let soon = Instant::now() + Duration::from_millis(20);
    let read = Bodies::new().read(body, 100, network(1), soon).await;
    assert_eq!(read, Err(ApiError::Deadline));
}

#[tokio::test]
async fn so_many_large_bodies_are_taken_in_at_a_time_and_small_ones_always() {
    let bodies = Bodies::new();
    let permits = all(&bodies.large, 1, LARGE).await;
    assert_eq!(read(&bodies, chunks(1, FREE), 10 * FREE).await.unwrap().len(), FREE);
    let soon = Instant::now() + Duration::from_millis(20);
    let refused = bodies.read(chunks(1, FREE + 1), 10 * FREE, network(1), soon).await;
    assert_eq!(refused, Err(ApiError::BUSY));
    let waiting = read(&bodies, chunks(10, FREE), 10 * FREE);
    let (read, ()) = tokio::join!(waiting, async { drop(permits) });
    assert_eq!(read.unwrap().len(), 10 * FREE);
    let given_back = all(&bodies.large, 1, LARGE).await;
    assert_eq!(given_back.len(), LARGE);
}

#[tokio::test]
async fn so_many_bodies_are_waited_for_and_those_that_are_there_are_always_taken() {
    let bodies = Bodies::new();
    let permits = all(&bodies.unfinished, 1, UNFINISHED).await;
    assert_eq!(read(&bodies, chunks(4, 25), 100).await.unwrap().len(), 100);
    let soon = Instant::now() + Duration::from_millis(20);
    assert_eq!(bodies.read(late(), 100, network(1), soon).await, Err(ApiError::BUSY));
    let (read, ()) = tokio::join!(read(&bodies, late(), 100), async { drop(permits) });
    assert_eq!(read.unwrap().len(), 2);
    let given_back = all(&bodies.unfinished, 1, UNFINISHED).await;
    assert_eq!(given_back.len(), UNFINISHED);
}

#[tokio::test]
async fn who_keeps_many_waiting_gives_way_to_another_client() {
    let bodies = Arc::new(Bodies::new());
    let begun = |octets: usize| {
        let start = stream::iter([Ok::<_, Infallible>(Bytes::from(vec![b' '; octets]))]);
        Body::from_stream(start.chain(stream::pending()))
    };
    for (octets, most) in [(1, UNFINISHED), (FREE + 1, LARGE)] {
        let mut open = tokio::task::JoinSet::new();
        for _ in 0..most {
            let (bodies, body) = (bodies.clone(), begun(octets));
            open.spawn(async move { read_of(&bodies, 1, body, 10 * FREE).await });
        }
        let pool = if octets > FREE { &bodies.large } else { &bodies.unfinished };
        while !pool.is_full() {
            tokio::task::yield_now().await;
        }
        let other = Body::from_stream(
            late().into_data_stream().chain(chunks(1, octets).into_data_stream()),
        );
        assert_eq!(read_of(&bodies, 2, other, 10 * FREE).await.unwrap().len(), octets + 2);
        assert_eq!(open.join_next().await.unwrap().unwrap(), Err(ApiError::BUSY));
    }
}
