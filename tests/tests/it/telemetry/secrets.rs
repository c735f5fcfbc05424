//! Codes, tokens, passwords and full addresses are in no span, no metric and no log record.

use std::{collections::BTreeSet, fs};

use passlink_tests::{
    Answer, Collector, MailServer, Passlink, Protocol, SEND_LINK, Tls, free_port,
    secrets::{files, search},
};
use reqwest::Method;
use serde_json::json;

use super::send;

#[tokio::test]
async fn a_whole_run_tells_a_collector_no_secret() {
    let collector = Collector::http();
    let mut mails = MailServer::shut(Tls::StartTls).with_login("relay", "Sm+p/w0rd~x", None);
    mails.rules(&json!([
        { "recipient": "ada@", "stage": "data", "answer": "451 <ada@example.com> later", "times": 1 },
        { "recipient": "eve@", "stage": "rcpt", "answer": "550 <eve@example.com> never" },
    ]));
    mails.open();
    let listen = format!("127.0.0.1:{}", free_port());
    let mut passlink = Passlink::with_mail_server(&mails)
        .generous()
        .observed_by(&collector)
        .set("telemetry.metrics_listen", &listen)
        .set_variable("RUST_LOG", "debug")
        .started()
        .await;
    let (ada, eve) = (passlink.ada(), passlink.caller("eve@example.com", &[]));
    send(&passlink, Protocol::Rest, &eve, "01").await;
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        send(&passlink, protocol, &ada, "01").await;
        mails.until_mails(number + 1).await;
    }
    let in_query = format!("{SEND_LINK}?access_token={}#code", ada.token);
    Answer::to(passlink.request(Method::POST, &in_query).body("{")).await;
    let mails = mails.mails();
    let mut secrets = vec![ada.token, eve.token, "Sm+p/w0rd~x".to_owned()];
    secrets.extend([ada.address, eve.address]);
    for received in mails {
        let code = received.mail.register_link().code;
        let path = format!("/passkeys/register?code={code}");
        Answer::to(passlink.request(Method::GET, &path)).await;
        Answer::to(passlink.request(Method::GET, &format!("/nowhere/{code}"))).await;
        secrets.extend([code, received.mail.revoke_link().code]);
    }
    let page = Answer::to(passlink_tests::client().get(format!("http://{listen}/metrics"))).await;
    fs::write(collector.dir().join("page"), &page.text).unwrap();
    passlink.stop().await;
    fs::write(collector.dir().join("log"), passlink.log()).unwrap();

    let told = files(collector.dir());
    let has = |name: &str| told.iter().any(|file| file.ends_with(name));
    assert!(
        ["octets", "traces.jsonl", "metrics.jsonl", "logs.jsonl", "page", "log"]
            .iter()
            .all(|it| has(it))
    );
    assert!(
        collector.logs().iter().any(|record| record["severity"] == "DEBUG"),
        "the level took effect"
    );
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    assert_eq!(search(&told, &secrets), BTreeSet::new());

    // The same search finds what is there, as octets of OTLP and as text.
    for (file, secret) in [("octets", 0), ("traces.jsonl", 5), ("page", 3)] {
        let file = collector.dir().join(file);
        let mut octets = fs::read(&file).unwrap();
        octets.extend_from_slice(secrets[secret].as_bytes());
        fs::write(&file, octets).unwrap();
        let found = search(std::slice::from_ref(&file), &secrets);
        assert!(found.contains(&(file, secret, "raw".to_owned())), "{found:?}");
    }
}
