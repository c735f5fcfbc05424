//! Passkey links and their life.

use jiff::Timestamp;

use crate::{
    CodeBinding, EmailAddress, KeyId, LinkId, OrganisationId, Purpose, Text, TokenId, UrlTemplate,
    User, UserId, names::named,
};

named! {
    pub enum LinkState {
        /// Recorded; its mail is not out yet.
        Requested = "requested",
        /// The mail server accepted its mail.
        Sent = "sent",
        /// The mail server refused its mail for good. An operator may have it tried again.
        Undeliverable = "undeliverable",
        /// A passkey was registered with it.
        Redeemed = "redeemed",
        /// Its time ran out.
        Expired = "expired",
        /// The mail with a newer link was accepted.
        Replaced = "replaced",
        /// It was revoked, or what it rested on (user, address) changed.
        Revoked = "revoked",
    }
}

impl LinkState {
    /// Whether nothing can become of the link any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Requested | Self::Sent | Self::Undeliverable)
    }
}

/// How a link reaches its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// By mail to this address, and to no other: a changed address ends the link.
    Mail(EmailAddress),
    /// Handed to the caller, who brings it to the user.
    Returned,
}

impl Delivery {
    pub fn kind(&self) -> LinkKind {
        match self {
            Self::Mail(_) => LinkKind::Mailed,
            Self::Returned => LinkKind::Returned,
        }
    }
}

named! {
    /// Links that callers bring are used at other times, and by other shares, than those in mails: they are
    /// counted apart.
    pub enum LinkKind {
        Mailed = "mail",
        Returned = "returned",
    }
}

/// A link that registers a passkey for one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyLink {
    pub id: LinkId,
    pub user: UserId,
    pub organisation: OrganisationId,
    pub delivery: Delivery,
    /// The host that its code is bound to.
    pub domain: String,
    /// The key that its codes are derived from.
    pub key: KeyId,
    /// What it was requested with (the token's name), for the mail's reader.
    pub requested_by: Option<Text>,
    /// The token that it was requested with; none for one that an operator made.
    pub token: Option<TokenId>,
    /// The page that it leads to, in place of the usual one.
    pub url_template: Option<UrlTemplate>,
    pub requested: Timestamp,
    pub expires: Timestamp,
    pub state: LinkState,
}

/// A link whose state is final was asked to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is {0:?} already")]
pub struct LinkClosed(pub LinkState);

impl PasskeyLink {
    /// Whether the link still opens something.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        !self.state.is_final() && now < self.expires
    }

    /// Whether the link is for its user as the user is now: one who may act and, for a mailed link,
    /// still has the address that it was mailed to.
    pub fn is_for(&self, user: &User) -> bool {
        match &self.delivery {
            Delivery::Mail(address) => user.reachable_at() == Ok(address),
            Delivery::Returned => user.active().is_ok(),
        }
    }

    /// Whether the link still opens something for its user as the user is now.
    pub fn serves(&self, user: &User, now: Timestamp) -> bool {
        self.is_for(user) && self.is_open_at(now)
    }

    /// The link as somebody who looks at `now` should see it: expired when its time has run out.
    #[must_use]
    pub fn seen_at(self, now: Timestamp) -> Self {
        if self.state.is_final() || now < self.expires {
            self
        } else {
            Self { state: LinkState::Expired, ..self }
        }
    }

    /// What the code of this link for `purpose` is bound to.
    pub fn code_binding(&self, purpose: Purpose) -> CodeBinding<'_> {
        CodeBinding {
            purpose,
            domain: &self.domain,
            subject: self.id.as_str(),
            user: &self.user,
            expires: self.expires,
        }
    }

    /// Moves the link to `state`. A link in a final state stays there, an expired one can't be
    /// redeemed, and one that was sent is not requested again.
    pub fn becomes(self, state: LinkState, now: Timestamp) -> Result<Self, LinkClosed> {
        if self.state.is_final() || state == LinkState::Requested {
            return Err(LinkClosed(self.state));
        }
        if state == LinkState::Redeemed && now >= self.expires {
            return Err(LinkClosed(LinkState::Expired));
        }
        Ok(Self { state, ..self })
    }
}

#[cfg(test)]
mod tests;
