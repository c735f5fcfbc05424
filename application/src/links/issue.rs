//! Making a link, whichever way it goes to its user: its id and key, its event in the user's history.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    CodeKeys, Delivery, EventKind, LinkId, LinkPolicy, LinkState, Minute, ObjectDetails,
    PasskeyLink, RecentLinks, TooManyLinks, UrlTemplate, User, UserId,
};

use crate::{
    callers::Acting,
    domains::Domain,
    keys::retire::signing_key,
    links::UserLinkError,
    ports::{Ports, Repositories, StoreResult},
    users::history::record_change,
};

/// Makes links: what all ways to a new link share.
#[derive(Clone)]
pub struct LinkIssuer {
    pub ports: Ports,
    pub keys: Arc<CodeKeys>,
    /// Where the links are opened.
    pub domain: Arc<Domain>,
    pub policy: LinkPolicy,
}

impl LinkIssuer {
    /// To be called after a link was refused: what was recorded by a clock that was ahead counts as
    /// recorded now, and so limits the user for no longer than it would have.
    pub(crate) async fn correct_clock(
        &self,
        limit: &TooManyLinks,
        user: &UserId,
    ) -> StoreResult<()> {
        if !limit.clock_was_ahead {
            return Ok(());
        }
        let now = self.ports.clock.now();
        let counts_organisations = self.policy.max_per_organisation.is_some();
        let corrected = self.ports.store.write(user.clone(), move |user, tx| {
            Box::pin(async move {
                tx.set_requested_before(user, now).await?;
                let Some(user) = tx.user(user).await? else { return Ok(()) };
                if let Some(address) = user.verified_address() {
                    tx.set_mails_before(&address.mailbox(), now).await?;
                }
                if counts_organisations {
                    let mailed = tx.mailed_for(&user.organisation).await?;
                    let mailed = mailed.set_before(Minute::of(now));
                    tx.set_mailed_for(&user.organisation, &mailed).await?;
                }
                Ok(())
            })
        });
        corrected.await
    }

    /// A link that is about to be made. A unit of work that runs again makes it with the same id.
    pub(crate) fn new_link(
        &self,
        id: LinkId,
        url_template: Option<UrlTemplate>,
        acting: Acting,
    ) -> NewLink {
        NewLink { id, acting, url_template, issuer: self.clone() }
    }
}

/// A link that is about to be made.
pub(crate) struct NewLink {
    pub id: LinkId,
    pub acting: Acting,
    pub url_template: Option<UrlTemplate>,
    pub issuer: LinkIssuer,
}

impl NewLink {
    /// The user that the link is for, whom nobody else changes before the transaction ends, and
    /// the time. It is read after that, so that changes have the order of their dates.
    pub async fn lock_user(
        &self,
        tx: &mut dyn Repositories,
    ) -> Result<(User, Timestamp), UserLinkError> {
        let user = self.acting.lock_user(tx).await?;
        Ok((user.ok_or(UserLinkError::UserNotFound)?, self.issuer.ports.clock.now()))
    }

    /// The user's links of the last hour, for the limits. None is recorded as requested later than
    /// now after this.
    pub async fn recent_links(
        &self,
        user: &UserId,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<RecentLinks> {
        let (since, most) = (LinkPolicy::counts_from(now), self.issuer.policy.max_per_hour);
        let recent = tx.recent_links(user, since, most).await?;
        if recent.are_ahead_of(now) {
            tx.set_requested_before(user, now).await?;
        }
        Ok(recent)
    }

    /// Checks that the caller's token, or session, still holds. Whoever ends it afterwards ends the links that
    /// it made.
    pub async fn check_token(
        &self,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<(), UserLinkError> {
        if self.acting.holds_at(now, tx).await? { Ok(()) } else { Err(UserLinkError::TokenEnded) }
    }

    /// Records the link as the next change in the user's history.
    pub async fn record(
        &self,
        user: &User,
        delivery: Delivery,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<(PasskeyLink, ObjectDetails)> {
        let link = PasskeyLink {
            id: self.id.clone(),
            user: user.id.clone(),
            organisation: user.organisation.clone(),
            delivery,
            domain: self.issuer.domain.host().to_owned(),
            key: signing_key(&self.issuer.keys, tx).await?.id().clone(),
            requested_by: self.acting.token_name.clone(),
            token: self.acting.token.clone(),
            url_template: self.url_template.clone(),
            requested: now,
            expires: self.issuer.policy.expiry(now),
            state: LinkState::Requested,
        };
        tx.add_link(&link).await?;
        let kind = EventKind::LinkRequested(link.id.clone());
        let actor = self.acting.actor.clone();
        let details = record_change(user, kind, actor, now, tx).await?;
        Ok((link, ObjectDetails { created: Some(now), ..details }))
    }
}
