//! A mail that shows an operator that mail goes out.

use std::{sync::Arc, time::Duration};

use passlink_domain::{EmailAddress, LanguageTag, OutboxId};

use crate::{
    ids::new_id,
    mails::{Content, Hold, Mail},
    ports::{Clock, MailError, Mailer, Random},
};

/// How long the other side may take before the mail leaves.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug, thiserror::Error)]
#[error("the mail was {0}")]
pub struct TestMailError(#[from] pub MailError);

/// Sends a test mail on the path that real mail takes; returns the other side's answer.
pub async fn send_test_mail(
    mailer: Arc<dyn Mailer>,
    clock: &dyn Clock,
    random: &dyn Random,
    (to, language): (EmailAddress, Option<LanguageTag>),
) -> Result<String, TestMailError> {
    let requested = clock.now();
    let id: OutboxId = new_id(requested, random);
    let mail = Mail { to, language, account: None, content: Content::Test { requested } };
    let hold = Hold::outside_the_outbox(PATIENCE, clock);
    Ok(mailer.send(&id, &mail, &hold).await?)
}
