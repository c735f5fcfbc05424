//! A mail that shows an operator that mail goes out.

use std::{sync::Arc, time::Duration};

use passlink_domain::{EmailAddress, LanguageTag, OutboxId};

use crate::{
    domains::Domain,
    ids::new_id,
    mails::{Content, Hold, Mail},
    ports::{Clock, MailError, Mailer, Random},
};

/// How long the other side may take before the mail leaves.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug, thiserror::Error)]
#[error("the mail was {0}")]
pub struct TestMailError(#[from] pub MailError);

/// Sends a test mail from a domain on the path that real mail takes; returns the other side's answer.
pub async fn send_test_mail(
    mailer: Arc<dyn Mailer>,
    clock: &dyn Clock,
    random: &dyn Random,
    domain: &Domain,
    (to, language): (EmailAddress, Option<LanguageTag>),
) -> Result<String, TestMailError> {
    let requested = clock.now();
    let id: OutboxId = new_id(requested, random);
    let (domain, content) = (domain.host().to_owned(), Content::Test { requested });
    let mail = Mail { to, language, domain, account: None, content };
    let hold = Hold::outside_the_outbox(PATIENCE, clock);
    Ok(mailer.send(&id, &mail, &hold).await?)
}
