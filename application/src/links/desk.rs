//! What all ways to a new link share: its ids and key, its place in the user's history.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    CodeKeys, Delivery, EventKind, LinkId, LinkPolicy, LinkState, ObjectDetails, PasskeyLink,
    RecentLinks, TooManyLinks, UrlTemplate, User, UserId,
};

use crate::{
    callers::Caller,
    ids::new_id,
    keys::retire::signing_key,
    links::{PublicUrl, UserLinkError},
    ports::{Clock, Observer, Random, Repositories, Store, StoreError},
    users::history::record_change,
};

/// Where links are made.
#[derive(Clone)]
pub struct LinkDesk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: Arc<CodeKeys>,
    pub(crate) public_url: PublicUrl,
    pub(crate) policy: LinkPolicy,
    pub(crate) observer: Arc<dyn Observer>,
}

impl LinkDesk {
    /// Takes the ports and the rules.
    pub fn new(
        store: Arc<dyn Store>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        keys: Arc<CodeKeys>,
        public_url: PublicUrl,
        policy: LinkPolicy,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self { store, clock, random, keys, public_url, policy, observer }
    }

    /// After a link was refused: what a clock that was ahead has recorded counts as recorded now, and
    /// so stands in the user's way for no longer than it would have.
    pub(crate) async fn refused(
        &self,
        limit: &TooManyLinks,
        user: &UserId,
    ) -> Result<(), StoreError> {
        if !limit.clock_was_ahead {
            return Ok(());
        }
        let now = self.clock.now();
        let set = self.store.write(user.clone(), move |user, tx| {
            Box::pin(async move {
                tx.set_requested_before(user, now).await?;
                let user = tx.user(user).await?;
                match user.as_ref().and_then(User::verified_address) {
                    Some(address) => tx.set_mails_before(&address.mailbox(), now).await,
                    None => Ok(()),
                }
            })
        });
        set.await
    }

    /// Everything about a new link that is fixed before its unit of work is run.
    pub(crate) fn draft(&self, caller: Caller) -> Result<Draft, StoreError> {
        let link = new_id(self.clock.now(), &*self.random)?;
        Ok(Draft { link, caller, url_template: None, desk: self.clone() })
    }
}

/// A link that is about to be made.
pub(crate) struct Draft {
    pub link: LinkId,
    pub caller: Caller,
    pub url_template: Option<UrlTemplate>,
    pub desk: LinkDesk,
}

impl Draft {
    /// The user that the link is for, whom nobody else changes before the transaction ends, and
    /// the time. It is read after that, so that changes have the order of their dates.
    pub async fn user(
        &self,
        tx: &mut dyn Repositories,
    ) -> Result<(User, Timestamp), UserLinkError> {
        let user = tx.user_for_update(&self.caller.user).await?;
        Ok((user.ok_or(UserLinkError::UserNotFound)?, self.desk.clock.now()))
    }

    /// The user's links of the last hour, for the limits. None is recorded as requested later than
    /// now after this.
    pub async fn recent(
        &self,
        user: &UserId,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<RecentLinks, StoreError> {
        let policy = self.desk.policy;
        let recent = tx.recent_links(user, policy.counts_from(now), policy.max_per_hour).await?;
        if recent.are_ahead_of(now) {
            tx.set_requested_before(user, now).await?;
        }
        Ok(recent)
    }

    /// Sees that the token still holds that the caller has, while the user is locked: who revokes it
    /// waits for the user as well, and ends the links that it made before.
    pub async fn check_token(
        &self,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<(), UserLinkError> {
        let Some(id) = &self.caller.token else { return Ok(()) };
        match tx.token(id).await?.is_some_and(|token| token.holds_at(now)) {
            true => Ok(()),
            false => Err(UserLinkError::TokenEnded),
        }
    }

    /// Records the link as the next change in the user's history.
    pub async fn record(
        &self,
        user: &User,
        delivery: Delivery,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<(PasskeyLink, ObjectDetails), StoreError> {
        let link = PasskeyLink {
            id: self.link.clone(),
            user: user.id.clone(),
            organisation: user.organisation.clone(),
            delivery,
            domain: self.desk.public_url.host().to_owned(),
            key: signing_key(&self.desk.keys, tx).await?,
            requested_by: self.caller.token_name.clone(),
            token: self.caller.token.clone(),
            url_template: self.url_template.clone(),
            requested: now,
            expires: self.desk.policy.expiry(now),
            state: LinkState::Requested,
        };
        tx.add_link(&link).await?;
        let kind = EventKind::LinkRequested(link.id.clone());
        let details = record_change(user, kind, now, tx).await?;
        Ok((link, ObjectDetails { created: Some(now), ..details }))
    }
}
