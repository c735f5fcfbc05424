//! What each kind of answer leads to, at each stage.

use tokio::task::JoinSet;

use super::{
    script::{Answer, Script, Server, Stage, Then, says},
    *,
};

/// How long is waited for an answer that never comes.
const IMPATIENT: Duration = Duration::from_secs(10);

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Yes,
    /// Yes, and more that nobody asked for.
    YesAndMore,
    /// Yes, and the connection is closed.
    YesAndGone,
    GoOn,
    /// Go on, in more than one answer.
    GoOnTwice,
    NotNow,
    /// Not now, and not so much.
    SlowDown,
    Never,
    /// Never, for who is not signed in rightly.
    SignIn,
    Nothing,
    Gone,
    Silence,
}
use Means::*;

/// What becomes of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// It was taken.
    Sent,
    /// All mails wait.
    Down,
    /// It is tried again: the server said so.
    Again,
    /// It is tried again: the conversation was lost.
    Lost,
    /// It is tried again: the answer did not come.
    Late,
    /// Its domain waits.
    Busy,
    /// It is refused for good.
    Refused,
    /// It may have been taken: one further copy, and no more.
    Unclear,
}
use Leads::*;

/// The stages, and what the answers of each meaning lead to there.
#[rustfmt::skip]
const TABLE: [(Stage, [(Means, Leads); 12]); 9] = [
    (Stage::Greeting, [(Yes, Sent), (YesAndMore, Down), (YesAndGone, Down), (GoOn, Down),    (GoOnTwice, Down),    (NotNow, Down),  (SlowDown, Down), (Never, Down),    (SignIn, Down), (Nothing, Down),    (Gone, Down),    (Silence, Down)]),
    // Who refuses EHLO is asked by HELO.
    (Stage::Ehlo,     [(Yes, Sent), (YesAndMore, Down), (YesAndGone, Down), (GoOn, Down),    (GoOnTwice, Down),    (NotNow, Down),  (SlowDown, Down), (Never, Sent),    (SignIn, Sent), (Nothing, Down),    (Gone, Down),    (Silence, Down)]),
    // A yes is not followed by TLS here. Nothing is said in clear then.
    (Stage::StartTls, [(Yes, Down), (YesAndMore, Down), (YesAndGone, Down), (GoOn, Down),    (GoOnTwice, Down),    (NotNow, Down),  (SlowDown, Down), (Never, Down),    (SignIn, Down), (Nothing, Down),    (Gone, Down),    (Silence, Down)]),
    (Stage::Auth,     [(Yes, Sent), (YesAndMore, Down), (YesAndGone, Down), (GoOn, Sent),    (GoOnTwice, Down),    (NotNow, Down),  (SlowDown, Down), (Never, Down),    (SignIn, Down), (Nothing, Down),    (Gone, Down),    (Silence, Down)]),
    (Stage::Mail,     [(Yes, Sent), (YesAndMore, Lost), (YesAndGone, Lost), (GoOn, Down),    (GoOnTwice, Down),    (NotNow, Down),  (SlowDown, Down), (Never, Down),    (SignIn, Down), (Nothing, Down),    (Gone, Down),    (Silence, Down)]),
    (Stage::Rcpt,     [(Yes, Sent), (YesAndMore, Lost), (YesAndGone, Lost), (GoOn, Lost),    (GoOnTwice, Lost),    (NotNow, Again), (SlowDown, Busy), (Never, Refused), (SignIn, Down), (Nothing, Lost),    (Gone, Lost),    (Silence, Late)]),
    (Stage::Data,     [(Yes, Lost), (YesAndMore, Lost), (YesAndGone, Lost), (GoOn, Sent),    (GoOnTwice, Sent),    (NotNow, Again), (SlowDown, Busy), (Never, Refused), (SignIn, Down), (Nothing, Lost),    (Gone, Lost),    (Silence, Late)]),
    (Stage::Dot,      [(Yes, Sent), (YesAndMore, Sent), (YesAndGone, Sent), (GoOn, Unclear), (GoOnTwice, Unclear), (NotNow, Again), (SlowDown, Busy), (Never, Refused), (SignIn, Down), (Nothing, Unclear), (Gone, Unclear), (Silence, Unclear)]),
    (Stage::Quit,     [(Yes, Sent), (YesAndMore, Sent), (YesAndGone, Sent), (GoOn, Sent),    (GoOnTwice, Sent),    (NotNow, Sent),  (SlowDown, Sent), (Never, Sent),    (SignIn, Sent), (Nothing, Sent),    (Gone, Sent),    (Silence, Sent)]),
];

