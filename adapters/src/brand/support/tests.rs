use super::*;

#[test]
fn help_is_an_address_or_a_page() {
    for (text, href) in [
        ("help@example.com", "mailto:help@example.com"),
        ("we+help@example.com", "mailto:we+help@example.com"),
        ("a?b&c%d@example.com", "mailto:a%3Fb%26c%25d@example.com"),
        ("https://example.com/help?a=b", "https://example.com/help?a=b"),
    ] {
        assert_eq!(text.parse::<Support>().unwrap().href(), href);
    }
    for text in ["", "help", "http://example.com", "https://a:b@example.com", "ftp://example.com"] {
        assert_eq!(text.parse::<Support>(), Err(SupportError), "{text}");
    }
}
