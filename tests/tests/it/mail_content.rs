//! What the mail says.

use std::fs;

use passlink_tests::{Api, MailServer, Passlink, Received, mime::Mail};
use serde_json::json;

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
        assert!(words.contains("your account at Passlink"), "{words}");
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
    assert_eq!(mail_in("iw").await.html().language.as_deref(), Some("he"));
}

#[tokio::test]
async fn who_has_no_language_is_written_to_in_that_of_the_configuration() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).set("mail.language", "de-CH").started().await;
    let users: [(&[&str], &str); 4] = [
        (&[], "de"),
        (&["--language", ""], "de"),
        (&["--language", "tlh"], "de"),
        (&["--language", "en"], "en"),
    ];
    for (count, (options, language)) in users.into_iter().enumerate() {
        let user = passlink.caller(&format!("{count}@example.com"), options);
        passlink.send_link(&user.token).await.sequence();
        let mail = mails.until_mails(count + 1).await.remove(count).mail;
        assert_eq!(mail.html().language.as_deref(), Some(language), "{options:?}");
    }
    passlink.cli(&["mail", "test", "--to", "ada@example.com"]).done();
    assert_eq!(mails.until_mails(5).await[4].mail.header("Subject"), "Test-E-Mail · Passlink");
}

#[test]
fn a_language_of_the_configuration_without_texts_is_refused() {
    for command in [&["serve"] as &[&str], &["config", "check"], &["mail", "preview"]] {
        let passlink = Passlink::with_mail_dir().set("mail.language", "tlh");
        let stderr = passlink.cli(command).failed(1);
        for words in ["mail.language", "no mails in tlh", "de, en, es"] {
            assert!(stderr.contains(words), "{command:?}: {stderr}");
        }
    }
    let stderr = Passlink::with_mail_dir().set("mail.language", "1").cli(&["serve"]).failed(1);
    assert!(stderr.contains("must be a language tag such as en or de"), "{stderr}");
}

#[tokio::test]
async fn a_name_forges_no_markup() {
    let name = r#"<img src=x onerror=alert(1)><a href="https://evil.example">&amp;</a>'"{{code}}"#;
    let (_, received) = mail_to(&["--display-name", name]).await;
    let page = received.mail.html();
    // No whole web address is left that a mail program could make a link of.
    let shown = r#"<img src=x onerror=alert(1)><a href="evil.example">…"#;
    for words in [&page.words, &received.mail.text().text] {
        assert!(words.contains(shown), "{words}");
    }
    assert_eq!(page.loads, []);
    assert!(!page.tags.iter().any(|tag| tag == "img"));
    assert!(page.links.iter().all(|link| link.starts_with("https://login.example.com/")));
    assert_eq!(received.mail.to.len(), 1, "{:?}", received.mail.to);
    assert_eq!(received.mail.to[0].1, "ada@example.com");
}

#[tokio::test]
async fn names_and_addresses_can_be_copied_and_searched_and_mail_programs_see_no_link_in_them() {
    let (_, received) = mail_to(&["--display-name", "Ada E.Example (ada@example.org)"]).await;
    let (text, page) = (&received.mail.text().text, received.mail.html());
    for words in [text, &page.words] {
        assert!(words.contains("Ada E.Example (ada@example.org)"), "{words}");
        assert!(words.contains("(ada@example.com)"), "the username: {words}");
        assert!(!words.contains(['\u{2060}', '\u{200b}']), "{words}");
    }
    assert!(
        !page.text.contains("ada@example"),
        "what joins an address stands alone: {}",
        page.text
    );
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

/// The lines of a message's header section.
fn head(received: &Received) -> Vec<String> {
    let octets = fs::read(&received.file).unwrap();
    let message = String::from_utf8(octets).unwrap();
    let head = message.split("\r\n\r\n").next().unwrap();
    head.split("\r\n").map(str::to_owned).collect()
}

fn assert_short_lines(received: &Received) {
    for line in head(received) {
        let encoded = line.split([' ', '\t']).filter(|word| word.contains("=?"));
        for word in encoded {
            assert!(word.len() <= 75 && line.len() <= 76, "{} octets: {line}", line.len());
        }
        assert!(line.len() <= 998, "{line}");
    }
}

/// Names with all that a header takes for something else.
const NAMES: [&str; 16] = [
    ".",
    "Ada E.",
    "J. R. Example",
    "Example, Inc.",
    "Ada \"the\" \\ Example",
    "Ada (Example)",
    "<eve@example.com>",
    ":;,<>@[]()\\\".",
    "O'Brien",
    "=?utf-8?q?x?=",
    "Ada =?utf-8?b?eA==?= Example",
    "Zoë",
    "山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎",
    "Ada 👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻 Example",
    "group:;",
    "Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж Ж",
];

#[tokio::test]
async fn a_recipients_name_comes_through_as_it_is() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let long = format!("{}@{}.example", "x".repeat(64), "y".repeat(60));
    let users = NAMES.iter().enumerate().map(|(id, name)| {
        let address =
            if id % 2 == 0 { format!("{id}@example.com") } else { format!("{id}{}", &long[2..]) };
        json!({ "id": id.to_string(), "email": address, "displayName": name }).to_string() + "\n"
    });
    let file = passlink.dir().join("users.jsonl");
    fs::write(&file, users.collect::<String>()).unwrap();
    passlink.cli(&["user", "import", file.to_str().unwrap()]).done();
    for (id, name) in NAMES.iter().enumerate() {
        passlink.cli(&["link", "create", "--user", &id.to_string(), "--send"]).done();
        let received = mails.until_mails(id + 1).await.remove(id);
        let to = &received.mail.to;
        assert_eq!((to.len(), to[0].0.as_str()), (1, *name), "{:?}", head(&received));
        assert_eq!(to[0].1, received.envelope.to[0]);
        assert_eq!(received.mail.defects, Vec::<String>::new(), "{name}");
        assert_short_lines(&received);
    }
}

