use axum::{body::to_bytes, extract::Request};
use futures_util::StreamExt;

use super::{super::classify::classify, *};

const MAX: usize = 64 * 1024;

fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], payload].concat()
}

/// What a caller sees of a stream whose framework sends these frames and then goes on for ever, or
/// ends.
async fn kept(frames: Vec<Vec<u8>>, goes_on: bool, open: OpenStream) -> String {
    let frames = stream::iter(frames).map(|data| Ok::<_, axum::Error>(Frame::data(data.into())));
    let body = if goes_on {
        Body::new(StreamBody::new(frames.chain(stream::pending())))
    } else {
        Body::new(StreamBody::new(frames))
    };
    let response = open.keep(Response::new(body));
    let body = to_bytes(response.into_body(), MAX).await.unwrap();
    String::from_utf8_lossy(&body).into_owned()
}

const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// A call that watches our health, whose caller waits for so long.
async fn call(content_type: &str, patience: Option<&str>) -> Arc<Call> {
    let mut request = Request::post(WATCH).header("content-type", content_type);
    if let Some(patience) = patience {
        request = request.header("grpc-timeout", patience);
    }
    Call::noted_on(&classify(request.body(Body::empty()).unwrap()).await)
}

async fn open(content_type: &str, patience: Option<&str>, stop: &CancellationToken) -> OpenStream {
    let streams = Streams::new(1, stop.clone());
    let call = call(content_type, patience).await;
    streams.admit(Stream::HealthWatch, &call, None).await.unwrap()
}

#[tokio::test]
async fn a_stream_ends_in_the_words_of_the_table_wherever_its_messages_are_cut() {
    let message = frame(0, &[TRAILERS | END; 100]);
    let trailers = frame(TRAILERS, b"grpc-status: 3\r\ngrpc-message: decode error\r\n");
    let end = frame(END, br#"{"error":{"code":"invalid_argument","message":"decode error"}}"#);
    for (content_type, last) in
        [("application/grpc-web", trailers), ("application/connect+json", end)]
    {
        for cut in [5, 6, 50, 104] {
            let (start, rest) = message.split_at(cut);
            let frames = vec![start.to_vec(), rest.to_vec(), last.clone()];
            let stream = open(content_type, None, &Default::default()).await;
            let seen = kept(frames, false, stream).await;
            assert!(seen.contains("Errors.Request.Malformed (REQUEST-Malformed)"), "{cut}: {seen}");
            assert!(!seen.contains("decode error"), "{cut}: {seen}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_went_well_is_left_as_it_is() {
    let whole = vec![frame(0, b"a message"), frame(END, b"{}")];
    let stream = open("application/connect+json", None, &Default::default()).await;
    let seen = kept(whole.clone(), false, stream).await;
    assert_eq!(seen.into_bytes(), whole.concat());
}

#[tokio::test]
async fn a_stream_ends_when_its_caller_waits_no_longer_and_when_the_server_stops() {
    let begun = || vec![frame(0, b"a message")];
    let stop = CancellationToken::new();
    let seen = kept(begun(), true, open("application/grpc-web", Some("50m"), &stop).await).await;
    assert!(seen.contains("grpc-message: Errors.Request.Deadline (REQUEST-Deadline)"), "{seen}");
    let stream = open("application/connect+json", None, &stop).await;
    let seen = tokio::spawn(kept(begun(), true, stream));
    stop.cancel();
    let seen = seen.await.unwrap();
    assert!(seen.contains("a message"), "{seen}");
    assert!(seen.contains("Errors.Unavailable (SERVICE-Unavailable)"), "{seen}");
}

/// Asks for a stream, for a client of this number who waits for so long.
async fn open_for(
    streams: &Streams,
    number: u8,
    kind: Stream,
    patience: Option<&str>,
) -> Result<OpenStream, ApiError> {
    let network = Some(IpAddr::from([192, 0, 2, number]));
    streams.admit(kind, &call("application/grpc-web", patience).await, network).await
}

#[tokio::test]
async fn a_kind_of_stream_has_so_many_permits_and_takes_none_of_another() {
    let streams = Streams::new(2, CancellationToken::new());
    for kind in [Stream::HealthWatch, Stream::Reflection] {
        let one = open_for(&streams, 1, kind, None).await.unwrap();
        let other = open_for(&streams, 1, kind, None).await.unwrap();
        let refused = open_for(&streams, 1, kind, Some("20m")).await;
        assert_eq!(refused.err(), Some(ApiError::BUSY));
        drop((one, other));
        assert!(open_for(&streams, 1, kind, None).await.is_ok());
    }
}

#[tokio::test]
async fn a_stream_that_nobody_reads_loses_its_permit_in_time() {
    let streams = Streams::new(1, CancellationToken::new());
    let unread = open_for(&streams, 1, Stream::Reflection, Some("20m")).await.unwrap();
    let unread = unread.keep(Response::default());
    assert!(open_for(&streams, 2, Stream::Reflection, None).await.is_ok());
    drop(unread);
}

#[tokio::test]
async fn who_has_many_streams_loses_one_to_another_client_and_is_told_so() {
    let (streams, watch) = (Streams::new(2, CancellationToken::new()), Stream::HealthWatch);
    let first = open_for(&streams, 1, watch, None).await.unwrap();
    let second = open_for(&streams, 1, watch, None).await.unwrap();
    let _other = open_for(&streams, 2, watch, None).await.unwrap();
    assert_eq!(open_for(&streams, 3, watch, Some("20m")).await.err(), Some(ApiError::BUSY));
    let seen = kept(vec![frame(0, b"a message")], true, first).await;
    assert!(seen.contains("grpc-message: Errors.Request.TooMany (REQUEST-TooMany)"), "{seen}");
    assert!(!second.revoked.is_cancelled());
}
