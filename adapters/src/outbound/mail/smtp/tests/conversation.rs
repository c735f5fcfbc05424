//! What is said to servers that differ in what they offer and how they ask.

use super::{
    script::{Answer, Heard, Script, Server, Stage, Then, says},
    *,
};

const USER: &str = "relay";
const PASSWORD: &str = "s3cr3t-w0rd";

/// Delivers a mail to a server with this script; `url` is all of it but host and port.
async fn delivered(
    url: [&str; 2],
    mail: Arc<Outgoing>,
    script: Script,
) -> (Result<String, MailError>, Heard) {
    let server = Server::start(script).await;
    let url = format!("{}127.0.0.1:{}{}", url[0], server.port, url[1]);
    let outcome = deliver(&smtp(&url, PATIENT, 0), &mail).await;
    let mut heard = server.heard();
    // Its answer is not waited for.
    heard.commands.retain(|command| command != "QUIT");
    (outcome, heard)
}

const CLEAR: [&str; 2] = ["smtp://", "?tls=none"];
const OPTIONAL: [&str; 2] = ["smtp://", "?tls=optional"];
const REQUIRED: [&str; 2] = ["smtp://", "?tls=required"];
const SIGNED_IN: [&str; 2] = ["smtp://relay:s3cr3t-w0rd@", "?tls=none"];

fn ehlo(lines: &[&str]) -> (Stage, Vec<Answer>) {
    let mut answer = "250-mail.test\r\n".to_owned();
    for line in lines {
        answer += &format!("250-{line}\r\n");
    }
    (Stage::Ehlo, vec![says(answer + "250 HELP\r\n")])
}

/// As it goes over the wire.
fn encoded(text: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(text)
}

fn plain() -> String {
    encoded(&format!("\0{USER}\0{PASSWORD}"))
}

#[tokio::test]
async fn encryption_that_is_offered_in_any_spelling_is_used() {
    for offer in ["STARTTLS", "starttls", "StartTLS", "starttls \t", "Starttls required"] {
        let answers = vec![says("454 not today\r\n")];
        let script = vec![ehlo(&["size 1000", offer]), (Stage::StartTls, answers)];
        let (outcome, heard) = delivered(OPTIONAL, ADA.clone(), script).await;
        let Err(MailError::Down(MailReason::Tls, text)) = outcome else {
            panic!("{offer}: {outcome:?}")
        };
        assert!(text.contains("454 not today"), "{text}");
        assert_eq!(heard.commands[1..], ["STARTTLS"], "{offer}");
    }
}

#[tokio::test]
async fn a_name_that_looks_like_an_offer_is_none() {
    for answer in [
        "250-STARTTLS is my name\r\n250 XSTARTTLS\r\n",
        "250 starttls.example.com\r\n",
        "250-starttls.example.com\r\n250 HELP\r\n",
        "250 mail.example.com\r\n",
        "250 mail.example.com STARTTLS\r\n",
        "250\r\n",
    ] {
        let script = vec![(Stage::Ehlo, vec![says(answer)])];
        let (outcome, heard) = delivered(OPTIONAL, ADA.clone(), script).await;
        assert_eq!((outcome.is_ok(), heard.messages.len()), (true, 1), "{answer}");
    }
}

