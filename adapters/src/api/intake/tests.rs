use std::{convert::Infallible, io};

use futures_util::stream;

use super::*;

fn chunks(count: usize, size: usize) -> Body {
    let chunk = Bytes::from(vec![b' '; size]);
    Body::from_stream(stream::iter(vec![Ok::<_, Infallible>(chunk); count]))
}

#[tokio::test]
async fn a_body_may_have_as_much_as_the_limit_and_no_octet_more() {
    let intake = Intake::new();
    assert_eq!(intake.read(chunks(4, 25), 100).await.unwrap().len(), 100);
    assert_eq!(intake.read(chunks(0, 0), 0).await.unwrap().len(), 0);
    assert_eq!(intake.read(chunks(4, 25), 99).await, Err(ApiError::TooLarge));
    assert_eq!(intake.read(Body::from("ab"), 1).await, Err(ApiError::TooLarge));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let parts = [Ok(Bytes::from_static(b"{")), Err(io::Error::from(io::ErrorKind::UnexpectedEof))];
    let body = Body::from_stream(stream::iter(parts));
    assert_eq!(Intake::new().read(body, 100).await, Err(ApiError::Malformed));
}

#[tokio::test]
async fn so_many_large_bodies_are_taken_in_at_a_time_and_small_ones_always() {
    let intake = Intake::new();
    let all = intake.large.try_acquire_many(LARGE.try_into().unwrap()).unwrap();
    assert_eq!(intake.read(chunks(1, FREE), 10 * FREE).await.unwrap().len(), FREE);
    assert_eq!(intake.read(chunks(1, FREE + 1), 10 * FREE).await, Err(ApiError::BUSY));
    drop(all);
    assert_eq!(intake.read(chunks(10, FREE), 10 * FREE).await.unwrap().len(), 10 * FREE);
    assert_eq!(intake.large.available_permits(), LARGE, "the place is given back");
}

#[tokio::test]
async fn so_many_bodies_are_waited_for_and_those_that_are_there_are_always_taken() {
    let intake = Intake::new();
    let late = || {
        Body::from_stream(stream::once(async {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(Bytes::from_static(b"{}"))
        }))
    };
    let all = intake.unfinished.try_acquire_many(UNFINISHED.try_into().unwrap()).unwrap();
    assert_eq!(intake.read(chunks(4, 25), 100).await.unwrap().len(), 100);
    assert_eq!(intake.read(late(), 100).await, Err(ApiError::BUSY));
    drop(all);
    assert_eq!(intake.read(late(), 100).await.unwrap().len(), 2);
    assert_eq!(intake.unfinished.available_permits(), UNFINISHED, "the place is given back");
}
