//! Whether the mail server takes mail. What is wrong with it is no mail's fault: all wait, one after
//! the other is tried, and when one gets through, all go out.

use std::time::{Duration, Instant};

/// Wait before the first probe; it doubles with each one that fails.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two probes, before it is spread.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What a try to deliver a mail told of the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerWord {
    /// It took the mail.
    Took,
    /// It deals with mails, and did not take this one.
    Works,
    /// It deals with mails, and asks for fewer to this domain.
    Busy,
    /// There is no connection, no TLS, no sign-in; or it is busy with others.
    Trouble,
}

/// How many mails may go to the server now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// As many as there are slots.
    All,
    /// One, to see whether it takes mail again.
    Probe,
    /// None.
    Nothing,
}

/// What a word of the server changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing that has not been told.
    Nothing,
    /// It takes no mail from now on.
    Down,
    /// It takes mail again, after so long.
    Back(Duration),
}

/// The mail server, as this process knows it.
#[derive(Debug, Default)]
pub struct MailServer {
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    next_wait: Duration,
    next_probe: Instant,
}

impl MailServer {
    /// How many mails may go to it at `now`, when so many are on their way.
    pub fn allows(&self, on_their_way: usize, now: Instant) -> Allowance {
        match &self.trouble {
            None => Allowance::All,
            Some(trouble) if on_their_way == 0 && trouble.next_probe <= now => Allowance::Probe,
            Some(_) => Allowance::Nothing,
        }
    }

    /// Takes note of a word; `spread`, from 0 to 1, keeps nodes from asking at the same time.
    pub fn heard(&mut self, word: ServerWord, spread: f64, now: Instant) -> Change {
        match (word, &mut self.trouble) {
            (ServerWord::Took | ServerWord::Works | ServerWord::Busy, trouble) => {
                match trouble.take() {
                    Some(over) => Change::Back(now.saturating_duration_since(over.since)),
                    None => Change::Nothing,
                }
            }
            (ServerWord::Trouble, None) => {
                self.trouble = Some(Trouble {
                    since: now,
                    next_wait: FIRST_WAIT * 2,
                    next_probe: now + spread_by(FIRST_WAIT, spread),
                });
                Change::Down
            }
            // One that was on its way when the trouble began.
            (ServerWord::Trouble, Some(trouble)) if now < trouble.next_probe => Change::Nothing,
            (ServerWord::Trouble, Some(trouble)) => {
                trouble.next_probe = now + spread_by(trouble.next_wait, spread);
                trouble.next_wait = (trouble.next_wait * 2).min(LONGEST_WAIT);
                Change::Nothing
            }
        }
    }
}

/// By half to either side.
pub(crate) fn spread_by(wait: Duration, spread: f64) -> Duration {
    wait.mul_f64(0.5 + spread.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests;
