use axum::body::to_bytes;

use super::*;

const TEXT: &str = "Passlink, Passlink, Passlink, Passlink, Passlink, Passlink, Passlink, Passlink";

fn with(name: http::HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, value.parse().unwrap())])
}

fn text() -> Packed {
    Packed::new("text/plain", TEXT)
}

async fn octets(answer: Response) -> Bytes {
    to_bytes(answer.into_body(), usize::MAX).await.unwrap()
}

#[tokio::test]
async fn who_takes_gzip_gets_it_and_nobody_else() {
    for (wish, is_packed) in [
        ("gzip", true),
        ("br, GZIP;q=0.5, *;q=0.1", true),
        ("gzip; q=0.001", true),
        ("gzip;q=0", false),
        ("gzip;q=0.0", false),
        ("gzip;q=x", false),
        ("br", false),
        ("x-gzip", false),
        ("", false),
    ] {
        let answer = text().answer(&with(ACCEPT_ENCODING, wish));
        assert_eq!(answer.headers().get(CONTENT_ENCODING).is_some(), is_packed, "{wish}");
        assert_eq!(answer.headers()[VARY], "accept-encoding", "{wish}");
        let octets = octets(answer).await;
        assert_eq!(octets.starts_with(&[0x1f, 0x8b]), is_packed, "{wish}");
        assert_eq!(octets == TEXT.as_bytes(), !is_packed, "{wish}");
    }
}

#[tokio::test]
async fn what_is_packed_already_stays_as_it_is() {
    for media_type in ["application/gzip", "image/png"] {
        let packed = Packed::new(media_type, TEXT);
        let answer = packed.answer(&with(ACCEPT_ENCODING, "gzip"));
        assert_eq!(answer.headers().get(CONTENT_ENCODING), None);
        assert_eq!(octets(answer).await, TEXT);
    }
}

#[tokio::test]
async fn all_who_get_it_share_it() {
    let text = text();
    for headers in [HeaderMap::new(), with(ACCEPT_ENCODING, "gzip")] {
        let [first, second] =
            [octets(text.answer(&headers)).await, octets(text.answer(&headers)).await];
        assert_eq!(first.as_ptr(), second.as_ptr());
    }
}

#[tokio::test]
async fn who_has_it_gets_it_no_second_time() {
    let first = text().answer_if_new(&HeaderMap::new());
    let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
    let strong = tag.trim_start_matches("W/");
    for (known, is_known) in [
        (tag.clone(), true),
        (strong.to_owned(), true),
        (format!("\"other\", W/\"another\",{tag}"), true),
        ("*".to_owned(), true),
        ("\"other\"".to_owned(), false),
        (strong.trim_matches('"').to_owned(), false),
    ] {
        let answer = text().answer_if_new(&with(IF_NONE_MATCH, &known));
        let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        assert_eq!(answer.status(), status, "{known}");
        assert_eq!(answer.headers()[ETAG], tag);
        assert_eq!(answer.headers()[VARY], "accept-encoding");
        assert_eq!(octets(answer).await.is_empty(), is_known, "{known}");
    }
}
