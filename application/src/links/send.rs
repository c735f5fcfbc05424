//! Mailing a passkey link to a user's own registered address.
//!
//! Why: `docs/decisions/transaction-then-mail.md`.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    Delivery, LinkId, LinkKind, LinkPolicy, LinkState, ObjectDetails, OutboxId, PasskeyLink,
    UrlTemplate, User,
};

use crate::{
    callers::Asker,
    links::{LinkIssuer, UserLinkError, issue::NewLink},
    mails::outbox::queue,
    ports::{MailSubject, OutboxMail, Repositories, Wake},
};

/// Records a new link and queues its mail, in one transaction; the worker sends it.
#[derive(Clone)]
pub struct SendLink {
    pub issuer: LinkIssuer,
    /// Called when there is mail.
    pub wake: Arc<dyn Wake>,
}

impl SendLink {
    /// Sends the user for whom `asker` acts a link, which leads to the page of `url_template` if there is
    /// one. When this returns, the link and its mail are durable. The template is looked at before the
    /// token of an asker who is not known yet.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    #[tracing::instrument(name = "passlink.send_link", skip_all)]
    pub async fn send(
        &self,
        url_template: Option<UrlTemplate>,
        asker: impl Into<Asker>,
    ) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
        let (issuer, asker) = (&self.issuer, asker.into());
        if let Some(template) = &url_template {
            issuer.domain.public_url.allows(template)?;
            issuer.domain.public_url.warn_of_code_in_query(template);
        }
        let (link, mail): (LinkId, OutboxId) = (issuer.ports.new_id(), issuer.ports.new_id());
        let given = (issuer.clone(), asker.clone(), (link, mail), url_template);
        let sent = issuer.ports.store.write_in_set(given, |(issuer, asker, ids, template), tx| {
            Box::pin(async move {
                let (link, mail) = ids;
                let acting = asker.grant(tx).await?;
                let new = issuer.new_link(link.clone(), template.clone(), acting);
                let (user, now) = new.lock_user(tx).await?;
                new.check_token(now, tx).await?;
                record_with_mail(&new, mail, (user, now), tx).await
            })
        });
        let sent = sent.await;
        if let (Err(UserLinkError::TooMany(limit)), Some(acting)) = (&sent, asker.granted()) {
            issuer.correct_clock(limit, &acting.user).await?;
        }
        let sent = sent?;
        issuer.ports.observer.links(LinkState::Requested, LinkKind::Mailed, 1);
        self.wake.wake();
        Ok(sent)
    }
}

/// Records the link, if the user, who is locked, may have one, and queues its mail.
pub(crate) async fn record_with_mail(
    new: &NewLink,
    mail: &OutboxId,
    (user, now): (User, Timestamp),
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
    let policy = new.issuer.policy;
    let address = user.reachable_at()?.clone();
    let recent = new.recent_links(&user.id, now, tx).await?;
    policy.allows_mail(&recent, now)?;
    let (mailbox, since) = (address.mailbox(), LinkPolicy::counts_from(now));
    if let Some(mails) = tx.count_mail(&mailbox, policy.max_per_mailbox, since, now).await? {
        return Err(policy.mailbox_is_full(&mails, now).into());
    }
    let (link, details) = new.record(&user, Delivery::Mail(address), now, tx).await?;
    let about = MailSubject::Link(link.id.clone());
    let mail = OutboxMail::new(mail.clone(), &user, about, now);
    queue(mail, &*new.issuer.ports.observer, tx).await?;
    // All sends of an organisation wait for each other from here on, so nothing follows but the commit.
    if let Some(most) = policy.max_per_organisation {
        let mailed = tx.mailed_for(&user.organisation).await?;
        let mailed = LinkPolicy::counts_for_organisation(most, &mailed, now)?;
        tx.set_mailed_for(&user.organisation, &mailed).await?;
    }
    Ok((link, details))
}

#[cfg(test)]
mod tests;
