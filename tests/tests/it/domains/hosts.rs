//! The host of a request picks its domain, and a host of none gets nothing but health.

use http::{Request, Version};
use passlink_tests::{Browser, http2_from, raw, reflection, rpc::assert_refused};
use reqwest::Method;

use super::*;
use crate::pages::comes_to;

/// The path that lists the caller's own passkeys.
const LIST: &str = "/auth/v1/users/me/passwordless/_search";

/// The answer to a request as it is written, whose token is Ada's.
async fn written(estate: &Estate, line: &str, hosts: &[&str]) -> String {
    let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
    let head = format!(
        "{line}\r\n{hosts}Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        estate.ada.token
    );
    raw(estate.passlink.port(), &[head.as_bytes()]).await
}

/// Which of the domains answered: Acme knows Ada's token, Globex does not.
#[track_caller]
fn domain_of(answer: &str) -> &'static str {
    let told = [
        ("HTTP/1.1 200 ", ACME),
        ("HTTP/1.0 200 ", ACME),
        ("(AUTH-Invalid)", GLOBEX),
        ("(INSTANCE-NotFound)", "none"),
        ("(REQUEST-Malformed)", "malformed"),
    ];
    told.into_iter().find(|(words, _)| answer.contains(words)).expect(answer).1
}

#[tokio::test]
async fn a_host_of_no_domain_has_no_method_on_any_protocol() {
    let estate = Estate::set().await;
    let target = Target::none(&estate.ada);
    for (_, of) in METHODS {
        let call = of(&target);
        for protocol in Protocol::ALL {
            for token in [None, Some(WRONG), Some(&*estate.ada.token)] {
                let by_name = protocol.call(&estate.passlink.at(UNKNOWN), token, &call).await;
                assert_refused(&by_name, NOT_FOUND.0, NOT_FOUND.1);
                assert_eq!(by_name.text, "Errors.Instance.NotFound (INSTANCE-NotFound)");
                estate.assert_silent_of_acme(&[&String::from_utf8_lossy(&by_name.body)]);
            }
            let by_address = protocol.call(&estate.passlink, None, &call).await;
            assert_refused(&by_address, NOT_FOUND.0, NOT_FOUND.1);
        }
    }
    let nowhere = estate.passlink.at(UNKNOWN);
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/nothing/at/all"),
        (Method::GET, "/passkeys/register"),
        (Method::GET, "/.well-known/webauthn"),
        (Method::DELETE, "/healthz"),
        (Method::POST, "/readyz"),
    ] {
        let answer = Answer::to(nowhere.request(method.clone(), path)).await;
        assert!((400..500).contains(&answer.status), "{method} {path}: {answer:?}");
        estate.assert_silent_of_acme(&[&answer.text, &format!("{:?}", answer.headers)]);
    }
}

#[tokio::test]
async fn health_answers_on_any_host_and_reflection_on_none_but_a_domains() {
    let estate = Estate::set().await;
    let call_of = |rpc, proto| Call { rpc, proto, ..Call::health("") };
    let watch = call_of("/grpc.health.v1.Health/Watch", Vec::new());
    for site in [estate.acme(), estate.passlink.at(UNKNOWN)] {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(site.get(path).await.status, 200, "{path}");
        }
        for protocol in Protocol::RPC {
            for service in ["", "zitadel.auth.v1.AuthService", "passlink.v1.LinkService"] {
                let call = Call::health(service);
                let outcome = protocol.call(&site, None, &call).await;
                assert_eq!(outcome.code, 0, "{service}: {outcome:?}");
            }
        }
    }
    let unknown = estate.passlink.at(UNKNOWN);
    let watched = |protocol: Protocol| {
        protocol.outcome(protocol.request(&unknown, &watch).header("grpc-timeout", "5S"))
    };
    let (grpc, grpc_web) = tokio::join!(watched(Protocol::Grpc), watched(Protocol::GrpcWeb));
    for outcome in [grpc, grpc_web] {
        assert_refused(&outcome, 4, "REQUEST-Deadline");
        assert_eq!(outcome.message, [0x08, 1], "it was SERVING until then");
    }
    for version in ["v1", "v1alpha"] {
        let rpc = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let list = call_of(rpc.leak(), passlink_tests::rpc::field(7, b""));
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
            let refused = protocol.call(&estate.passlink.at(UNKNOWN), None, &list).await;
            assert_refused(&refused, NOT_FOUND.0, NOT_FOUND.1);
            let told = protocol.call(&estate.acme(), None, &list).await;
            assert_eq!(told.code, 0, "{told:?}");
        }
    }
    assert!(!reflection::methods(&estate.acme()).await.is_empty());
}

