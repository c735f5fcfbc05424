//! What a page may know of a link whose code it has.

use jiff::Timestamp;
use passlink_domain::{
    Delivery, EmailAddress, LanguageTag, LinkId, LinkState, Purpose, User, UserId,
};

use crate::codes::{CodeChecker, CodeError, PresentedCode};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    pub state: LinkState,
    pub user: UserId,
    /// What the user is called; empty when that is the user's address, or the link was mailed to an
    /// address that is no longer theirs.
    pub display_name: String,
    /// The user's address, masked; empty when there is none, or the link was mailed to another.
    pub masked_email: String,
    pub language: Option<LanguageTag>,
    pub requested: Timestamp,
    pub expires: Timestamp,
}

/// Shows links, also to who may only revoke them; changes nothing.
pub struct InspectLink(pub CodeChecker);

impl InspectLink {
    #[tracing::instrument(name = "passlink.inspect_link", skip_all)]
    pub async fn by_code(&self, presented: PresentedCode<LinkId>) -> Result<LinkView, CodeError> {
        self.view(presented, Purpose::Register).await
    }

    /// The link as it is now, for the code that revokes it.
    #[tracing::instrument(name = "passlink.inspect_revocation", skip_all)]
    pub async fn by_revoke_code(
        &self,
        presented: PresentedCode<LinkId>,
    ) -> Result<LinkView, CodeError> {
        self.view(presented, Purpose::Revoke).await
    }

    async fn view(
        &self,
        presented: PresentedCode<LinkId>,
        purpose: Purpose,
    ) -> Result<LinkView, CodeError> {
        let (link, user) = self.0.link(&presented, purpose).await?;
        let known = match purpose {
            Purpose::Register => link.is_for(&user),
            // Whether the user may act does not matter here.
            Purpose::Revoke | Purpose::Undo => match &link.delivery {
                Delivery::Mail(address) => user.verified_address() == Some(address),
                Delivery::Returned => true,
            },
        };
        let link = link.seen_at(self.0.ports.clock.now());
        // What has become of the user since is no business of a mailbox that is no longer theirs.
        let shows_state = known || link.state == LinkState::Redeemed;
        let (display_name, masked_email) =
            if known { name_and_address(&user) } else { Default::default() };
        Ok(LinkView {
            state: if shows_state { link.state } else { LinkState::Revoked },
            user: user.id,
            display_name,
            masked_email,
            language: user.language,
            requested: link.requested,
            expires: link.expires,
        })
    }
}

/// A user's name as a page shows it, and the masked address. The name is empty when it is the address:
/// a page shows that masked alone.
pub(crate) fn name_and_address(user: &User) -> (String, String) {
    let address = user.email.as_ref().map(|email| &email.address);
    let name = Some(user.display_name.as_str())
        .filter(|name| address.is_none_or(|address| address.as_str() != *name));
    (name.unwrap_or_default().to_owned(), address.map(EmailAddress::masked).unwrap_or_default())
}

#[cfg(test)]
mod tests;
