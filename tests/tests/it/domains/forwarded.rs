//! What a proxy says of the host counts if the proxy is trusted, and from anybody else it does not.

use super::*;

/// Header fields that say which host a client asked for.
const TOLD: [&str; 6] = [
    "x-forwarded-host",
    "forwarded",
    "x-host",
    "x-original-host",
    "x-forwarded-server",
    "x-http-host-override",
];

/// What a caller gets with Ada's token, who says this of the host it asked for.
async fn told(
    estate: &Estate,
    site: &Site<'_>,
    protocol: Protocol,
    fields: &[(&str, &str)],
) -> String {
    let request = protocol.request(site, &call::list_own()).bearer_auth(&estate.ada.token);
    let request =
        fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let outcome = protocol.outcome(request).await;
    match (outcome.code, outcome.id()) {
        (0, _) => ACME.to_owned(),
        (16, "AUTH-Invalid") => GLOBEX.to_owned(),
        (5, "INSTANCE-NotFound") => "none".to_owned(),
        other => panic!("{other:?}: {outcome:?}"),
    }
}

#[tokio::test]
async fn what_a_stranger_says_of_the_host_picks_no_domain() {
    let estate = Estate::with(|passlink| passlink.behind_a_proxy()).await;
    for (host, domain) in [(ACME, ACME), (GLOBEX, GLOBEX), (UNKNOWN, "none")] {
        let site = estate.passlink.at(host);
        for protocol in Protocol::ALL {
            for name in TOLD {
                for other in [ACME, GLOBEX, UNKNOWN] {
                    let value = match name {
                        "forwarded" => format!("host={other};for=10.0.0.5"),
                        _ => other.to_owned(),
                    };
                    let fields = [(name, &*value)];
                    let picked = told(&estate, &site, protocol, &fields).await;
                    assert_eq!(picked, domain, "{host}: {name}: {value} by {protocol:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_trusted_proxy_says_of_the_host_picks_the_domain_and_the_last_word_counts() {
    let estate = Estate::with(|it| it.set("server.trusted_proxies", r#"["127.0.0.1"]"#)).await;
    let (forwarded, x) = ("forwarded", "x-forwarded-host");
    for (fields, domain) in [
        (&[(x, "acme.localhost")][..], ACME),
        (&[(x, "ACME.localhost:443")], ACME),
        (&[(x, "globex.localhost")], GLOBEX),
        (&[(x, "unknown.localhost")], "none"),
        (&[(x, "globex.localhost, acme.localhost")], ACME),
        (&[(x, "acme.localhost,globex.localhost")], GLOBEX),
        (&[(x, "acme.localhost"), (x, "globex.localhost")], GLOBEX),
        (&[(x, "globex.localhost"), (x, "acme.localhost,")], ACME),
        (&[(x, "acme.localhost, ///")], "none"),
        (&[(forwarded, "for=10.0.0.1;host=acme.localhost")], ACME),
        (&[(forwarded, "Host=\"acme.localhost:80\"")], ACME),
        (&[(forwarded, "host=acme.localhost, for=10.0.0.1;host=globex.localhost")], GLOBEX),
        (&[(forwarded, "host=globex.localhost"), (forwarded, "host=acme.localhost")], ACME),
        (&[(forwarded, "host=globex.localhost"), (x, "acme.localhost")], ACME),
        (&[("x-host", "acme.localhost")], "none"),
        (&[("x-original-host", "acme.localhost")], "none"),
        (&[], "none"),
    ] {
        for protocol in Protocol::ALL {
            // The proxy asks by a name of its own.
            let site = estate.passlink.at(UNKNOWN);
            let picked = told(&estate, &site, protocol, fields).await;
            assert_eq!(picked, domain, "{fields:?} by {protocol:?}");
        }
    }
    let told_otherwise = told(&estate, &estate.acme(), Protocol::Rest, &[(x, GLOBEX)]).await;
    assert_eq!(told_otherwise, GLOBEX);
}