#[tokio::test]
async fn an_offer_in_place_of_the_servers_name_is_one() {
    for answer in [
        "250 STARTTLS\r\n",
        "250 starttls \r\n",
        "250StartTLS\n",
        "250-STARTTLS\r\n250 HELP\r\n",
        "250-size 1\r\n250 starttls\r\n",
        "250-AUTH PLAIN\r\n250 starttls\r\n",
    ] {
        let refusal = vec![says("454 not today\r\n")];
        let script = vec![(Stage::Ehlo, vec![says(answer)]), (Stage::StartTls, refusal)];
        let (outcome, heard) = delivered(OPTIONAL, ADA.clone(), script).await;
        assert!(matches!(outcome, Err(MailError::Down(MailReason::Tls, _))), "{outcome:?}");
        assert_eq!(heard.commands[1..], ["STARTTLS"], "{answer}");
    }
    for answer in ["250 auth=login\r\n", "250-AUTH LOGIN\r\n250 STARTTLS\r\n"] {
        let asks = vec![says("334\r\n")];
        let words = vec![says("334\r\n"), says("235\r\n")];
        let ehlo = (Stage::Ehlo, vec![says(answer)]);
        let script = vec![ehlo, (Stage::Auth, asks), (Stage::Word, words)];
        let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
        assert!(outcome.is_ok(), "{answer}: {outcome:?}");
        assert_eq!(heard.commands[1], "AUTH LOGIN");
    }
    let script = vec![(Stage::Ehlo, vec![says("250-SMTPUTF8\r\n250 8bitmime\r\n")])];
    let mail = Arc::new(mail_to("zo\u{eb}@example.com"));
    let (outcome, _) = delivered(CLEAR, mail, script).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_refuses_ehlo_is_greeted_by_helo() {
    for refusal in
        ["500 what?\r\n", "501\r\n", "502 \r\n", "503-a\r\n503 b\r\n", "504 no\r\n", "550\n"]
    {
        let script = || vec![(Stage::Ehlo, vec![says(refusal)])];
        let (outcome, heard) = delivered(OPTIONAL, ADA.clone(), script()).await;
        assert!(outcome.is_ok(), "{refusal}: {outcome:?}");
        let name = "login.example.com";
        assert_eq!(heard.commands[..2], [format!("EHLO {name}"), format!("HELO {name}")]);

        let (outcome, _) = delivered(REQUIRED, ADA.clone(), script()).await;
        let Err(MailError::Down(MailReason::Tls, text)) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains("no STARTTLS") && text.contains("refuses EHLO"), "{text}");
        let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script()).await;
        let Err(MailError::Down(MailReason::SignIn, text)) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains("can't sign in") && text.contains("refuses EHLO"), "{text}");
        assert!(heard.messages.is_empty());
    }
    let later = vec![(Stage::Ehlo, vec![says("451 later\r\n")])];
    let (outcome, heard) = delivered(CLEAR, ADA.clone(), later).await;
    assert!(matches!(outcome, Err(MailError::Down(..))), "{outcome:?}");
    assert_eq!(heard.commands.len(), 1);
}

#[tokio::test]
async fn ways_to_sign_in_are_found_in_any_spelling_and_plain_is_preferred() {
    let (plain, login) = (format!("AUTH PLAIN {}", plain()), "AUTH LOGIN".to_owned());
    for (offers, command) in [
        (&["AUTH PLAIN LOGIN"][..], &plain),
        (&["auth login plain"], &plain),
        (&["AUTH=LOGIN PLAIN"], &plain),
        (&["Auth=Plain"], &plain),
        (&["AUTH CRAM-MD5 LOGIN"], &login),
        (&["AUTH=LOGIN"], &login),
        (&["auth=login"], &login),
        (&["AUTH = LOGIN"], &login),
        (&["AUTH\tXOAUTH2\tLOGIN"], &login),
        (&["AUTH CRAM-MD5", "AUTH=LOGIN"], &login),
        (&["AUTH LOGIN", "AUTH PLAIN"], &plain),
    ] {
        let script = vec![ehlo(offers), (Stage::Auth, vec![says("235\r\n")])];
        let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
        assert!(outcome.is_ok(), "{offers:?}: {outcome:?}");
        assert_eq!(heard.commands[1], *command, "{offers:?}");
    }
}

#[tokio::test]
async fn a_server_without_a_known_way_to_sign_in_is_told_with_what_it_offers() {
    for (offers, says) in [
        (&["AUTH CRAM-MD5 xoauth2"][..], "offers sign-in by CRAM-MD5, XOAUTH2; PLAIN or LOGIN"),
        (&["SIZE"], "offers no sign-in (AUTH)"),
        (&["AUTH"], "offers no sign-in (AUTH)"),
    ] {
        let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), vec![ehlo(offers)]).await;
        let Err(MailError::Down(MailReason::SignIn, text)) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains(says), "{text}");
        assert!(heard.messages.is_empty() && !heard.commands.concat().contains("AUTH"));
    }
}