#[tokio::test]
async fn a_browser_at_a_host_of_no_domain_is_shown_a_page_of_nobody() {
    let estate = Estate::set().await;
    let page = Browser::start().await.page(json!({ "locale": "de-DE" })).await;
    let nowhere = estate.passlink.at(UNKNOWN).url();
    for path in ["/", "/passkeys/register?codeID=1", "/a/b/c", LIST] {
        let code = r##"
            const response = await page.goto(args);
            const { fontFamily } = await page.locator("h1").evaluate((it) => getComputedStyle(it));
            return [response.status(), fontFamily.includes("system-ui"), await page.title()];"##;
        let seen = page.run(code, format!("{nowhere}{path}").into()).await;
        assert_eq!(seen, json!([404, true, "Passlink"]), "{path}");
        comes_to(&page, "common.no_page").await;
        let html = page.run("return page.content()", Value::Null).await;
        let html = html.as_str().unwrap().to_lowercase();
        estate.assert_silent_of_acme(&[&html]);
        assert!(!html.contains("globex"), "{html}");
    }
    page.looks_good("nowhere").await;
    // What pages of a domain load is there at that domain alone.
    let code = r##"
        await page.goto(args);
        return page.locator("header img").evaluate((img) => new URL(img.src).pathname);"##;
    let logo = page.run(code, format!("{}/passkeys/register", estate.acme().url()).into()).await;
    let logo = logo.as_str().unwrap();
    assert_eq!(estate.acme().get(logo).await.status, 200);
    for site in [estate.globex(), estate.passlink.at(UNKNOWN)] {
        let answer = site.get(logo).await;
        assert_eq!(answer.status, 404, "{answer:?}");
        estate.assert_silent_of_acme(&[&answer.text]);
    }
}

#[tokio::test]
async fn a_host_is_found_in_any_case_with_any_port_and_by_any_of_its_names() {
    let estate = Estate::with(|passlink| {
        let [acme, globex] = both(&passlink);
        let names = json!({ "aliases": ["id.acme.localhost", "passlink.internal"] });
        with_domains(passlink, &[and(acme, names), globex])
    })
    .await;
    let line = format!("POST {LIST} HTTP/1.1");
    for (host, domain) in [
        ("acme.localhost", ACME),
        ("ACME.Localhost", ACME),
        ("acme.localhost:80", ACME),
        ("acme.localhost:", ACME),
        ("acme.localhost:65535", ACME),
        ("id.acme.localhost", ACME),
        ("Passlink.Internal:8080", ACME),
        ("globex.localhost", GLOBEX),
        ("GLOBEX.LOCALHOST:1", GLOBEX),
        ("www.acme.localhost", "none"),
        ("localhost", "none"),
        ("acme", "none"),
        ("acme.localhost.evil.example", "none"),
        ("127.0.0.1", "none"),
        ("[::1]:80", "none"),
        ("acme.localhost:65536", "malformed"),
        ("user@acme.localhost", "malformed"),
        ("acme.localhost/", "malformed"),
        ("acme.localhost, globex.localhost", "malformed"),
        ("", "malformed"),
    ] {
        let answer = written(&estate, &line, &[host]).await;
        assert_eq!(domain_of(&answer), domain, "{host}: {answer}");
    }
    let twice = written(&estate, &line, &["acme.localhost", "globex.localhost"]).await;
    assert_eq!(domain_of(&twice), "malformed");
}

