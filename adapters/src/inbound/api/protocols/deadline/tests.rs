use http::{HeaderName, HeaderValue};

use super::*;

fn asked(protocol: Protocol, name: &'static str, value: &str) -> Option<Duration> {
    let field = (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap());
    patience(protocol, &HeaderMap::from_iter([field]))
}

#[test]
fn each_protocol_has_its_own_field() {
    let second = Some(Duration::from_secs(1));
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for value in ["1S", "1000m", "1000000u"] {
            assert_eq!(asked(protocol, "grpc-timeout", value), second, "{value}");
        }
        assert_eq!(asked(protocol, "connect-timeout-ms", "1000"), None);
    }
    for protocol in [Protocol::Rest, Protocol::Connect] {
        assert_eq!(asked(protocol, "connect-timeout-ms", "1000"), second);
        assert_eq!(asked(protocol, "grpc-timeout", "1S"), None);
    }
    let years = asked(Protocol::Grpc, "grpc-timeout", "99999999H");
    assert_eq!(years, Some(Duration::from_secs(99_999_999 * 3600)));
}

#[test]
fn what_is_no_time_says_nothing() {
    for value in ["", "S", "1", "+1S", "-1S", "1s", "1.5S", "123456789S", "1 S"] {
        assert_eq!(asked(Protocol::Grpc, "grpc-timeout", value), None, "{value:?}");
    }
    for value in ["", "+1", "-1", "1.5", "12345678901", "1m"] {
        assert_eq!(asked(Protocol::Rest, "connect-timeout-ms", value), None, "{value:?}");
    }
}
