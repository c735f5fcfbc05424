//! A mail that shows an operator that mail goes out.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{EmailAddress, OutboxId};

use crate::{Clock, DeliverMail, Mail, MailError, Mailer, Random, StoreError, ids::new_id};

/// Why the test mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum TestMailError {
    /// It was not taken.
    #[error("the mail was {0}")]
    Mail(#[from] MailError),
    /// No id could be made for it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends a test mail on the path that real mail takes; returns the other side's answer.
pub async fn send_test_mail(
    mailer: Arc<dyn Mailer>,
    clock: &dyn Clock,
    random: &dyn Random,
    (to, language): (EmailAddress, String),
) -> Result<String, TestMailError> {
    let requested = clock.now();
    let id: OutboxId = new_id(requested, random)?;
    let until = requested.saturating_add(DeliverMail::LEASE / 2).unwrap_or(Timestamp::MAX);
    Ok(mailer.send(&id, &Mail::Test { to, language, requested }, until).await?)
}
