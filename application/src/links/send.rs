//! Mailing a passkey link to a user's own registered address.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    Delivery, LinkState, ObjectDetails, OutboxId, PasskeyLink, UrlTemplate, User,
};

use crate::{
    callers::Caller,
    ids::new_id,
    links::{LinkDesk, UserLinkError, desk::Draft},
    mails::queue::queue,
    ports::{LinkKind, MailSubject, OutboxMail, Repositories, Wake},
};

/// Records a new link and queues its mail, in one transaction; the worker sends it.
#[derive(Clone)]
pub struct SendLink {
    pub(crate) desk: LinkDesk,
    pub(crate) wake: Arc<dyn Wake>,
}

impl SendLink {
    /// Takes where links are made, and whom to tell that there is mail.
    pub fn new(desk: LinkDesk, wake: Arc<dyn Wake>) -> Self {
        Self { desk, wake }
    }

    /// Sends the caller a link. When this returns, the link and its mail are durable.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    pub async fn to_caller(&self, caller: Caller) -> Result<ObjectDetails, UserLinkError> {
        self.leading_to(None, caller).await
    }

    /// Sends the caller a link that leads to the page of `url_template`, if there is one.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    pub async fn leading_to(
        &self,
        url_template: Option<UrlTemplate>,
        caller: Caller,
    ) -> Result<ObjectDetails, UserLinkError> {
        Ok(self.link(url_template, caller).await?.1)
    }

    /// As [`Self::leading_to`]; returns the link as well.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    #[tracing::instrument(name = "passlink.send_link", skip_all)]
    pub async fn link(
        &self,
        url_template: Option<UrlTemplate>,
        caller: Caller,
    ) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
        url_template.iter().try_for_each(|template| self.desk.public_url.allows(template))?;
        let draft = Draft { url_template, ..self.desk.draft(caller)? };
        let mail = new_id(self.desk.clock.now(), &*self.desk.random)?;
        let user = draft.caller.user.clone();
        let sent = self.desk.store.write((draft, mail), |(draft, mail), tx| {
            Box::pin(async move {
                let (user, now) = draft.user(tx).await?;
                draft.check_token(now, tx).await?;
                send(draft, mail, (user, now), tx).await
            })
        });
        let sent = sent.await;
        if let Err(UserLinkError::TooMany(limit)) = &sent {
            self.desk.refused(limit, &user).await?;
        }
        let sent = sent?;
        self.desk.observer.links(LinkState::Requested, LinkKind::Mailed, 1);
        self.wake.wake();
        Ok(sent)
    }
}

/// Records the link, if the user, who is locked, may have one, and queues its mail.
pub(crate) async fn send(
    draft: &Draft,
    mail: &OutboxId,
    (user, now): (User, Timestamp),
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
    let policy = draft.desk.policy;
    let address = user.reachable_at()?.clone();
    let recent = draft.recent(&user.id, now, tx).await?;
    policy.allows_mail(&recent, now)?;
    let (mailbox, since) = (address.mailbox(), policy.counts_from(now));
    if let Some(mails) = tx.count_mail(&mailbox, policy.max_per_mailbox, since, now).await? {
        return Err(policy.mailbox_is_full(&mails, now).into());
    }
    let (link, details) = draft.record(&user, Delivery::Mail(address), now, tx).await?;
    let about = MailSubject::Link(link.id.clone());
    let mail = OutboxMail::new(mail.clone(), &user, about, now);
    queue(mail, &*draft.desk.observer, tx).await?;
    Ok((link, details))
}

#[cfg(test)]
mod tests;
