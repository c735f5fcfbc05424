//! What a mail server says (RFC 5321, 4.2), read leniently: servers leave out texts and blanks, end
//! lines by LF alone, and write in any charset. What counts is the code of the last line.

/// Most octets of an answer. What comes behind them is not read.
const LONGEST: usize = 1 << 20;
/// Most octets of an answer's text that are shown.
const SHOWN: usize = 2000;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// What stands behind the code in each line.
    pub lines: Vec<String>,
}

impl Reply {
    /// The first digit of the code: 2 for yes, 3 for go on, 4 for not now, 5 for never.
    pub fn class(&self) -> u16 {
        self.code / 100
    }

    /// Code and text on one line, for an operator.
    pub fn text(&self) -> String {
        let mut text = self.code.to_string();
        for line in &self.lines {
            if text.len() > SHOWN {
                break;
            }
            text.push(' ');
            text.extend(line.chars().take(SHOWN));
        }
        text.trim_end().to_owned()
    }
}

/// What has come from a server and was not read yet.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    octets: Vec<u8>,
    /// Where the first line begins that was not looked at.
    next: usize,
    /// Up to where it is known not to end.
    searched: usize,
    lines: Vec<String>,
    /// The first line that can't be part of an answer.
    nonsense: Option<String>,
}

impl Inbox {
    pub fn add(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Takes out the next answer, if it is complete. Lines that can't be part of one are passed over.
    pub fn take(&mut self) -> Option<Reply> {
        loop {
            let unsearched = self.octets.get(self.searched..)?;
            let Some(length) = unsearched.iter().position(|octet| *octet == b'\n') else {
                self.searched = self.octets.len();
                return None;
            };
            let end = self.searched + length + 1;
            if let Some(reply) = self.line(end) {
                return Some(reply);
            }
        }
    }

    /// The same where nothing more will come: the last line needs no end.
    pub fn take_last(&mut self) -> Option<Reply> {
        self.take().or_else(|| self.line(self.octets.len()))
    }

    /// Takes in the line that ends before `end`.
    fn line(&mut self, end: usize) -> Option<Reply> {
        let line = self.octets.get(self.next..end).unwrap_or_default();
        let (code, behind) = split(line);
        let more = behind.strip_prefix(b"-");
        let is_last = more.is_none();
        let text = String::from_utf8_lossy(more.unwrap_or(behind)).trim().to_owned();
        (self.next, self.searched) = (end, end);
        let Some(code) = code else {
            if text.contains(|c: char| !c.is_control() && !c.is_whitespace()) {
                self.nonsense.get_or_insert(text.chars().take(SHOWN).collect());
            }
            return None;
        };
        self.lines.push(text);
        is_last.then(|| {
            let rest = Self { octets: self.octets.split_off(end), ..Self::default() };
            Reply { code, lines: std::mem::replace(self, rest).lines }
        })
    }

    /// Whether nothing has come but empty lines.
    pub fn is_blank(&self) -> bool {
        self.octets.iter().all(|octet| b"\r\n \t\0".contains(octet))
    }

    /// Whether what has come begins with this octet, but for what may stand before a code.
    pub fn begins_with(&self, octet: u8) -> bool {
        bare(&self.octets).first() == Some(&octet)
    }

    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Whether an answer is longer than any should be.
    pub fn is_full(&self) -> bool {
        self.octets.len() >= LONGEST
    }

    /// A line that can't be part of an answer, if there was one.
    pub fn nonsense(&self) -> Option<&str> {
        self.nonsense.as_deref()
    }
}

/// The code at the beginning of a line, if there is one, and the rest.
fn split(line: &[u8]) -> (Option<u16>, &[u8]) {
    let line = bare(line);
    match line.split_first_chunk() {
        Some((digits @ [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'], behind)) => {
            let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
            (Some(code), behind)
        }
        _ => (None, line),
    }
}

/// The octets without what may stand before a code: blanks and a byte order mark.
fn bare(octets: &[u8]) -> &[u8] {
    let octets = octets.trim_ascii_start();
    octets.strip_prefix("\u{feff}".as_bytes()).unwrap_or(octets).trim_ascii_start()
}

#[cfg(test)]
mod tests;
