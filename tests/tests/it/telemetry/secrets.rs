//! Codes, tokens, passwords and full addresses are in no span, no metric and no log record.

use std::{collections::BTreeSet, fs};

use passlink_tests::{
    Answer, Api, Call, Collector, Key, MailServer, Passlink, Protocol, SEND_LINK, Tls,
    mime::Mail,
    secrets::{files, search},
    sessions::*,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    metrics::{page, with_page},
    register, send, trace_id,
};

/// What a collector is told, and what stands beside it: each is searched.
const TOLD: [&str; 6] = ["octets", "traces.jsonl", "metrics.jsonl", "logs.jsonl", "page", "log"];

#[tokio::test]
async fn a_whole_run_tells_a_collector_no_secret() {
    let collector = Collector::http();
    let mut mails = MailServer::shut(Tls::StartTls).with_login("relay", "Sm+p/w0rd~x", None);
    mails.rules(&json!([
        { "recipient": "ada@", "stage": "data", "answer": "451 <ada@example.com> later", "times": 1 },
        { "recipient": "eve@", "stage": "rcpt", "answer": "550 <eve@example.com> never" },
    ]));
    mails.open();
    let passlink = Passlink::with_mail_server(&mails).generous().observed_by(&collector);
    let (passlink, url) = with_page(passlink.set_variable("RUST_LOG", "trace"));
    let mut passlink = passlink.started().await;
    let (ada, eve) = (passlink.ada(), passlink.caller("eve@example.com", &[]));
    send(&passlink, Protocol::Rest, &eve, "01").await;
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        send(&passlink, protocol, &ada, "01").await;
        mails.until_mails(number + 1).await;
    }
    let in_query = format!("{SEND_LINK}?access_token={}#code", ada.token);
    Answer::to(passlink.request(Method::POST, &in_query).body("{")).await;
    let mut secrets = vec![ada.token.clone(), eve.token, "Sm+p/w0rd~x".to_owned()];
    secrets.extend([ada.address, eve.address]);
    let sent: Vec<Mail> = mails.mails().into_iter().map(|it| it.mail).collect();
    for mail in &sent {
        let (register, revoke) = (mail.register_link(), mail.revoke_link());
        for path in [
            format!("/passkeys/register?code={}", register.code),
            format!("/nowhere/{}", register.code),
        ] {
            Answer::to(passlink.request(Method::GET, &path)).await;
        }
        shown(&passlink, "links", &register.query["codeID"], "_inspect", &register.code).await;
        secrets.extend([register.code, revoke.code]);
    }
    let newest = sent.last().unwrap();
    register(&passlink, &newest.register_link(), &trace_id(Protocol::Rest)).await;
    let first = sent[0].revoke_link();
    shown(&passlink, "links", &first.query["codeID"], "_revoke", &first.code).await;
    shown(&passlink, "links", &first.query["codeID"], "_resend", &first.code).await;
    mails.until_mails(5).await;
    let added = mails.mails().remove(4).mail.undo_link();
    shown(&passlink, "passkeys", &added.query["passkeyID"], "_undo", &added.code).await;
    secrets.push(added.code);
    let returned = Protocol::Rest.request(&passlink, &Call::add_link()).bearer_auth(&ada.token);
    let returned = Answer::to(returned).await.json()["link"].as_str().unwrap().to_owned();
    secrets.push(returned.split_once("code=").unwrap().1.to_owned());
    mails.until_mails(6).await;
    secrets.extend(signed_in(&passlink).await);
    fs::write(collector.dir().join("page"), page(&url).await).unwrap();
    passlink.stop().await;
    fs::write(collector.dir().join("log"), passlink.log()).unwrap();

    let told = files(collector.dir());
    let file = |name: &str| told.iter().find(|file| file.ends_with(name)).expect(name).clone();
    let severities: BTreeSet<_> =
        collector.logs().iter().map(|it| it["severity"].as_str().unwrap().to_owned()).collect();
    assert!(severities.contains("TRACE"), "the level took effect: {severities:?}");
    let spans = collector.spans();
    for name in [
        "passlink.finish_registration",
        "passlink.revoke_link",
        "passlink.undo_registration",
        "passlink.verify_assertion",
    ] {
        assert!(spans.iter().any(|span| span["name"] == name), "{name} took place");
    }
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    assert_eq!(secrets.len(), 24);
    assert_eq!(search(&told, &secrets), BTreeSet::new());

    // The same search finds what is told, in spans and log records as they came and as text ...
    for name in ["octets", "traces.jsonl", "logs.jsonl", "log"] {
        let found = search(&[file(name)], &[&ada.id]);
        assert!(found.contains(&(file(name), 0, "raw".to_owned())), "{name}: {found:?}");
    }
    // ... and each secret, wherever it is planted.
    for (number, name) in (0..secrets.len()).zip(TOLD.iter().cycle()) {
        let mut octets = fs::read(file(name)).unwrap();
        octets.extend_from_slice(secrets[number].as_bytes());
        fs::write(file(name), octets).unwrap();
        let found = search(&[file(name)], &secrets);
        assert!(found.contains(&(file(name), number, "raw".to_owned())), "{name}: {found:?}");
    }
}

/// Signs in, once more with the same answer, and asks for somebody whom nobody knows. Returns what is secret of
/// that.
async fn signed_in(passlink: &Passlink) -> Vec<String> {
    let (app, dan) = (BackEnd::new(passlink), passlink.caller("dan@example.com", &[]));
    let passkey = SigningPasskey::register(passlink, &dan, Key::es256()).await;
    let session = app.ask(Some(json!({ "loginName": dan.address }))).await;
    let answer = passkey.sign(&session);
    let signed_in = app.sign_in(&session, &answer).await;
    assert_eq!(app.hand_over(&signed_in, &answer).await.status, 400);
    let stranger = "grace@example.net".to_owned();
    app.ask(Some(json!({ "loginName": stranger }))).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let challenge = text(&session.options["publicKey"]["challenge"]);
    let signature = text(&answer["response"]["signature"]);
    let of_dan = [dan.token, dan.address, passkey.user_handle, challenge, signature];
    of_dan.into_iter().chain([app.token, session.token, signed_in.token, stranger]).collect()
}

/// Shows a code, as a page does.
async fn shown(passlink: &Passlink, what: &str, id: &str, action: &str, code: &str) {
    let path = format!("/passlink/v1/{what}/{id}/{action}");
    let request = passlink.request(Method::POST, &path).json(&json!({ "code": code }));
    let answer = Answer::to(request).await;
    assert!([200, 400].contains(&answer.status), "{answer:?}");
}
