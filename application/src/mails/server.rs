//! Whether the mail server takes mail. What is wrong with it is no mail's fault: all wait, one after
//! the other is tried, and when one gets through, all go out.

use std::time::{Duration, Instant};

use passlink_domain::OutboxId;

use crate::{
    mails::waits::{is_stuck, spread_by},
    ports::ClaimedMail,
};

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
    /// It ended the conversation about this mail without an answer that can be understood. If mails
    /// to one domain have it, that is the domain's trouble; if two domains have it in a row, it is
    /// the server's.
    Lost,
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
    /// The domain of the last mail, when the conversation about it was lost.
    lost: Option<i64>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    next_wait: Duration,
    next_probe: Instant,
    /// The mail that is on its way to see whether the server is back, and since when.
    probe: Option<(OutboxId, Instant)>,
}

impl MailServer {
    /// How many mails may go to it at `now`.
    pub fn allows(&self, now: Instant) -> Allowance {
        match &self.trouble {
            None => Allowance::All,
            // One that hangs says nothing of the server: the next one may go to another domain.
            Some(trouble)
                if trouble.next_probe <= now
                    && trouble.probe.as_ref().is_none_or(|(_, since)| is_stuck(*since, now)) =>
            {
                Allowance::Probe
            }
            Some(_) => Allowance::Nothing,
        }
    }

    /// Notes that a mail is on its way since `now`.
    pub fn asked(&mut self, mail: &ClaimedMail, now: Instant) {
        if let Some(trouble) = &mut self.trouble {
            trouble.probe = Some((mail.id.clone(), now));
        }
    }

    /// Takes note of what was said to a mail to a domain, `None` when the server was not asked;
    /// `spread`, from 0 to 1, keeps nodes from asking at the same time.
    pub fn heard(
        &mut self,
        word: Option<ServerWord>,
        (mail, domain): (&OutboxId, i64),
        spread: f64,
        now: Instant,
    ) -> Change {
        let lost_before = match word {
            Some(ServerWord::Lost) => self.lost.replace(domain),
            Some(_) => self.lost.take(),
            None => None,
        };
        let word = match word {
            Some(ServerWord::Lost) if lost_before.is_some_and(|before| before != domain) => {
                Some(ServerWord::Trouble)
            }
            word => word,
        };
        match (word, &mut self.trouble) {
            (Some(ServerWord::Took | ServerWord::Works | ServerWord::Busy), trouble) => {
                match trouble.take() {
                    Some(over) => Change::Back(now.saturating_duration_since(over.since)),
                    None => Change::Nothing,
                }
            }
            (Some(ServerWord::Trouble), None) => {
                self.trouble = Some(Trouble {
                    since: now,
                    next_wait: FIRST_WAIT * 2,
                    next_probe: now + spread_by(FIRST_WAIT, spread),
                    probe: None,
                });
                Change::Down
            }
            // Others were on their way when the trouble began, or hung.
            (_, Some(trouble)) if trouble.probe.as_ref().is_some_and(|(id, _)| id == mail) => {
                trouble.probe = None;
                let wait = match word {
                    Some(_) => trouble.next_wait,
                    // It says nothing of the server that this mail is not worth sending any more.
                    None => FIRST_WAIT,
                };
                trouble.next_probe = now + spread_by(wait, spread);
                if word.is_some() {
                    trouble.next_wait = (wait * 2).min(LONGEST_WAIT);
                }
                Change::Nothing
            }
            (_, _) => Change::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
