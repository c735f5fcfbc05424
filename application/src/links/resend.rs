//! Mailing a new link in place of one that has expired, for whoever still has its code.
//! [`PasskeyLink::can_be_resent_at`] says when a link can be resent.

use passlink_domain::{
    LinkId, LinkKind, LinkState, OutboxId, PasskeyLink, Purpose, SessionId, TooManyLinks,
};

use crate::{
    callers::Acting,
    codes::{CodeChecker, CodeError, PresentedCode},
    links::{SendLink, UserLinkError, issue::NewLink, send::record_with_mail},
    ports::{Repositories, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The code does not hold, or the link can't be resent: only one that has expired can
    /// ([`PasskeyLink::can_be_resent_at`]), only once, and only while the address that it was mailed
    /// to is the user's.
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    TooMany(#[from] TooManyLinks),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UserLinkError> for ResendError {
    fn from(error: UserLinkError) -> Self {
        match error {
            UserLinkError::TooMany(limit) => Self::TooMany(limit),
            UserLinkError::Store(error) => Self::Store(error),
            // No token asks for this.
            UserLinkError::Caller(_)
            | UserLinkError::UserNotFound
            | UserLinkError::NotReachable(_)
            | UserLinkError::NotOffered
            | UserLinkError::TokenEnded
            | UserLinkError::UrlTemplate(_) => CodeError::Invalid.into(),
        }
    }
}

/// Resends links, to the user's registered address.
pub struct ResendLink {
    pub codes: CodeChecker,
    pub send: SendLink,
}

impl ResendLink {
    /// Mails a new link in place of the one that the code is for, within the limits that hold for
    /// any link.
    ///
    /// Errors: [`ResendError`]; nothing is recorded then, and the link can still be resent.
    #[tracing::instrument(name = "passlink.resend_link", skip_all)]
    pub async fn by_code(&self, presented: PresentedCode<LinkId>) -> Result<(), ResendError> {
        let (link, user) = self.codes.link(&presented, Purpose::Register).await?;
        let issuer = &self.send.issuer;
        let acting = Acting::holder_of(&link);
        let mail: OutboxId = issuer.ports.new_id();
        let new = issuer.new_link(issuer.ports.new_id(), link.url_template.clone(), acting);
        let resent = issuer.ports.store.write((link, new, mail), |(link, new, mail), tx| {
            Box::pin(resend(link, new, mail, tx))
        });
        let resent = resent.await;
        if let Err(ResendError::TooMany(limit)) = &resent {
            issuer.correct_clock(limit, &user.id).await?;
        }
        resent?;
        issuer.ports.observer.links(LinkState::Requested, LinkKind::Mailed, 1);
        self.send.wake.wake();
        Ok(())
    }
}

async fn resend(
    expired: &PasskeyLink,
    new: &NewLink,
    mail: &OutboxId,
    tx: &mut dyn Repositories,
) -> Result<(), ResendError> {
    let (user, now) = new.lock_user(tx).await?;
    let can_be_resent = expired.is_for(&user) && expired.can_be_resent_at(now);
    // What was made by a token that was revoked, or by a session that was ended, is not made again.
    let token = match &new.acting.token {
        Some(token) => tx.token_for_share(token).await?,
        None => None,
    };
    let session = match (&new.acting.token, &token) {
        (Some(id), None) => tx.session_for_share(&SessionId::from(id)).await?,
        _ => None,
    };
    let is_ended = session.is_some_and(|session| session.ended.is_some());
    let is_revoked = is_ended || token.is_some_and(|token| token.revoked.is_some());
    if is_revoked || !can_be_resent || !tx.mark_resent(&expired.id, now).await? {
        return Err(CodeError::Invalid.into());
    }
    record_with_mail(new, mail, (user, now), tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
