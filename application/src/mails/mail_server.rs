//! Whether the mail server takes mail. While it takes none, all mails wait, and one after the other is
//! tried. When one gets through, all go out.

use std::time::{Duration, Instant};

use passlink_domain::OutboxId;

use crate::mails::backoff::with_jitter;

/// A mail that has waited so long for an answer may never get one.
const STUCK: Duration = Duration::from_secs(10);

/// Wait before the first probe; it doubles with each one that fails.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two probes, before the jitter.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Whether a mail that is on its way since then waits for an answer that may never come.
pub(crate) fn is_stuck(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) >= STUCK
}

#[derive(Debug)]
pub(crate) struct ServerAnswer {
    pub hint: ServerHint,
    pub text: String,
}

/// What a try to deliver a mail showed about the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerHint {
    Accepted,
    /// It deals with mails, and did not take this one.
    Works,
    /// It deals with mails, and asks for fewer to this domain.
    Busy,
    /// It ended the conversation about this mail without an answer that can be understood. When that
    /// happens to mails to one domain, the domain is the cause. When it happens to two domains in a row,
    /// the server is.
    NoAnswer,
    /// There is no connection, no TLS, no sign-in; or it is busy with others.
    Down,
}

/// How many mails may go to the server now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    All,
    /// One, to see whether it takes mail again.
    Probe,
    Nothing,
}

/// What an answer of the server changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// It takes no mail from now on.
    Down,
    /// It takes mail again, after so long.
    Back(Duration),
}

/// The mail server, as this process knows it.
#[derive(Debug, Default)]
pub(crate) struct MailServer {
    trouble: Option<Trouble>,
    /// The domain of the last mail, if that got no answer.
    unanswered: Option<i64>,
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
            // A probe that hangs shows nothing about the server: the next one may go to another domain.
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
    pub fn note_asked(&mut self, mail: &OutboxId, now: Instant) {
        if let Some(trouble) = &mut self.trouble {
            trouble.probe = Some((mail.clone(), now));
        }
    }

    /// Notes what the answer to a mail to a domain shows, `None` when the server was not asked; `jitter`,
    /// from 0 to 1, keeps nodes from asking at the same time.
    pub fn note_answer(
        &mut self,
        hint: Option<ServerHint>,
        (mail, domain): (&OutboxId, i64),
        jitter: f64,
        now: Instant,
    ) -> Change {
        let unanswered_before = match hint {
            Some(ServerHint::NoAnswer) => self.unanswered.replace(domain),
            Some(_) => self.unanswered.take(),
            None => None,
        };
        let hint = match hint {
            Some(ServerHint::NoAnswer) if unanswered_before.is_some_and(|it| it != domain) => {
                Some(ServerHint::Down)
            }
            hint => hint,
        };
        match (hint, &mut self.trouble) {
            (Some(ServerHint::Accepted | ServerHint::Works | ServerHint::Busy), trouble) => {
                match trouble.take() {
                    Some(over) => Change::Back(now.saturating_duration_since(over.since)),
                    None => Change::Nothing,
                }
            }
            (Some(ServerHint::Down), None) => {
                self.trouble = Some(Trouble {
                    since: now,
                    next_wait: FIRST_WAIT * 2,
                    next_probe: now + with_jitter(FIRST_WAIT, jitter),
                    probe: None,
                });
                Change::Down
            }
            // Other mails were on their way when the trouble began, or hung: only the probe counts.
            (_, Some(trouble)) if trouble.probe.as_ref().is_some_and(|(id, _)| id == mail) => {
                trouble.probe = None;
                let wait = match hint {
                    Some(_) => trouble.next_wait,
                    // This mail was not worth sending any more, which shows nothing about the server.
                    None => FIRST_WAIT,
                };
                trouble.next_probe = now + with_jitter(wait, jitter);
                if hint.is_some() {
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
