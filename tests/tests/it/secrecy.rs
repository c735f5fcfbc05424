//! Codes and tokens are in the mail and with the caller, and nowhere else.

use std::{collections::BTreeSet, fs, path::PathBuf};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_tests::{Answer, Api, MailServer, Passlink, SEND_LINK, Tls, secrets::search, until};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

#[tokio::test]
async fn a_whole_run_at_the_most_talkative_log_level_leaves_no_secret_behind() {
    let mut mails = MailServer::shut(Tls::StartTls).with_login("relay", "Sm+p/w0rd~x", None);
    let passlink = Passlink::with_mail_server(&mails).alone().generous();
    let mut passlink = passlink.set_variable("RUST_LOG", "trace").started().await;
    let ada = passlink.ada();
    let named = passlink.token(&ada.id, &["--name", "laptop"]);
    passlink.send_link(&ada.token).await.sequence();
    until("a try", async || {
        let waiting = passlink.cli(&["outbox", "list"]).lines();
        waiting[0]["lastAnswer"].is_string().then_some(())
    })
    .await;
    passlink.kill();
    mails.rules(&json!([{ "recipient": ".", "stage": "data", "answer": "451 Later", "times": 1 }]));
    mails.open();
    passlink.start().await;
    mails.until_mails(1).await;
    passlink.send_link(&named).await.sequence();
    mails.until_mails(2).await;
    for bad in [format!("Bearer {named}x"), format!("Basic {named}"), format!("{named}, {named}")] {
        let request = passlink.request(Method::POST, SEND_LINK).header("authorization", bad);
        assert_eq!(Answer::to(request).await.status, 401);
    }
    let in_query = format!("{SEND_LINK}?access_token={named}#code");
    Answer::to(passlink.request(Method::POST, &in_query).body("{")).await;
    let codes: Vec<_> =
        mails.mails().iter().map(|received| received.mail.register_link()).collect();
    for link in &codes {
        let path = format!("/passkeys/register?code={}", link.code);
        Answer::to(passlink.request(Method::GET, &path)).await;
    }
    passlink.cli(&["config", "print"]).done();
    passlink.cli(&["mail", "test", "--to", "ada@example.com"]).done();
    passlink.cli(&["token", "list", "--user", &ada.id]).done();

    let before_stop = passlink.files();
    let revokes = mails.mails().into_iter().take(2).map(|it| it.mail.revoke_link().code);
    let mut secrets = vec![ada.token, named, "Sm+p/w0rd~x".to_owned()];
    secrets.extend(codes.into_iter().map(|link| link.code).chain(revokes));
    assert_eq!(secrets.len(), 7);
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    let is_wal = |file: &PathBuf| file.to_string_lossy().contains("wal");
    assert!(before_stop.iter().any(is_wal), "{before_stop:?}");
    assert!(passlink.log().contains("TRACE"), "the log level took effect");
    assert_eq!(search(&before_stop, &secrets), BTreeSet::new());
    passlink.stop().await;
    assert_eq!(search(&passlink.files(), &secrets), BTreeSet::new());

    // The same search finds what is there.
    let log = passlink.dir().join("stderr");
    fs::write(&log, format!("{}\n{}\n", passlink.log(), secrets[4])).unwrap();
    let found = search(&passlink.files(), &secrets);
    assert!(found.contains(&(log, 4, "raw".to_owned())), "{found:?}");
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn the_search_finds_a_planted_secret_in_each_form() {
    let secret = "passlink_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs";
    let octets = BASE64_URL_SAFE_NO_PAD.decode(&secret[9..]).unwrap();
    let with = |before: &str| format!("{before}{secret}&more");
    let mut planted = vec![
        ("raw", format!("x{secret}y")),
        ("raw", format!("{}=\r\n{}", &secret[..20], &secret[20..])),
        ("raw", format!("{}=<CRLF>{}", &secret[..20], &secret[20..])),
        ("raw", format!(r"{}=\r\n{}", &secret[..20], &secret[20..])),
        ("lower-case hex", hex(secret.as_bytes())),
        ("lower-case hex", hex(&octets)),
        ("upper-case hex", hex(&octets).to_uppercase()),
        ("percent-encoded, upper case", secret.bytes().map(|it| format!("%{it:02X}")).collect()),
        ("percent-encoded, lower case", secret.bytes().map(|it| format!("%{it:02x}")).collect()),
    ];
    for before in ["", "a", "ab", "abc"] {
        planted.push(("base64", BASE64_STANDARD.encode(with(before))));
        planted.push(("base64url", BASE64_URL_SAFE_NO_PAD.encode(with(before))));
        let raw = [before.as_bytes(), &octets[..], b"!"].concat();
        planted.push(("base64", BASE64_STANDARD.encode(raw)));
    }
    let dir = TempDir::new().unwrap();
    for (number, (form, text)) in planted.iter().enumerate() {
        let file = dir.path().join(number.to_string());
        fs::write(&file, [b"\x00\xff", text.as_bytes(), b"\n"].concat()).unwrap();
        let found = search(std::slice::from_ref(&file), &["something else", secret]);
        assert!(found.contains(&(file, 1, (*form).to_owned())), "{number}: {form}, {text}");
    }
    let innocent = dir.path().join("innocent");
    fs::write(&innocent, &secret[..secret.len() - 4]).unwrap();
    assert_eq!(search(&[innocent], &[secret]), BTreeSet::new());
    let special = dir.path().join("special");
    fs::write(&special, "a%2Bb%2Fc%3D").unwrap();
    assert_eq!(search(&[special], &["a+b/c="]).len(), 1);
}

#[tokio::test]
async fn the_key_file_is_its_owners_alone_and_the_same_over_restarts() {
    use std::os::unix::fs::PermissionsExt;
    let mut passlink = Passlink::with_mail_dir().started().await;
    let file = passlink.dir().join("passlink.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let keys = fs::read(&file).unwrap();
    passlink.stop().await;
    passlink.start().await;
    assert_eq!(fs::read(&file).unwrap(), keys);
    passlink.stop().await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("chmod 600"), "{stderr}");
}