fn kind(means: Means, octets: impl Into<Vec<u8>>) -> (Means, Answer) {
    (means, says(octets))
}

fn and(then: Then, (means, answer): (Means, Answer)) -> (Means, Answer) {
    (means, Answer { then, ..answer })
}

fn dribbled((means, answer): (Means, Answer)) -> (Means, Answer) {
    (means, Answer { dribbles: true, ..answer })
}

/// The kinds of answers.
fn kinds() -> Vec<(Means, Answer)> {
    let closed = |means, octets: &[u8]| and(Then::Close, kind(means, octets));
    let hung = |means, octets: &[u8]| and(Then::Hang, kind(means, octets));
    let long = |start: &str, end: &str| format!("{start}{}{end}", "x".repeat(200 << 10));
    vec![
        kind(Yes, "250 OK\r\n"),
        kind(Yes, "250\r\n"),
        kind(Yes, "250 \r\n"),
        kind(Yes, "250\n"),
        kind(Yes, "250 accept\u{e9}\r\n"),
        kind(Yes, b"250 accept\xe9\r\n"),
        kind(Yes, b"250 \x00\xff\xfe\x1b[31m \x82\xb1\r\n"),
        kind(Yes, "250\tOK\r\n"),
        kind(Yes, "250OK\r\n"),
        kind(Yes, "250 OK\r\r\n"),
        kind(Yes, "299 whatever that is\r\n"),
        kind(Yes, "250 OK\r\n\r\n"),
        kind(Yes, "250-mail.test\r\n250 OK\r\n"),
        kind(Yes, "250-mail.test\r\n250\r\n"),
        kind(Yes, "250-\n250-\n250 OK\n"),
        kind(Yes, "250-mail.test\r\n251 OK\r\n"),
        kind(Yes, "550-mail.test\r\n250 the last line counts\r\n"),
        kind(
            Yes,
            b"250-mail.test\r\n250-SIZE 1\r\n250-X-\xff\xfe\r\n250-8bitmime\r\n250 smtputf8\r\n",
        ),
        kind(Yes, "250-mail.test\r\nand some more\r\n250 OK\r\n"),
        kind(Yes, "*** Welcome ***\r\n\r\n250 OK\r\n"),
        kind(Yes, long("250 ", "\r\n")),
        kind(Yes, "250-more\r\n".repeat(9000) + "250 OK\r\n"),
        kind(Yes, "\r\n\r\n250 OK\r\n"),
        kind(Yes, "  \t250 OK\r\n"),
        kind(Yes, "\u{feff}250 OK\r\n"),
        kind(Yes, "\r\n \u{feff} 250-OK\r\n 250 OK\r\n"),
        dribbled(kind(Yes, "\u{feff}250-mail.test\r\n250 OK\r\n")),
        dribbled(kind(Yes, "250-mail.test\r\n250 OK\r\n")),
        kind(Yes, "250 OK"),
        kind(YesAndMore, "250 OK\r\n250 OK\r\n"),
        kind(YesAndMore, "250 OK\r\n550 no\r\n"),
        kind(YesAndMore, "250 OK\r\nand more\r\n"),
        kind(YesAndMore, long("250 ", "").repeat(12)),
        closed(YesAndGone, b"250 OK\r\n"),
        closed(YesAndGone, b"250 OK"),
        closed(YesAndGone, b"250"),
        kind(GoOn, "354 go on\r\n"),
        kind(GoOn, "334\r\n"),
        kind(GoOn, "354-go\r\n354 on\r\n"),
        kind(GoOn, b"334 \xe9\n"),
        kind(GoOn, "\r\n 354 go on\r\n"),
        kind(GoOn, "\u{feff}354 go on\r\n"),
        kind(GoOnTwice, "354 go\r\n354 on\r\n"),
        kind(GoOnTwice, "354\n 354\n\u{feff}354 on\n"),
        kind(GoOnTwice, "354 go\r\n\r\n354-on\r\n354 and on\r\n"),
        dribbled(kind(GoOnTwice, "354 go\r\n354 on\r\n")),
        kind(NotNow, "450 later\r\n"),
        kind(NotNow, "451\r\n"),
        kind(NotNow, b"452 sp\xe4ter\r\n"),
        kind(NotNow, "471 4.7.1 later\r\n"),
        kind(NotNow, "499-a\n499 b\n"),
        kind(NotNow, "250-OK\r\n451 or rather later\r\n"),
        kind(SlowDown, "421 bye\r\n"),
        kind(SlowDown, "421\n"),
        closed(SlowDown, b"421 4.7.0 too many connections\r\n"),
        kind(SlowDown, "450 4.7.1 Too many mails\r\n"),
        kind(Never, "550 5.1.1 nobody\r\n"),
        kind(Never, b"550 gibt es nicht: \xfc\r\n"),
        kind(Never, "500\r\n"),
        kind(Never, "\r\n 550 no\r\n"),
        kind(Never, "\u{feff}550 no\r\n"),
        kind(Never, "502 what?\r\n"),
        kind(Never, "504\n"),
        kind(Never, "571 5.7.1 no\r\n"),
        kind(Never, "554-no\r\n554-and\r\n554 never\r\n"),
        kind(Never, long("552 ", "\r\n")),
        dribbled(kind(Never, "553 no\r\n")),
        kind(Never, "550 no"),
        kind(SignIn, b"535 5.7.8 falsches Pa\xdfwort\r\n"),
        kind(SignIn, "530-who\r\n530 are you?\r\n"),
        kind(Nothing, "150 wait\r\n"),
        kind(Nothing, "650 what?\r\n"),
        kind(Nothing, "000\r\n"),
        kind(Nothing, "999 \r\n"),
        closed(Nothing, b"garbage\r\n"),
        closed(Nothing, b"25\r\n"),
        closed(Nothing, b"2x0 OK\r\n"),
        closed(Nothing, b"-250 OK\r\n"),
        closed(Nothing, "\u{662}\u{665}\u{660} OK\r\n".as_bytes()),
        closed(Nothing, b"2\x005\x000\x00\r\x00\n\x00"),
        closed(Nothing, b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"),
        closed(Nothing, b"\x15\x03\x01\x00\x02\x02\x0a"),
        kind(Nothing, "x".repeat(2 << 20)),
        hung(Nothing, b"garbage\r\n"),
        hung(Nothing, b"25"),
        closed(Gone, b""),
        closed(Gone, b"\r\n\r\n"),
        closed(Gone, b"250-OK\r\n"),
        kind(Gone, "250-more\r\n".repeat(200_000)),
        hung(Silence, b""),
        hung(Silence, b"250-OK\r\n"),
        hung(Silence, b"\r\n\0"),
    ]
}

/// How the server of a stage is reached.
fn url(stage: Stage, port: u16) -> String {
    match stage {
        Stage::StartTls => format!("smtp://127.0.0.1:{port}?tls=required"),
        Stage::Auth => format!("smtp://user:s3cr3t-w0rd@127.0.0.1:{port}?tls=none"),
        _ => format!("smtp://127.0.0.1:{port}?tls=none"),
    }
}

fn led_to(outcome: &Result<String, MailError>) -> Leads {
    match outcome {
        Ok(_) => Sent,
        Err(MailError::Down(..)) => Down,
        Err(MailError::Unavailable(MailReason::Connection, _)) => Lost,
        Err(MailError::Unavailable(MailReason::Timeout, _)) => Late,
        Err(MailError::Unavailable(..)) => Again,
        Err(MailError::Busy(..)) => Busy,
        Err(MailError::Refused(..)) => Refused,
        Err(MailError::Unclear(_)) => Unclear,
    }
}

/// The code that an answer holds, as an operator is to see it.
fn code(answer: &Answer) -> String {
    let octets = String::from_utf8_lossy(&answer.octets);
    let last = octets.lines().last().unwrap_or_default();
    last.trim_start_matches([' ', '\u{feff}']).chars().take(3).collect()
}

async fn at(stage: Stage, means: Means, answer: Answer, leads: Leads) {
    let shown = answer.octets.chunks(60).next().unwrap_or_default();
    let shown = format!("{stage:?} {means:?}: {:?}", String::from_utf8_lossy(shown));
    // A line without an end is waited for, unless it is far too long.
    let ends = answer.octets.ends_with(b"\n") || answer.octets.len() > 1 << 20;
    // The answer to a message is waited for behind what asks for it.
    let asks = stage == Stage::Dot && matches!(means, GoOn | GoOnTwice);
    let waits = asks || answer.then == Then::Hang || (answer.then == Then::Listen && !ends);
    let script: Script = vec![(stage, vec![answer.clone()])];
    let server = Server::start(script).await;
    let patience = if waits { IMPATIENT } else { PATIENT };
    let outcome = deliver(&smtp(&url(stage, server.port), patience, 0), &ADA).await;
    assert_eq!(led_to(&outcome), leads, "{shown} led to {outcome:?}");
    let heard = server.heard();
    let copies = usize::from(leads == Sent || stage == Stage::Dot);
    assert_eq!((heard.connections, heard.messages.len()), (1, copies), "{shown}");
    if stage == Stage::StartTls {
        assert_eq!(heard.commands[1], "STARTTLS", "{shown}");
        let rest = heard.commands[2..].concat();
        assert!(["MAIL", "EHLO"].iter().all(|it| !rest.contains(it)), "{shown}: {rest}");
    }
    if let (Err(error), NotNow | SlowDown | Never | SignIn) = (outcome, means) {
        assert!(error.to_string().contains(&code(&answer)), "{shown}: {error}");
    }
}

/// Gives each kind of answer at a stage, and looks at what it leads to.
async fn run(stage: Stage) {
    let kinds = kinds();
    assert!(kinds.len() >= 40);
    let (_, row) = TABLE.into_iter().find(|(of, _)| *of == stage).unwrap();
    let mut running = JoinSet::new();
    for (means, answer) in kinds {
        let (_, leads) = row.into_iter().find(|(of, _)| *of == means).unwrap();
        running.spawn(at(stage, means, answer, leads));
    }
    running.join_all().await;
}

#[tokio::test]
async fn answers_in_place_of_a_greeting() {
    run(Stage::Greeting).await;
}

#[tokio::test]
async fn answers_to_ehlo() {
    run(Stage::Ehlo).await;
}

#[tokio::test]
async fn answers_to_starttls() {
    run(Stage::StartTls).await;
}

#[tokio::test]
async fn answers_to_auth() {
    run(Stage::Auth).await;
}

#[tokio::test]
async fn answers_to_the_sender() {
    run(Stage::Mail).await;
}

#[tokio::test]
async fn answers_to_the_recipient() {
    run(Stage::Rcpt).await;
}

#[tokio::test]
async fn answers_to_data() {
    run(Stage::Data).await;
}

#[tokio::test]
async fn answers_to_the_message() {
    run(Stage::Dot).await;
}

#[tokio::test]
async fn answers_to_quit() {
    run(Stage::Quit).await;
}