#[tokio::test]
async fn a_login_is_answered_whatever_it_is_asked_for_in() {
    let prompts: [&[u8]; 10] = [
        b"334 VXNlcm5hbWU6\r\n",
        b"334 dXNlcm5hbWU6\r\n",
        b"334 Username:\r\n",
        b"334 \r\n",
        b"334\r\n",
        b"334\n",
        b"334-\r\n334 UGFzc3dvcmQ6\r\n",
        b"334 \xff\x00\r\n",
        b"354 go on\r\n",
        b"334VXNlcg==\r\n",
    ];
    for prompt in prompts {
        let script = vec![
            ehlo(&["AUTH LOGIN"]),
            (Stage::Auth, vec![says(prompt)]),
            (Stage::Word, vec![says(prompt), says("235 welcome\r\n")]),
        ];
        let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        let commands = ["AUTH LOGIN".to_owned(), encoded(USER), encoded(PASSWORD)];
        assert_eq!(heard.commands[1..4], commands);
    }
}

#[tokio::test]
async fn a_server_that_asks_again_for_what_came_with_the_command_gets_it_again() {
    let script = vec![(Stage::Auth, vec![says("334\r\n")]), (Stage::Word, vec![says("235\r\n")])];
    let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(heard.commands[1..3], [format!("AUTH PLAIN {}", plain()), plain()]);
}

#[tokio::test]
async fn a_long_password_does_not_make_a_line_too_long() {
    let password = "p".repeat(600);
    let url = format!("smtp://relay:{password}@");
    let script = vec![(Stage::Auth, vec![says("334 \r\n")])];
    let (outcome, heard) = delivered([&url, "?tls=none"], ADA.clone(), script).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let word = encoded(&format!("\0{USER}\0{password}"));
    assert_eq!(heard.commands[1..3], ["AUTH PLAIN".to_owned(), word]);
}

