//! What came of a try to deliver a mail.

use std::time::Duration;

use passlink_domain::{LinkState, PasskeyLink};

use crate::{
    mails::mail_server::{ServerAnswer, ServerHint},
    ports::{Attempt, ClaimedMail, DeliveryFailure, MailOutcome, MailReason, StoreResult},
};

/// What came of a try to deliver a claimed mail, to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub outcome: MailOutcome,
    pub attempt: Attempt,
    /// What the try showed about the mail server; `None` when it was not asked.
    pub hint: Option<ServerHint>,
    pub link: Option<PasskeyLink>,
    pub link_becomes: Option<LinkState>,
}

impl Tried {
    fn answer(&self) -> &str {
        match &self.outcome {
            MailOutcome::Sent(answer)
            | MailOutcome::Retry { answer, .. }
            | MailOutcome::Returned(answer)
            | MailOutcome::Failed(answer) => answer,
            MailOutcome::PutBack => "",
        }
    }

    /// What the mail server answered; `None` when it was not asked.
    pub fn server_answer(&self) -> Option<ServerAnswer> {
        self.hint.map(|hint| ServerAnswer { hint, text: self.answer().to_owned() })
    }
}

/// Logs how a delivery ended, in one line; returns why it failed, if it did. `tried` is `None` when the
/// mail was not tried, and `recorded` is `false` when another worker has claimed it since.
pub(crate) fn log(
    mail: &ClaimedMail,
    tried: Option<&Tried>,
    recorded: StoreResult<bool>,
    duration: Duration,
) -> Option<DeliveryFailure> {
    let (mail_id, user_id, tries) = (mail.id.as_str(), mail.user.as_str(), mail.tries);
    let duration_ms = duration.as_micros() as f64 / 1000.0;
    let tried = match (recorded, tried) {
        (Ok(true), Some(tried)) => tried,
        (Ok(_), _) => {
            tracing::warn!(
                mail_id,
                user_id,
                tries,
                duration_ms,
                "mail taken over by another worker"
            );
            return None;
        }
        (Err(error), _) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                mail_id,
                user_id,
                tries,
                error,
                "the outcome of a mail was not recorded"
            );
            let text = "the outcome was not recorded".to_owned();
            return Some(DeliveryFailure { reason: None, text });
        }
    };
    let (failed_for, answer) = (tried.attempt.reason(), tried.answer());
    let reason = failed_for.map(MailReason::name);
    match &tried.outcome {
        MailOutcome::Sent(_) => {
            tracing::info!(mail_id, user_id, tries, duration_ms, answer, "mail sent");
        }
        MailOutcome::Retry { due, .. } => {
            tracing::warn!(mail_id, user_id, tries, duration_ms, reason, answer, %due, "mail to be tried again");
        }
        // The mail server is the cause. The worker logs that once, for all mails.
        MailOutcome::Returned(_) | MailOutcome::PutBack => {
            tracing::debug!(mail_id, user_id, tries, duration_ms, reason, answer, "mail waits");
        }
        MailOutcome::Failed(_) => {
            tracing::warn!(mail_id, user_id, tries, duration_ms, reason, answer, "mail not sent");
        }
    }
    failed_for.map(|reason| DeliveryFailure { reason: Some(reason), text: answer.to_owned() })
}
