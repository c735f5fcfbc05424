use super::*;

#[test]
fn a_device_is_named_by_browser_and_system() {
    for (user_agent, name) in [
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
            Some("Chrome on Android"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            Some("Safari on iPhone"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            Some("Edge on Windows"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
            Some("Firefox on macOS"),
        ),
        ("MyApp/1.0 (iPad; iPadOS 18)", Some("iPad")),
        ("grpc-node-js/1.13.0", None),
        ("curl/8.5.0", None),
        ("", None),
    ] {
        assert_eq!(device(user_agent).as_ref().map(Text::as_str), name, "{user_agent}");
    }
}
