use std::time::Duration;

use axum::body::to_bytes;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue, header};

use super::*;

const MAX: usize = 64 * 1024;

fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], payload].concat()
}

/// What a caller sees of a stream whose framework sends these frames and then goes on for ever, or
/// ends.
async fn kept(content_type: &str, frames: Vec<Vec<u8>>, goes_on: bool, lease: Lease) -> String {
    let content_type = HeaderValue::try_from(content_type).unwrap();
    let request = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
    let frames = stream::iter(frames).map(|data| Ok::<_, axum::Error>(Frame::data(data.into())));
    let body = match goes_on {
        true => Body::new(StreamBody::new(frames.chain(stream::pending()))),
        false => Body::new(StreamBody::new(frames)),
    };
    let response = lease.keep(Response::new(body), request);
    let body = to_bytes(response.into_body(), MAX).await.unwrap();
    String::from_utf8_lossy(&body).into_owned()
}

async fn lease(patience: Option<&'static str>, stop: &CancellationToken) -> Lease {
    let headers = patience.map(patient_for).unwrap_or_default();
    let streams = Streams::new(1, stop.clone());
    streams.lease(WATCH, &headers, None, Instant::now()).await.unwrap()
}

fn patient_for(time: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (HeaderName::from_static("grpc-timeout"), HeaderValue::from_static(time)),
    ])
}

#[tokio::test]
async fn a_stream_ends_in_the_words_of_the_table_wherever_its_messages_are_cut() {
    let message = frame(0, &[TRAILERS | END; 100]);
    let told = "grpc-status: 3\r\ngrpc-message: decode error\r\n";
    for cut in [5, 6, 50, 104] {
        let (start, end) = message.split_at(cut);
        let web = vec![start.to_vec(), end.to_vec(), frame(TRAILERS, told.as_bytes())];
        let seen =
            kept("application/grpc-web", web, false, lease(None, &Default::default()).await).await;
        assert!(
            seen.contains("grpc-message: Errors.Request.Malformed (REQUEST-Malformed)"),
            "{cut}: {seen}"
        );
        assert!(!seen.contains("decode error"), "{cut}: {seen}");
        let error = br#"{"error":{"code":"invalid_argument","message":"decode error"}}"#;
        let connect = vec![start.to_vec(), end.to_vec(), frame(END, error)];
        let seen = kept(
            "application/connect+json",
            connect,
            false,
            lease(None, &Default::default()).await,
        )
        .await;
        assert!(seen.contains("Errors.Request.Malformed (REQUEST-Malformed)"), "{cut}: {seen}");
        assert!(!seen.contains("decode error"), "{cut}: {seen}");
    }
}

#[tokio::test]
async fn a_stream_that_went_well_is_left_as_it_is() {
    let whole = vec![frame(0, b"a message"), frame(END, b"{}")];
    let seen = kept(
        "application/connect+json",
        whole.clone(),
        false,
        lease(None, &Default::default()).await,
    );
    assert_eq!(seen.await.into_bytes(), whole.concat());
}

#[tokio::test]
async fn a_stream_ends_when_its_caller_waits_no_longer_and_when_the_server_stops() {
    let begun = || vec![frame(0, b"a message")];
    let stop = CancellationToken::new();
    let seen = kept("application/grpc-web", begun(), true, lease(Some("50m"), &stop).await).await;
    assert!(seen.contains("grpc-message: Errors.Request.Deadline (REQUEST-Deadline)"), "{seen}");
    let open = kept("application/connect+json", begun(), true, lease(None, &stop).await);
    let open = tokio::spawn(open);
    stop.cancel();
    let seen = open.await.unwrap();
    assert!(seen.contains("a message"), "{seen}");
    assert!(seen.contains("Errors.Unavailable (SERVICE-Unavailable)"), "{seen}");
}

/// A stream of a client of this number, without any patience.
async fn lease_of(
    streams: &Streams,
    number: u8,
    path: &str,
    headers: &HeaderMap,
) -> Result<Lease, ApiError> {
    let network = Some(IpAddr::from([192, 0, 2, number]));
    let soon = Instant::now() + Duration::from_millis(20);
    streams.lease(path, headers, network, soon).await
}

#[tokio::test]
async fn a_kind_of_stream_has_so_many_places_and_takes_none_of_another() {
    let (streams, headers) = (Streams::new(2, CancellationToken::new()), HeaderMap::new());
    for path in [WATCH, REFLECTION[0]] {
        let one = lease_of(&streams, 1, path, &headers).await.unwrap();
        let other = lease_of(&streams, 1, path, &headers).await.unwrap();
        assert_eq!(lease_of(&streams, 1, path, &headers).await.err(), Some(ApiError::BUSY));
        drop((one, other));
        assert!(lease_of(&streams, 1, path, &headers).await.is_ok());
    }
}

#[tokio::test]
async fn a_stream_that_nobody_reads_loses_its_place_in_time() {
    let (streams, headers) = (Streams::new(1, CancellationToken::new()), HeaderMap::new());
    let unread = lease_of(&streams, 1, REFLECTION[0], &headers).await.unwrap();
    let unread = unread.keep(Response::default(), headers.clone());
    let patient = Instant::now() + Duration::from_secs(60);
    assert!(streams.lease(REFLECTION[1], &headers, None, patient).await.is_ok());
    drop(unread);
}

#[tokio::test]
async fn who_has_many_streams_loses_one_to_another_client_and_is_told_so() {
    let (streams, headers) = (Streams::new(2, CancellationToken::new()), HeaderMap::new());
    let first = lease_of(&streams, 1, WATCH, &headers).await.unwrap();
    let second = lease_of(&streams, 1, WATCH, &headers).await.unwrap();
    let _other = lease_of(&streams, 2, WATCH, &headers).await.unwrap();
    assert_eq!(lease_of(&streams, 3, WATCH, &headers).await.err(), Some(ApiError::BUSY));
    let seen = kept("application/grpc-web", vec![frame(0, b"a message")], true, first).await;
    assert!(seen.contains("grpc-message: Errors.Request.TooMany (REQUEST-TooMany)"), "{seen}");
    assert!(!second.revoked.is_cancelled());
}