/// RFC 9112, section 3.2.2: the target's authority counts, whatever the header field says.
#[tokio::test]
async fn the_authority_of_an_absolute_target_wins_over_the_host() {
    let estate = Estate::set().await;
    for (target, host, domain) in [
        ("acme.localhost", "acme.localhost", ACME),
        ("acme.localhost", "globex.localhost", ACME),
        ("ACME.localhost:1", "unknown.localhost", ACME),
        ("globex.localhost", "acme.localhost", GLOBEX),
        ("unknown.localhost", "acme.localhost", "none"),
    ] {
        let line = format!("POST http://{target}{LIST} HTTP/1.1");
        let answer = written(&estate, &line, &[host]).await;
        assert_eq!(domain_of(&answer), domain, "{target} {host}: {answer}");
    }
}

#[tokio::test]
async fn a_request_without_a_host_reaches_no_domain() {
    let estate = Estate::set().await;
    for (version, domain) in [("HTTP/1.0", "none"), ("HTTP/1.1", "malformed")] {
        let answer = written(&estate, &format!("POST {LIST} {version}"), &[]).await;
        assert_eq!(domain_of(&answer), domain, "{answer}");
    }
    let answer = written(&estate, &format!("POST {LIST} HTTP/1.0"), &["acme.localhost"]).await;
    assert_eq!(domain_of(&answer), ACME, "{answer}");
    let health = written(&estate, "GET /healthz HTTP/1.0", &[]).await;
    assert!(health.contains(" 200 "), "{health}");
}

#[tokio::test]
async fn the_authority_of_http_2_picks_the_domain() {
    let estate = Estate::set().await;
    for (authority, host, domain) in [
        ("acme.localhost", None, ACME),
        ("Acme.Localhost:80", None, ACME),
        ("acme.localhost", Some("acme.localhost"), ACME),
        ("globex.localhost", None, GLOBEX),
        ("unknown.localhost", None, "none"),
        ("acme.localhost", Some("globex.localhost"), "malformed"),
        ("unknown.localhost", Some("acme.localhost"), "malformed"),
    ] {
        let request = Request::post(format!("http://{authority}{LIST}"))
            .version(Version::HTTP_2)
            .header("authorization", format!("Bearer {}", estate.ada.token));
        let request = match host {
            Some(host) => request.header("host", host),
            None => request,
        };
        let (mut client, connection) =
            http2_from([127, 0, 0, 1].into(), estate.passlink.port()).await;
        tokio::spawn(connection);
        let (response, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
        let (parts, mut body) = response.await.unwrap().into_parts();
        let mut text = format!("HTTP/1.1 {} ", parts.status.as_u16());
        while let Some(data) = body.data().await {
            text += &String::from_utf8_lossy(&data.unwrap());
        }
        assert_eq!(domain_of(&text), domain, "{authority} {host:?}: {text}");
    }
}

#[tokio::test]
async fn an_installation_without_domains_answers_on_any_host() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    for host in [ACME, GLOBEX, UNKNOWN, "login.example.com"] {
        for protocol in Protocol::ALL {
            let call = call::list_own();
            let outcome = protocol.call(&passlink.at(host), Some(&ada.token), &call).await;
            assert_eq!(outcome.code, 0, "{host}: {outcome:?}");
        }
        let page = passlink.at(host).request(Method::GET, "/passkeys/register");
        assert_eq!(Answer::to(page).await.status, 200, "{host}");
    }
    let head = format!(
        "POST {LIST} HTTP/1.0\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
        ada.token
    );
    let answer = raw(passlink.port(), &[head.as_bytes()]).await;
    assert!(answer.contains(" 200 "), "{answer}");
}