#[tokio::test]
async fn another_way_is_tried_where_one_is_unknown_and_not_where_a_password_is_wrong() {
    let unknown = vec![says("504 5.5.4 unrecognized\r\n"), says("334\r\n")];
    let words = vec![says("334\r\n"), says("235\r\n")];
    let script = vec![(Stage::Auth, unknown), (Stage::Word, words)];
    let (outcome, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(heard.commands[2], "AUTH LOGIN");
    let script = vec![(Stage::Auth, vec![says("535 wrong\r\n")])];
    let (_, heard) = delivered(SIGNED_IN, ADA.clone(), script).await;
    assert_eq!(heard.commands.len(), 2);
}

#[tokio::test]
async fn secrets_that_a_server_repeats_are_not_told() {
    for offer in ["AUTH PLAIN", "AUTH LOGIN"] {
        let repeated =
            format!("535 bad: {} {} {PASSWORD}\r\n", plain(), encoded(PASSWORD)).into_bytes();
        let script = vec![
            ehlo(&[offer]),
            (
                Stage::Auth,
                vec![says(if offer == "AUTH PLAIN" { &repeated } else { &b"334\r\n"[..] })],
            ),
            (Stage::Word, vec![says("334\r\n"), says(repeated)]),
        ];
        let (outcome, _) = delivered(SIGNED_IN, ADA.clone(), script).await;
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("535 bad"), "{text}");
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[tokio::test]
async fn secrets_that_a_server_repeats_later_or_in_another_case_are_not_told() {
    let word = plain();
    for (stage, answer) in [
        (Stage::Auth, format!("235 ok\r\n{word}\r\n")),
        (Stage::Auth, format!("535 bad {}\r\n", word.to_lowercase())),
        (Stage::Mail, format!("550 no, after {}\r\n", word.trim_end_matches('='))),
        (Stage::Dot, format!("250 taken after {word}\r\n")),
    ] {
        let script = vec![ehlo(&["AUTH PLAIN"]), (stage, vec![says(answer.clone())])];
        let (outcome, _) = delivered(SIGNED_IN, ADA.clone(), script).await;
        let text = outcome.unwrap_or_else(|error| error.to_string());
        assert!(text.contains("[redacted]"), "{answer}: {text}");
        let secret = word.trim_end_matches('=').to_lowercase();
        assert!(!text.to_lowercase().contains(&secret), "{answer}: {text}");
    }
}

#[tokio::test]
async fn parts_of_secrets_that_a_server_repeats_are_not_told() {
    let word = plain();
    let (start, end) = word.split_at(word.len() / 2);
    for answer in [
        format!("535 bad argument: {start}...\r\n"),
        format!("535 bad argument: ...{end}\r\n"),
        format!("535 no: {}...\r\n", &PASSWORD[..7]),
        format!("535-no: {}\r\n535 {}\r\n", &PASSWORD[..4], &PASSWORD[4..]),
    ] {
        let script = vec![ehlo(&["AUTH PLAIN"]), (Stage::Auth, vec![says(answer.clone())])];
        let (outcome, _) = delivered(SIGNED_IN, ADA.clone(), script).await;
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("535 ") && text.contains("[redacted]"), "{answer}: {text}");
        let joined = text.replace(' ', "");
        for secret in [word.trim_end_matches('='), PASSWORD] {
            let mut parts = secret.as_bytes().windows(6).map(|part| str::from_utf8(part).unwrap());
            assert!(parts.all(|part| !joined.contains(part)), "{answer}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_server_offers_in_lower_case_is_used_for_addresses_beyond_ascii() {
    let mail = || Arc::new(mail_to("zo\u{eb}@example.com"));
    let (outcome, heard) = delivered(CLEAR, mail(), vec![ehlo(&["smtputf8", "8bitmime"])]).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let from = "MAIL FROM:<no-reply@login.example.com> SMTPUTF8 BODY=8BITMIME";
    assert_eq!(heard.commands[1..3], [from, "RCPT TO:<zo\u{eb}@example.com>"]);
    let (outcome, heard) = delivered(CLEAR, mail(), Script::new()).await;
    assert!(matches!(outcome, Err(MailError::Refused(..))), "{outcome:?}");
    assert!(heard.messages.is_empty());
}

#[tokio::test]
async fn a_message_arrives_as_it_is_whatever_its_lines_begin_with() {
    let raw = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\na.\r\n\n.b".to_vec();
    let mail = Arc::new(Outgoing { raw: raw.clone(), ..mail_to("ada@example.com") });
    let (outcome, heard) = delivered(CLEAR, mail, Script::new()).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let on_the_wire = b"Subject: dots\r\n\r\n..\r\n...\r\n..a\r\na.\r\n\n..b\r\n";
    assert_eq!(heard.messages, [on_the_wire.to_vec()]);
}

#[tokio::test]
async fn what_is_said_before_the_end_of_a_message_is_no_acceptance() {
    for early in [
        "354 go on\r\n250 taken\r\n",
        "354 go on\r\n550 no\r\n",
        "354 go on\r\nhm\r\n",
        "354 go\r\n354 on\r\n250 taken\r\n",
        "354 go\r\n354-on\r\n250 taken\r\n",
    ] {
        let (outcome, heard) =
            delivered(CLEAR, ADA.clone(), vec![(Stage::Data, vec![says(early)])]).await;
        let lost = MailReason::Connection;
        assert!(
            matches!(&outcome, Err(MailError::Unavailable(reason, _)) if *reason == lost),
            "{early}: {outcome:?}"
        );
        assert!(heard.messages.is_empty(), "{early}");
    }
    let early = "354 go on\r\n421 shutting down\r\n";
    let (outcome, _) = delivered(CLEAR, ADA.clone(), vec![(Stage::Data, vec![says(early)])]).await;
    assert!(matches!(outcome, Err(MailError::Busy(..))), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_asks_twice_for_a_message_gets_it_once_and_is_waited_for() {
    let twice = || (Stage::Data, vec![says("354 go\r\n354 on\r\n")]);
    for (answer, sent) in [("250 OK\r\n", true), ("550 no\r\n", false)] {
        for asks in ["", "354 on\r\n", "354-on\r\n354\r\n 354 and on\r\n"] {
            let script = vec![twice(), (Stage::Dot, vec![says(format!("{asks}{answer}"))])];
            let (outcome, heard) = delivered(CLEAR, ADA.clone(), script).await;
            assert_eq!(outcome.is_ok(), sent, "{asks}: {outcome:?}");
            let refused = matches!(&outcome, Err(MailError::Refused(..)));
            assert_eq!(refused, !sent, "{asks}: {outcome:?}");
            assert_eq!(heard.messages.len(), 1);
        }
    }
    let gone = Answer { then: Then::Close, ..says("354 on\r\n") };
    let (outcome, _) = delivered(CLEAR, ADA.clone(), vec![twice(), (Stage::Dot, vec![gone])]).await;
    assert!(matches!(outcome, Err(MailError::Unclear(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_kept_connection_that_is_no_good_any_more_is_replaced() {
    let closes = |octets: &str| Answer { then: Then::Close, ..says(octets) };
    for first in [
        closes("250 OK\r\n"),
        closes("250 OK\r\n421 bye\r\n"),
        says("250 OK\r\n250 OK\r\n"),
        says("250 OK\r\n550 no\r\n"),
        says("250 OK\r\nhm\r\n"),
    ] {
        let server = Server::start(vec![(Stage::Dot, vec![first, says("250 again\r\n")])]).await;
        let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
        let (smtp, mail) = (smtp(&url, PATIENT, 1), ADA.clone());
        assert_eq!(deliver(&smtp, &mail).await, Ok("250 OK".to_owned()));
        assert_eq!(deliver(&smtp, &mail).await, Ok("250 again".to_owned()));
        let heard = server.heard();
        assert_eq!((heard.connections, heard.messages.len()), (2, 2));
    }
}

#[tokio::test]
async fn connections_are_kept_for_the_next_mail() {
    let server = Server::start(Script::new()).await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    let (smtp, mail) = (smtp(&url, PATIENT, 1), ADA.clone());
    for _ in 0..3 {
        assert!(deliver(&smtp, &mail).await.is_ok());
    }
    let heard = server.heard();
    assert_eq!((heard.connections, heard.messages.len()), (1, 3));
}

#[tokio::test]
async fn a_kept_connection_whose_server_lost_the_thread_is_replaced() {
    let thread = vec![says("250 OK\r\n"), says("503 bad sequence\r\n"), says("250 OK\r\n")];
    let server = Server::start(vec![(Stage::Mail, thread)]).await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    let (smtp, mail) = (smtp(&url, PATIENT, 1), ADA.clone());
    for _ in 0..2 {
        assert!(deliver(&smtp, &mail).await.is_ok());
    }
    assert_eq!(server.heard().connections, 2);
}

#[tokio::test]
async fn who_does_not_listen_is_judged_as_away() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("smtp://127.0.0.1:{port}"), format!("smtps://127.0.0.1:{port}")] {
        let outcome = deliver(&smtp(&url, PATIENT, 0), &ADA.clone()).await;
        let Err(MailError::Down(MailReason::Connection, text)) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(text.contains(&format!("can't connect to 127.0.0.1:{port}")), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_takes_commands_together_gets_them_before_it_answers() {
    let nothing = |stage| (stage, vec![says("")]);
    let all = (Stage::Data, vec![says("250 a\r\n250 b\r\n354 c\r\n")]);
    let script = vec![ehlo(&["pipelining"]), nothing(Stage::Mail), nothing(Stage::Rcpt), all];
    let (outcome, heard) = delivered(CLEAR, ADA.clone(), script).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(heard.messages.len(), 1);
}

/// What the server has heard when its one conversation has ended.
async fn until_ended(server: &Server) -> Heard {
    let ended = async {
        while server.heard().ended == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENT, ended).await.unwrap();
    server.heard()
}

#[tokio::test]
async fn the_first_refusal_of_pipelined_commands_counts_and_no_message_is_sent() {
    let no = |stage| (stage, vec![says("550 no\r\n")]);
    for (stage, data, quits) in [
        (Stage::Mail, "503 no sender\r\n", true),
        (Stage::Rcpt, "503 no recipient\r\n", true),
        (Stage::Rcpt, "354 go on\r\n", false),
    ] {
        let answers = vec![ehlo(&["PIPELINING"]), no(stage), (Stage::Data, vec![says(data)])];
        let server = Server::start(answers).await;
        let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
        let outcome = deliver(&smtp(&url, PATIENT, 1), &ADA.clone()).await;
        assert!(outcome.is_err_and(|it| it.to_string().contains("550 no")), "{stage:?} {data}");
        let heard = until_ended(&server).await;
        assert_eq!(heard.commands.iter().any(|it| it == "QUIT"), quits, "{stage:?} {data}");
        assert_eq!(heard.messages, [[0; 0]; 0], "{stage:?} {data}");
    }
}
