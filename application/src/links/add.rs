//! Returning a passkey link to the caller, who brings it to the device.

use std::time::Duration;

use passlink_domain::{
    Code, Delivery, LinkId, LinkState, MAX_RETURNED, ObjectDetails, PasskeyLink, Purpose,
};

use crate::{
    callers::Caller,
    links::{LinkDesk, UserLinkError, desk::Draft},
    mails::SecretUrl,
    ports::{LinkKind, Repositories, StoreError},
};

/// A link that was returned.
#[derive(Debug)]
pub struct AddedLink {
    /// What it changed.
    pub details: ObjectDetails,
    /// Its id.
    pub link: LinkId,
    /// Its code.
    pub code: Code,
    /// The link itself.
    pub url: SecretUrl,
    /// How long it works.
    pub lifetime: Duration,
}

/// Records a new link and returns it; no mail goes out.
pub struct AddLink {
    desk: LinkDesk,
    offered: bool,
}

impl AddLink {
    /// Takes where links are made, and whether links are returned at all.
    pub fn new(desk: LinkDesk, offered: bool) -> Self {
        Self { desk, offered }
    }

    /// Makes a link for the caller. When this returns, it is durable.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    #[tracing::instrument(name = "passlink.add_link", skip_all)]
    pub async fn for_caller(&self, caller: Caller) -> Result<AddedLink, UserLinkError> {
        if !self.offered {
            return Err(UserLinkError::NotOffered);
        }
        let draft = self.desk.draft(caller)?;
        let user = draft.caller.user.clone();
        let added = self.desk.store.write(draft, |draft, tx| Box::pin(add(draft, tx))).await;
        if let Err(UserLinkError::TooMany(limit)) = &added {
            self.desk.refused(limit, &user).await?;
        }
        let (link, details) = added?;
        self.desk.observer.links(LinkState::Requested, LinkKind::Returned, 1);
        let code = self.desk.keys.derive(&link.key, &link.code_binding(Purpose::Register));
        // It was made with a key that is held, a moment ago.
        let code = code.ok_or_else(|| StoreError::Broken("the newest key is gone".into()))?;
        Ok(AddedLink {
            details,
            url: self.desk.public_url.register(&link, &code),
            link: link.id,
            code,
            lifetime: self.desk.policy.lifetime,
        })
    }
}

async fn add(
    draft: &Draft,
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, ObjectDetails), UserLinkError> {
    let policy = draft.desk.policy;
    let (user, now) = draft.user(tx).await?;
    user.active()?;
    draft.check_token(now, tx).await?;
    let recent = draft.recent(&user.id, now, tx).await?;
    let since = policy.open_from(now);
    let open = tx.open_returned_links(&user.id, since, now, MAX_RETURNED).await?;
    policy.allows_return(&recent, &open, now)?;
    Ok(draft.record(&user, Delivery::Returned, now, tx).await?)
}

#[cfg(test)]
mod tests;
