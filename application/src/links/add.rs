//! Returning a passkey link to the caller, who brings it to the device.

use std::time::Duration;

use passlink_domain::{
    Code, Delivery, LinkId, LinkKind, LinkState, MAX_RETURNED, ObjectDetails, PasskeyLink, Purpose,
};

use crate::{
    callers::Acting,
    links::{LinkIssuer, UserLinkError, issue::NewLink},
    mails::SecretUrl,
    ports::Repositories,
};

#[derive(Debug)]
pub struct AddedLink {
    pub details: ObjectDetails,
    pub link: LinkId,
    pub code: Code,
    pub url: SecretUrl,
    pub lifetime: Duration,
}

/// Records a new link and returns it; no mail goes out.
pub struct AddLink {
    pub issuer: LinkIssuer,
    /// Whether links are returned at all.
    pub offered: bool,
}

impl AddLink {
    /// Makes a link for the user. When this returns, it is durable.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    #[tracing::instrument(name = "passlink.add_link", skip_all)]
    pub async fn add(&self, acting: Acting) -> Result<AddedLink, UserLinkError> {
        if !self.offered {
            return Err(UserLinkError::NotOffered);
        }
        let issuer = &self.issuer;
        let user = acting.user.clone();
        let new = issuer.new_link(issuer.ports.new_id(), None, acting);
        let added = issuer.ports.store.write(new, |new, tx| Box::pin(add(new, tx))).await;
        if let Err(UserLinkError::TooMany(limit)) = &added {
            issuer.correct_clock(limit, &user).await?;
        }
        let (link, details) = added?;
        issuer.ports.observer.links(LinkState::Requested, LinkKind::Returned, 1);
        let code = issuer.keys.newest().derive(&link.code_binding(Purpose::Register));
        Ok(AddedLink {
            details,
            url: issuer.domain.public_url.register(&link, &code),
            link: link.id,
            code,
            lifetime: issuer.policy.lifetime,
        })
    }
}

async fn add(
    new: &NewLink,
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
    let policy = new.issuer.policy;
    let (user, now) = new.lock_user(tx).await?;
    user.active()?;
    new.check_token(now, tx).await?;
    let recent = new.recent_links(&user.id, now, tx).await?;
    let since = policy.open_from(now);
    let open = tx.open_returned_links(&user.id, since, now, MAX_RETURNED).await?;
    policy.allows_return(&recent, &open, now)?;
    Ok(new.record(&user, Delivery::Returned, now, tx).await?)
}

#[cfg(test)]
mod tests;
