use super::*;

fn headers(content_type: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())])
}

#[test]
fn a_media_type_is_known_in_any_case_and_with_any_parameter() {
    for (content_type, media) in [
        ("application/grpc", Media::Grpc),
        ("Application/gRPC; charset=utf-8", Media::Grpc),
        ("application/grpc+proto", Media::Grpc),
        ("application/grpc+thrift", Media::Grpc),
        ("APPLICATION/GRPC-WEB+PROTO", Media::GrpcWeb),
        ("application/grpc-web-text", Media::GrpcWeb),
        ("application/Connect+json", Media::ConnectStream),
        ("application/json", Media::Other),
        ("application/grpcfoo", Media::Other),
        ("application/grpc-webfoo", Media::Other),
        ("application/grpc-", Media::Other),
        ("", Media::Other),
    ] {
        assert_eq!(Media::normalise(&mut headers(content_type)), media, "{content_type}");
    }
    assert_eq!(Media::normalise(&mut HeaderMap::new()), Media::Other);
}

#[test]
fn the_framework_sees_small_letters_and_no_near_miss_of_grpc() {
    for (content_type, normal) in [
        ("Application/JSON; charset=utf-8", "application/json"),
        ("APPLICATION/grpc+Proto", "application/grpc+proto"),
        ("application/grpcfoo", "x-application/grpcfoo"),
    ] {
        let mut headers = headers(content_type);
        Media::normalise(&mut headers);
        assert_eq!(headers[header::CONTENT_TYPE], normal);
    }
}

#[test]
fn a_browser_is_known_by_naming_html_above_json() {
    for (accept, page) in [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("text/html, application/xhtml+xml, */*", true),
        ("Text/HTML", true),
        ("application/json;q=0.5, text/html;q=0.6", true),
        ("application/json, text/html;q=0.9", false),
        ("application/json, text/html", false),
        ("text/html;q=0", false),
        ("text/html;q=x", false),
        ("application/json, text/plain, */*", false),
        ("*/*", false),
        ("text/*", false),
        ("image/avif,image/webp,*/*;q=0.8", false),
        (";,;q=,=", false),
        ("", false),
    ] {
        let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
        assert_eq!(prefers_html(&headers), page, "{accept}");
    }
    assert!(!prefers_html(&HeaderMap::new()));
}