#[tokio::test]
async fn a_senders_name_comes_through_as_it_is() {
    let mails = MailServer::plain();
    for (count, name) in NAMES.iter().enumerate() {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let mailbox = format!("\"{quoted}\" <no-reply@example.com>");
        let passlink = Passlink::with_mail_server(&mails)
            .set("mail.from", &mailbox)
            .set("mail.reply_to", &mailbox);
        passlink.cli(&["mail", "test", "--to", "ada@example.com"]).done();
        let received = mails.until_mails(count + 1).await.remove(count);
        assert_eq!(received.mail.from, [(name.to_string(), "no-reply@example.com".to_owned())]);
        assert_eq!(received.mail.reply_to, received.mail.from);
        assert_eq!(received.mail.defects, Vec::<String>::new(), "{name}");
        assert_short_lines(&received);
    }
}

#[tokio::test]
async fn a_subject_comes_through_as_it_is() {
    let mails = MailServer::plain();
    let folder = tempfile::TempDir::new().unwrap();
    for (count, subject) in [
        "=?utf-8?q?x?=",
        "Grüße  aus =?x?= 東京",
        "東京都千代田区千代田一番一号皇居東御苑三の丸尚蔵館の入口の前で待っています",
        "A plain subject that is so long that it has to be folded, and in the end is read as one line",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ]
    .iter()
    .enumerate()
    {
        fs::write(folder.path().join("en.json"), json!({ "test": { "subject": subject } }).to_string())
            .unwrap();
        let passlink = Passlink::with_mail_server(&mails)
            .set("mail.template_dir", folder.path().to_str().unwrap());
        passlink.cli(&["mail", "test", "--to", "ada@example.com"]).done();
        let received = mails.until_mails(count + 1).await.remove(count);
        assert_eq!(received.mail.header("Subject"), *subject, "{:?}", head(&received));
        assert_eq!(received.mail.defects, Vec::<String>::new(), "{subject}");
        assert_short_lines(&received);
    }
}

#[tokio::test]
async fn mail_goes_to_every_address_that_is_taken() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails);
    for (count, (given, sent)) in [
        ("ada@ab--cd.example", "ada@ab--cd.example"),
        ("zoe\u{308}@example.com", "zoë@example.com"),
        ("हिन्दी@bücher.example", "हिन्दी@xn--bcher-kva.example"),
        ("\"a.b\"@example.com", "a.b@example.com"),
        ("\"a..b\"@example.com", "\"a..b\"@example.com"),
        ("\"a@b\"@example.com", "\"a@b\"@example.com"),
        ("a!#$%&'*+-/=?^_`{|}~z@example.com", "a!#$%&'*+-/=?^_`{|}~z@example.com"),
        ("ada@localhost", "ada@localhost"),
    ]
    .into_iter()
    .enumerate()
    {
        passlink.cli(&["mail", "test", "--to", given]).done();
        let received = mails.until_mails(count + 1).await.remove(count);
        // The server leaves out some quotation marks, and so does the parser below.
        let to = &received.envelope.to;
        assert_eq!((to.len(), to[0].replace('"', "")), (1, sent.replace('"', "")));
        assert!(head(&received).contains(&format!("To: {sent}")), "{:?}", head(&received));
        let to = &received.mail.to;
        assert_eq!((to.len(), to[0].1.replace('"', "")), (1, sent.replace('"', "")));
    }
}
