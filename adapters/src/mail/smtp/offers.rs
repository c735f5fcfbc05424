//! What a mail server can do, as it says after EHLO.

use super::reply::Reply;

/// The keywords, and what stands behind them, in upper case (RFC 5321, 4.1.1.1).
#[derive(Debug, Default)]
pub(super) struct Offers {
    keywords: Vec<Vec<String>>,
    /// Whether it knows EHLO at all.
    pub knows_ehlo: bool,
}

impl Offers {
    /// Reads the answer to EHLO.
    pub fn of(reply: &Reply) -> Self {
        // Some servers write `AUTH=LOGIN`.
        let words = |line: &String| {
            let words = line.split(|c: char| c.is_whitespace() || c == '=');
            words.filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect()
        };
        // The first line is a greeting.
        let keywords = reply.lines.iter().skip(1).map(words).collect();
        Self { keywords, knows_ehlo: true }
    }

    /// Whether it offers that.
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
