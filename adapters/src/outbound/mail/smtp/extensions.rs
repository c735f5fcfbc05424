//! What a mail server can do, as it says after EHLO.

use super::reply::Reply;

/// Keywords that are looked for, and stand alone on their lines.
const ALONE: [&str; 3] = ["STARTTLS", "8BITMIME", "SMTPUTF8"];

/// The keywords, and what stands behind them, in upper case (RFC 5321, 4.1.1.1).
#[derive(Debug, Default)]
pub(super) struct Extensions {
    keywords: Vec<Vec<String>>,
    pub knows_ehlo: bool,
}

impl Extensions {
    pub fn read(reply: &Reply) -> Self {
        // Some servers write `AUTH=LOGIN`.
        let words = |line: &String| {
            let words = line.split(|c: char| c.is_whitespace() || c == '=');
            words.filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect()
        };
        let mut keywords: Vec<Vec<String>> = reply.lines.iter().map(words).collect();
        if keywords.first().is_some_and(|first| !is_offer(first)) {
            keywords.remove(0);
        }
        Self { keywords, knows_ehlo: true }
    }

    pub fn has(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|words| words.first().is_some_and(|first| first == keyword))
    }

    /// The ways to sign in, in its order.
    pub fn mechanisms(&self) -> Vec<&str> {
        let auth = |words: &&Vec<String>| words.first().is_some_and(|first| first == "AUTH");
        let mechanisms = self.keywords.iter().filter(auth).flat_map(|words| words.iter().skip(1));
        mechanisms.map(String::as_str).collect()
    }
}

/// Whether the first line is an offer: it should greet with the server's domain, but some leave that
/// out, and to miss STARTTLS there is to send in clear.
fn is_offer(first: &[String]) -> bool {
    match first {
        [word] => ALONE.contains(&word.as_str()),
        [word, ..] => word == "AUTH",
        [] => false,
    }
}
