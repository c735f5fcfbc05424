//! Mailing a new link in place of one that has expired, for whoever still has its code.

use passlink_domain::{LinkId, LinkState, OutboxId, PasskeyLink, Purpose, TooManyLinks};

use crate::{
    callers::Caller,
    codes::{CodeDesk, CodeError, PresentedCode},
    ids::new_id,
    links::{SendLink, UserLinkError, desk::Draft, send::send},
    ports::{LinkKind, Repositories, StoreError},
};

/// Why a link was not mailed again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The code does not hold, or the link is not one that can be resent: only one that has
    /// expired can, only once, and only while the address that it was mailed to is the user's.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The user has had too many links.
    #[error(transparent)]
    TooMany(#[from] TooManyLinks),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UserLinkError> for ResendError {
    fn from(error: UserLinkError) -> Self {
        match error {
            UserLinkError::TooMany(limit) => Self::TooMany(limit),
            UserLinkError::Store(error) => Self::Store(error),
            UserLinkError::UserNotFound
            | UserLinkError::NotReachable(_)
            | UserLinkError::NotOffered
            | UserLinkError::TokenEnded
            | UserLinkError::UrlTemplate(_) => CodeError::Invalid.into(),
        }
    }
}

/// Resends links, to the user's registered address.
pub struct ResendLink {
    codes: CodeDesk,
    send: SendLink,
}

impl ResendLink {
    /// Takes where codes are checked and how links are sent.
    pub fn new(codes: CodeDesk, send: SendLink) -> Self {
        Self { codes, send }
    }

    /// Mails a new link in place of the one that the code is for, within the limits that hold for
    /// any link.
    ///
    /// Errors: [`ResendError`]; nothing is recorded then, and the link can still be resent.
    #[tracing::instrument(name = "passlink.resend_link", skip_all)]
    pub async fn by_code(&self, presented: PresentedCode<LinkId>) -> Result<(), ResendError> {
        let (link, user) = self.codes.link(&presented, Purpose::Register).await?;
        let desk = &self.send.desk;
        let (token_name, token) = (link.requested_by.clone(), link.token.clone());
        let caller = Caller { user: user.id, token_name, token };
        let mail: OutboxId = new_id(desk.clock.now(), &*desk.random)?;
        let draft = Draft { url_template: link.url_template.clone(), ..desk.draft(caller)? };
        let user = draft.caller.user.clone();
        let resent = desk.store.write((link, draft, mail), |(link, draft, mail), tx| {
            Box::pin(resend(link, draft, mail, tx))
        });
        let resent = resent.await;
        if let Err(ResendError::TooMany(limit)) = &resent {
            desk.refused(limit, &user).await?;
        }
        resent?;
        desk.observer.links(LinkState::Requested, LinkKind::Mailed, 1);
        self.send.wake.wake();
        Ok(())
    }
}

async fn resend(
    expired: &PasskeyLink,
    draft: &Draft,
    mail: &OutboxId,
    tx: &mut dyn Repositories,
) -> Result<(), ResendError> {
    let (user, now) = draft.user(tx).await?;
    let can_be_resent = expired.is_for(&user) && expired.can_be_resent_at(now);
    // What a token that was revoked has made is not made again.
    let token = match &draft.caller.token {
        Some(token) => tx.token(token).await?,
        None => None,
    };
    let is_revoked = token.is_some_and(|token| token.revoked.is_some());
    if is_revoked || !can_be_resent || !tx.mark_resent(&expired.id, now).await? {
        return Err(CodeError::Invalid.into());
    }
    send(draft, mail, (user, now), tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
