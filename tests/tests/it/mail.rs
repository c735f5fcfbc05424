//! From the call to the mail, over SMTP servers as they are found in the world.

use passlink_tests::{Api, MailServer, Passlink, Received, Tls, mime, until};

const NAME: &str = r#"Zoë 山田 "Z" <x>"#;

/// Sends a link over a server and returns the mail that it took.
async fn delivered(mails: &mut MailServer) -> (Passlink, Received) {
    mails.open();
    let passlink = Passlink::with_mail_server(mails).started().await;
    let user = passlink.caller("ada@example.com", &["--display-name", NAME]);
    assert_eq!(passlink.send_link(&user.token).await.sequence(), 2);
    let received = mails.until_mails(1).await.remove(0);
    (passlink, received)
}

fn assert_right(received: &Received) {
    let Received { envelope, mail, .. } = received;
    assert_eq!(envelope.to, ["ada@example.com"]);
    assert_eq!(envelope.from, "no-reply@login.example.com");
    assert_eq!(mail.to, [(NAME.to_owned(), "ada@example.com".to_owned())]);
    let from = ("Example Sign-in".to_owned(), "no-reply@login.example.com".to_owned());
    assert_eq!(mail.from, [from]);
    assert_eq!(mail.register_link().page, "https://login.example.com/passkeys/register");
    assert!(mail.text().text.contains(NAME), "{}", mail.text().text);
    assert!(mail.html().words.contains(NAME), "{}", mail.html().words);
    assert_eq!(mail.defects, Vec::<String>::new());
}

#[tokio::test]
async fn starttls_with_a_private_ca_and_a_login_by_auth_plain() {
    let mut mails =
        MailServer::shut(Tls::StartTls).with_login("relay", "s3cr3t-w0rd", Some("PLAIN"));
    let (_passlink, received) = delivered(&mut mails).await;
    assert_right(&received);
    assert!(received.envelope.tls);
    assert_eq!(received.envelope.user.as_deref(), Some("relay"));
    assert_eq!(received.envelope.mechanism.as_deref(), Some("PLAIN"));
}

#[tokio::test]
async fn starttls_and_a_login_by_auth_login() {
    let mut mails =
        MailServer::shut(Tls::StartTls).with_login("relay", "s3cr3t-w0rd", Some("LOGIN"));
    let (_passlink, received) = delivered(&mut mails).await;
    assert_right(&received);
    assert_eq!(received.envelope.mechanism.as_deref(), Some("LOGIN"));
}

#[tokio::test]
async fn implicit_tls() {
    let mut mails = MailServer::shut(Tls::Implicit);
    let (_passlink, received) = delivered(&mut mails).await;
    assert_right(&received);
    assert!(received.envelope.tls);
}

#[tokio::test]
async fn in_clear_only_where_asked_for() {
    let mut mails = MailServer::shut(Tls::None);
    let (_passlink, received) = delivered(&mut mails).await;
    assert_right(&received);
    assert!(!received.envelope.tls);

    let required = format!("{}?tls=required", mails.url());
    let passlink = Passlink::with_mail_server(&mails).set("mail.smtp_url", &required);
    let stderr = passlink.cli(&["mail", "test", "--to", "ada@example.com"]).failed(1);
    assert!(stderr.to_lowercase().contains("tls"), "{stderr}");
    assert_eq!(mails.count(), 1);
}

#[tokio::test]
async fn a_mail_server_whose_certificate_nobody_vouches_for_gets_no_mail() {
    let mut mails = MailServer::shut(Tls::StartTls);
    mails.open();
    let passlink = Passlink::new()
        .set("mail.smtp_url", &mails.url())
        .set("mail.from", "no-reply@login.example.com")
        .started()
        .await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let waiting = until("a try", async || {
        let mail = passlink.cli(&["outbox", "list"]).lines().remove(0);
        mail["lastAnswer"].is_string().then_some(mail)
    })
    .await;
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["lastAnswer"].as_str().unwrap().contains("ertificate"), "{waiting}");
    assert_eq!(mails.count(), 0);
}

#[tokio::test]
async fn a_wrong_password_delays_mail_and_is_no_reason_to_give_up() {
    let mut mails = MailServer::shut(Tls::StartTls).with_login("relay", "right", None);
    mails.open();
    let wrong = mails.url().replace("right", "wrong");
    let mut passlink =
        Passlink::with_mail_server(&mails).set("mail.smtp_url", &wrong).started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    until("a try", async || {
        let mails = passlink.cli(&["outbox", "list"]).lines();
        mails.first().filter(|mail| mail["lastAnswer"].is_string()).map(|mail| {
            assert_eq!(mail["state"], "waiting", "{mail}");
            assert!(mail["lastAnswer"].as_str().unwrap().contains("535"), "{mail}");
        })
    })
    .await;
    passlink.stop().await;
    let mut passlink = passlink.set("mail.smtp_url", &mails.url());
    passlink.start().await;
    mails.until_mails(1).await;
}

#[tokio::test]
async fn a_folder_takes_the_place_of_a_mail_server() {
    let passlink = Passlink::with_mail_dir().started().await;
    let user = passlink.caller("ada@example.com", &["--display-name", NAME]);
    passlink.send_link(&user.token).await.sequence();
    let file = until("a file", async || {
        let files = std::fs::read_dir(passlink.mail_dir()).into_iter().flatten();
        let mut files = files.map(|file| file.unwrap().path());
        files.find(|file| file.extension().is_some_and(|it| it == "eml"))
    })
    .await;
    let mail = mime::parse(&[file]).remove(0);
    assert_eq!(mail.to, [(NAME.to_owned(), "ada@example.com".to_owned())]);
    assert_eq!(mail.register_link().query["userID"], user.id);
    assert_eq!(mail.defects, Vec::<String>::new());
}

#[tokio::test]
async fn connections_are_used_again_and_outlive_a_restart_of_the_mail_server() {
    let mut mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let mut ports = Vec::new();
    for count in 1..=3 {
        passlink.send_link(&ada.token).await.sequence();
        let received = mails.until_mails(count).await;
        ports = received.iter().map(|received| received.envelope.connection.1).collect();
    }
    ports.dedup();
    assert_eq!(ports.len(), 1, "one connection is enough for mails one after the other");

    mails.close();
    mails.open();
    passlink.send_link(&ada.token).await.sequence();
    mails.until_mails(4).await;
    assert!(passlink.cli(&["outbox", "list"]).lines().is_empty());
}
