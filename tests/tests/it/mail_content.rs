//! What the mail says.

use passlink_tests::{MailServer, Passlink, Received, mime::Mail};

/// Sends a link to a user with these options of `user add`; returns the user's id and the mail.
async fn mail_to(options: &[&str]) -> (String, Received) {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.caller("ada@example.com", options);
    let token = passlink.token(&ada.id, &["--name", "Ada's <laptop>"]);
    passlink.send_link(&token).await.sequence();
    let received = mails.until_mails(1).await.remove(0);
    (ada.id, received)
}

async fn mail_in(language: &str) -> Mail {
    mail_to(&["--language", language, "--display-name", "Ada Example"]).await.1.mail
}

fn is_code(text: &str) -> bool {
    text.len() == 43 && text.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it))
}

#[tokio::test]
async fn the_links_are_as_the_contract_has_them_with_the_code_in_the_fragment() {
    let (user, received) = mail_to(&["--org", "org 1".replace(' ', "&").as_str()]).await;
    let [register, revoke] = [received.mail.register_link(), received.mail.revoke_link()];
    assert_eq!(register.page, "https://login.example.com/passkeys/register");
    assert_eq!(register.query.keys().collect::<Vec<_>>(), ["codeID", "orgID", "userID"]);
    assert_eq!((&register.query["userID"], register.query["orgID"].as_str()), (&user, "org&1"));
    assert!(register.whole.contains("orgID=org%261"), "{}", register.whole);
    assert_eq!(revoke.page, "https://login.example.com/passkeys/revoke");
    assert_eq!(revoke.query.keys().collect::<Vec<_>>(), ["codeID"]);
    assert_eq!(revoke.query["codeID"], register.query["codeID"]);
    assert!(is_code(&register.code) && is_code(&revoke.code), "{register:?} {revoke:?}");
    assert_ne!(register.code, revoke.code, "a code serves one purpose");
}

#[tokio::test]
async fn the_headers_are_right() {
    let (_passlink, received) = mail_to(&["--display-name", "Ada Example"]).await;
    let mail = &received.mail;
    for once in ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"] {
        mail.header(once);
    }
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    #[expect(clippy::disallowed_methods, reason = "compared with what another program read")]
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - mail.date.unwrap()).abs() < 60.0, "{} is not now", mail.header("Date"));
    let id = mail.header("Message-ID");
    assert!(id.starts_with('<') && id.ends_with('>') && id.matches('@').count() == 1, "{id}");
    for secret in [mail.register_link().code, mail.revoke_link().code] {
        assert!(!mail.headers.iter().any(|(_, value)| value.contains(&secret)));
    }
    assert!(mail.ascii_head);
    assert!(mail.longest_line <= 999, "{} octets in a line", mail.longest_line);
    assert_eq!(mail.defects, Vec::<String>::new());
}

#[tokio::test]
async fn text_and_page_say_the_same_and_the_page_loads_nothing() {
    let mail = mail_in("en").await;
    assert_eq!(mail.content_type, "multipart/alternative");
    let types: Vec<_> = mail.parts.iter().map(|part| part.content_type.as_str()).collect();
    assert_eq!(types, ["text/plain", "text/html"]);
    let page = mail.html();
    assert_eq!(page.loads, [], "nothing is loaded and nothing runs");
    for tag in ["script", "img", "iframe", "object", "form", "link"] {
        assert!(!page.tags.iter().any(|it| it == tag), "<{tag}>");
    }
    let link = mail.register_link().whole;
    assert!(page.words.contains(&link), "the link stands in full below its button");
    for words in [&mail.text().text, &page.words] {
        assert!(words.contains("Ada Example"), "{words}");
        assert!(words.contains("Ada's <laptop>"), "who asked for it: {words}");
        assert!(words.contains("1 hour"), "how long it works: {words}");
        assert!(words.contains("login.example.com"), "{words}");
    }
}

#[tokio::test]
async fn each_user_is_written_to_in_their_own_language() {
    let (english, german) = (mail_in("en").await, mail_in("de").await);
    assert_eq!(english.html().language.as_deref(), Some("en"));
    assert_eq!(german.html().language.as_deref(), Some("de"));
    assert_ne!(english.header("Subject"), german.header("Subject"));
    for words in [&german.text().text, &german.html().words] {
        assert!(words.contains("1 Stunde"), "{words}");
        assert!(!words.contains("1 hour"), "{words}");
    }
    assert_eq!(mail_in("de-AT").await.header("Subject"), german.header("Subject"));
    assert_eq!(mail_in("tlh").await.header("Subject"), english.header("Subject"));
}

#[tokio::test]
async fn a_name_forges_no_markup() {
    let name = r#"<img src=x onerror=alert(1)><a href="https://evil.example">&amp;</a>'"{{code}}"#;
    let (_, received) = mail_to(&["--display-name", name]).await;
    let page = received.mail.html();
    let shown = r#"<img src=x onerror=alert(1)><a href="https://evil.example">…"#;
    for words in [&page.words, &received.mail.text().text] {
        // Nothing in a name becomes a link: its dots, slashes and colons are kept apart.
        assert!(words.replace('\u{2060}', "").contains(shown), "{words}");
        assert!(!words.contains("https://evil"), "{words}");
    }
    assert_eq!(page.loads, []);
    assert!(!page.tags.iter().any(|tag| tag == "img"));
    assert!(page.links.iter().all(|link| link.starts_with("https://login.example.com/")));
    assert_eq!(received.mail.to.len(), 1, "{:?}", received.mail.to);
    assert_eq!(received.mail.to[0].1, "ada@example.com");
}

#[tokio::test]
async fn a_name_forges_no_header() {
    let passlink = Passlink::with_mail_dir();
    for name in ["Ada\r\nBcc: eve@example.com", "Ada\nX: y", "Ada\rX", "Ada\0", "Ada\u{2028}X"] {
        if !name.contains('\0') {
            let arguments = ["user", "add", "--email", "ada@example.com", "--display-name", name];
            passlink.cli(&arguments).failed(2);
        }
    }
    let encoded = "=?utf-8?q?Ada=0D=0ABcc=3A_eve=40example.com?=, <eve@example.com>";
    let (_, received) = mail_to(&["--display-name", encoded]).await;
    assert_eq!(received.envelope.to, ["ada@example.com"]);
    assert_eq!(received.mail.all("Bcc"), [""; 0]);
    assert_eq!(received.mail.to.len(), 1, "{:?}", received.mail.to);
    assert_eq!(received.mail.to[0].1, "ada@example.com");
}

#[tokio::test]
async fn the_longest_names_fit() {
    let name = "Ж".repeat(200);
    let (_, received) = mail_to(&["--display-name", &name]).await;
    assert!(received.mail.to[0].0.starts_with("ЖЖЖЖ") && received.mail.to[0].0.ends_with('…'));
    assert!(received.mail.ascii_head);
    assert!(received.mail.longest_line <= 999);
    assert!(received.mail.html().words.contains("ЖЖЖЖ"));
}
