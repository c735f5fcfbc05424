use axum::http::HeaderValue;

use super::*;

fn client(trusted: &[&str], peer: &str, headers: &[(&str, &str)]) -> String {
    let trusted: Vec<_> = trusted.iter().map(|text| (*text).to_owned()).collect();
    let mut request = Request::new(());
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
    let request = TrustedProxies::parse(&trusted).unwrap().note(peer, request);
    request.extensions().get::<ClientAddress>().unwrap().0.to_string()
}

#[test]
fn without_a_trusted_proxy_the_connection_counts_whatever_headers_say() {
    let headers = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
    assert_eq!(client(&[], "198.51.100.1", &headers), "198.51.100.1");
    assert_eq!(client(&["10.0.0.0/8"], "198.51.100.1", &headers), "198.51.100.1");
    assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &[]), "10.1.2.3");
}

#[test]
fn a_trusted_proxy_says_who_its_client_is_and_not_what_that_client_claims() {
    let trusted = ["10.0.0.0/8", "2001:db8::1"];
    for (value, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("nonsense", "10.0.0.1"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("fe80::9%eth0", "fe80::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:CB00:7109", "203.0.113.9"),
        ("203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"),
        (" 203.0.113.9 ,, 10.0.0.2 , ", "203.0.113.9"),
        ("", "10.0.0.1"),
        ("[203.0.113.9", "10.0.0.1"),
        ("010.0.0.9", "10.0.0.1"),
    ] {
        let headers = [("x-forwarded-for", value)];
        assert_eq!(client(&trusted, "10.0.0.1", &headers), expected, "{value}");
    }
    for (value, expected) in [
        ("for=1.1.1.1, for=203.0.113.9;proto=https", "203.0.113.9"),
        (r#"proto=https;For="[2001:db8:9::9]:4711""#, "2001:db8:9::9"),
        ("for=unknown", "2001:db8::1"),
        ("for=_hidden", "2001:db8::1"),
        (r#"for="203.0.113.9:_x""#, "203.0.113.9"),
        (r#"FOR = "[2001:DB8:9::9]""#, "2001:db8:9::9"),
        (r#"for="[::ffff:203.0.113.9]:80""#, "203.0.113.9"),
    ] {
        assert_eq!(client(&trusted, "2001:db8::1", &[("forwarded", value)]), expected, "{value}");
    }
    let twice = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")];
    assert_eq!(client(&trusted, "10.0.0.1", &twice), "203.0.113.9");
}

/// On `[::]`, an IPv4 peer arrives as `::ffff:10.0.0.5`.
#[test]
fn an_ipv4_proxy_is_trusted_in_whichever_form_it_is_named_and_arrives() {
    for trusted in [
        "10.0.0.5",
        "::ffff:10.0.0.5",
        "::FFFF:0A00:0005",
        "10.0.0.0/8",
        "::ffff:10.0.0.0/104",
        "::ffff:10.0.0.5/128",
        "::ffff:0:0/96",
        " 10.0.0.5 ",
    ] {
        for peer in ["10.0.0.5", "::ffff:10.0.0.5"] {
            let headers = [("x-forwarded-for", "203.0.113.9")];
            assert_eq!(client(&[trusted], peer, &headers), "203.0.113.9", "{trusted}: {peer}");
        }
    }
    for trusted in ["::ffff:10.0.0.0/104", "::ffff:10.0.0.5", "2001:db8::/32", "::/96"] {
        let headers = [("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&[trusted], "11.0.0.5", &headers), "11.0.0.5", "{trusted}");
    }
}

/// A proxy may pass on, in quotes, what a client wrote.
#[test]
fn what_stands_in_quotes_is_no_hop() {
    let trusted = ["10.0.0.0/8"];
    for (value, expected) in [
        (r#"for=203.0.113.9;host="a, for=1.1.1.1""#, "203.0.113.9"),
        (r#"host="a;for=1.1.1.1";for=203.0.113.9"#, "203.0.113.9"),
        (r#"for="1.1.1.1, for=203.0.113.9"#, "203.0.113.9"),
        (r#"for="1.1.1.1, for="[2001:db8::9]:80""#, "2001:db8::9"),
        (r#"for="1.1.1.1", for=203.0.113.9;host="a""#, "203.0.113.9"),
    ] {
        assert_eq!(client(&trusted, "10.0.0.1", &[("forwarded", value)]), expected, "{value}");
    }
}

#[test]
fn what_a_client_wrote_before_its_proxy_counts_for_nothing_even_where_it_can_not_be_read() {
    let trusted = ["10.0.0.0/8"];
    let forwarded = ("forwarded", "for=10.1.1.1");
    for (value, expected) in [
        ("ÿ, 7.7.7.8", "7.7.7.8"),
        ("1.1.1.1, ÿ", "10.0.0.1"),
        ("1.1.1.1, ÿ, 10.0.0.2", "10.0.0.2"),
        ("ÿ", "10.0.0.1"),
        ("", "10.0.0.1"),
    ] {
        let headers = [("x-forwarded-for", value), forwarded];
        assert_eq!(client(&trusted, "10.0.0.1", &headers), expected, "{value:?}");
    }
    let lines = [("x-forwarded-for", "ÿ"), ("x-forwarded-for", "7.7.7.8"), forwarded];
    assert_eq!(client(&trusted, "10.0.0.1", &lines), "7.7.7.8");
}

#[test]
fn a_connection_is_counted_by_its_network_and_one_of_a_trusted_proxy_by_none() {
    let trusted = TrustedProxies::parse(&["10.0.0.0/8".to_owned()]).unwrap();
    let network = |peer: &str| trusted.network(SocketAddr::new(peer.parse().unwrap(), 1234));
    assert_eq!(network("10.1.2.3"), None);
    assert_eq!(network("::ffff:10.1.2.3"), None);
    assert_eq!(network("198.51.100.1"), Some("198.51.100.1".parse().unwrap()));
    assert_eq!(network("2001:db8::1:2:3:4"), Some("2001:db8::".parse().unwrap()));
}

#[test]
fn of_each_network_that_speaks_for_others_it_is_news_once_up_to_a_bound() {
    let trusted = TrustedProxies::parse(&[]).unwrap();
    let is_news = |peer: &str| trusted.is_news(peer.parse().unwrap());
    assert!(is_news("2001:db8::1"));
    assert!(!is_news("2001:db8::2"), "it is of the same network");
    for count in 1..TOLD {
        let peer = format!("198.51.100.{count}");
        assert!(is_news(&peer) && !is_news(&peer));
    }
    assert!(!is_news("203.0.113.9"), "there is no room left");
    assert!(!TrustedProxies::none().is_news("203.0.113.9".parse().unwrap()));
}

#[test]
fn what_is_neither_address_nor_network_is_refused() {
    let texts = ["10.0.0.0/8", "10.0.0.0/40"].map(str::to_owned);
    assert_eq!(TrustedProxies::parse(&texts).err().as_deref(), Some("10.0.0.0/40"));
}

fn host(trusted: &[&str], headers: &[(&str, &str)]) -> Option<ForwardedHost> {
    let trusted: Vec<_> = trusted.iter().map(|text| (*text).to_owned()).collect();
    let mut request = Request::new(());
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let peer = "10.0.0.1:1234".parse().unwrap();
    let request = TrustedProxies::parse(&trusted).unwrap().note(peer, request);
    request.extensions().get().cloned()
}

#[test]
fn a_trusted_proxy_says_which_host_it_was_asked_for_and_nobody_else_does() {
    let named = |name: &str| Some(ForwardedHost(Some(name.parse().unwrap())));
    for (headers, expected) in [
        (&[("x-forwarded-host", "a.example")][..], named("a.example")),
        (&[("x-forwarded-host", "a.example:8443")], named("a.example:8443")),
        (&[("x-forwarded-host", "claimed.example, a.example")], named("a.example")),
        (
            &[("x-forwarded-host", "claimed.example"), ("x-forwarded-host", "a.example")],
            named("a.example"),
        ),
        (&[("forwarded", "for=1.1.1.1;host=a.example;proto=https")], named("a.example")),
        (
            &[("forwarded", r#"host=claimed.example, for=1.1.1.1; Host="a.example:80""#)],
            named("a.example:80"),
        ),
        (&[("forwarded", "host=b.example"), ("x-forwarded-host", "a.example")], named("a.example")),
        (&[("x-forwarded-host", "not a host")], Some(ForwardedHost(None))),
        (&[("forwarded", "for=1.1.1.1")], None),
        (&[("x-forwarded-host", " , ")], None),
        (&[("x-forwarded-for", "1.1.1.1")], None),
    ] {
        assert_eq!(host(&["10.0.0.0/8"], headers), expected, "{headers:?}");
        assert_eq!(host(&["192.0.2.1"], headers), None, "{headers:?}");
    }
}
