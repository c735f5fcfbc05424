use http::{HeaderName, HeaderValue, header};

use super::*;

fn asked(content_type: &str, name: &'static str, value: &str) -> Option<Duration> {
    asked_for(&HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::try_from(content_type).unwrap()),
        (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()),
    ]))
}

#[test]
fn each_protocol_has_its_own_field() {
    let second = Some(Duration::from_secs(1));
    for content_type in ["application/grpc", "application/grpc-web+proto"] {
        for value in ["1S", "1000m", "1000000u"] {
            assert_eq!(asked(content_type, "grpc-timeout", value), second, "{value}");
        }
        assert_eq!(asked(content_type, "connect-timeout-ms", "1000"), None);
    }
    for content_type in ["application/json", "text/plain"] {
        assert_eq!(asked(content_type, "connect-timeout-ms", "1000"), second);
        assert_eq!(asked(content_type, "grpc-timeout", "1S"), None);
    }
    let years = asked("application/grpc", "grpc-timeout", "99999999H");
    assert_eq!(years, Some(Duration::from_secs(99_999_999 * 3600)));
}

#[test]
fn what_is_no_time_says_nothing() {
    for value in ["", "S", "1", "+1S", "-1S", "1s", "1.5S", "123456789S", "1 S"] {
        assert_eq!(asked("application/grpc", "grpc-timeout", value), None, "{value:?}");
    }
    for value in ["", "+1", "-1", "1.5", "12345678901", "1m"] {
        assert_eq!(asked("application/json", "connect-timeout-ms", value), None, "{value:?}");
    }
}
