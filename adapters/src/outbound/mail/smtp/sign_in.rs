//! Signing in to a mail server (RFC 4954).

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use passlink_application::ports::MailReason;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{connection::Connection, failure::Failure, reply::Reply};

/// The ways that are known, the best first.
const MECHANISMS: [&str; 2] = ["PLAIN", "LOGIN"];
/// Longest command, without its end (RFC 5321, 4.5.3.1.4).
const LONGEST: usize = 510;

/// From how many characters on a text may be a part of a secret.
const SHARED: usize = 6;

/// Signs in by a way that the server offers.
///
/// Errors: it offers none that is known, or does not let us in.
pub(super) async fn sign_in(
    connection: &mut Connection,
    (user, password): (&str, &SecretString),
) -> Result<Reply, Failure> {
    let offered = connection.extensions.mechanisms();
    let ways = MECHANISMS.into_iter().filter(|way| offered.contains(way)).collect::<Vec<_>>();
    let mut failure = Failure::without_answer(MailReason::SignIn, nothing_in_common(connection));
    for way in ways {
        let words = words(way, user, password);
        match say(connection, way, &words).await {
            Err(refused) => failure = refused,
            signed_in => return signed_in,
        }
        // Only an unknown way is worth another one.
        if failure.code != Some(504) {
            break;
        }
    }
    Err(Failure { reason: MailReason::SignIn, ..failure })
}

fn nothing_in_common(connection: &Connection) -> String {
    match connection.extensions.mechanisms()[..] {
        _ if !connection.extensions.knows_ehlo => {
            "the mail server refuses EHLO, without which nobody can sign in".to_owned()
        }
        [] => "the mail server offers no sign-in (AUTH) on this connection; leave user and \
            password out of mail.smtp_url, or use another port or tls=required"
            .to_owned(),
        ref offered => format!(
            "the mail server offers sign-in by {}; PLAIN or LOGIN is needed",
            offered.join(", ")
        ),
    }
}

/// What is said, in its order.
fn words(way: &str, user: &str, password: &SecretString) -> Vec<Zeroizing<String>> {
    let encoded = |text: &str| Zeroizing::new(BASE64_STANDARD.encode(text));
    let password = password.expose_secret();
    match way {
        "PLAIN" => vec![encoded(&Zeroizing::new(format!("\0{user}\0{password}")))],
        _ => vec![encoded(user), encoded(password)],
    }
}

/// What the server asks for is not looked at: some write it in words of their own, and some not at all.
async fn say(
    connection: &mut Connection,
    way: &str,
    words: &[Zeroizing<String>],
) -> Result<Reply, Failure> {
    let mut command = Zeroizing::new(format!("AUTH {way}"));
    // A single word goes along where it fits; a server that asks for it all the same gets it again.
    if let [word] = words
        && command.len() + 1 + word.len() <= LONGEST
    {
        command = Zeroizing::new(format!("{} {}", *command, **word));
    }
    let mut reply = connection.ask(&command).await?;
    for word in words {
        if reply.class() != 3 {
            break;
        }
        reply = connection.ask(word).await?;
    }
    Failure::unless(&[2], reply)
}

/// The text without the password in any form: a server may repeat it at any time and in any case.
pub(super) fn without_secrets(mut text: String, (user, password): (&str, &SecretString)) -> String {
    let mut secrets: Vec<_> =
        MECHANISMS.iter().filter_map(|way| words(way, user, password).pop()).collect();
    secrets.push(Zeroizing::new(password.expose_secret().to_owned()));
    for secret in &secrets {
        text = without(&text, &Zeroizing::new(letters(secret.trim_end_matches('='))));
    }
    text
}

/// The text without the parts that it shares with a secret, however it breaks them.
fn without(text: &str, secret: &[char]) -> String {
    let size = secret.len().min(SHARED);
    if size == 0 {
        return text.to_owned();
    }
    let parts: HashSet<_> = secret.windows(size).collect();
    let said = letters(text);
    let mut secret = vec![false; said.len()];
    for (at, _) in said.windows(size).enumerate().filter(|(_, part)| parts.contains(part)) {
        secret.iter_mut().skip(at).take(size).for_each(|is_secret| *is_secret = true);
    }
    let (mut kept, mut secret, mut was_secret) = (String::new(), secret.into_iter(), false);
    for c in text.chars() {
        let is_secret = !c.is_whitespace() && secret.next().unwrap_or_default();
        match (was_secret, is_secret) {
            (false, true) => kept.push_str("[redacted]"),
            (_, true) => {}
            (_, false) => kept.push(c),
        }
        was_secret = is_secret || was_secret && c.is_whitespace();
    }
    kept
}

/// The text in lower case and without blanks.
fn letters(text: &str) -> Vec<char> {
    let letters = text.chars().filter(|c| !c.is_whitespace());
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
