//! Sending a passkey link to the caller's own registered address.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    CodeKeys, Delivery, EventKind, KeyId, LinkId, LinkPolicy, LinkState, ObjectDetails, OutboxId,
    PasskeyLink, Text, UserEvent, UserId,
};

use crate::{
    Clock, OutboxMail, OutboxState, PublicUrl, Random, Repositories, Store, UserLinkError, Wake,
    ids::new_id,
};

/// Who calls, as a bearer token told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user that the token speaks for.
    pub user: UserId,
    /// What the token is called.
    pub token_name: Option<Text>,
}

/// Records a new link and queues its mail, in one transaction; the worker sends it.
pub struct SendLink {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    wake: Arc<dyn Wake>,
    keys: Arc<CodeKeys>,
    public_url: PublicUrl,
    policy: LinkPolicy,
}

/// All that a unit of work needs to know, fixed before it is run.
struct Request {
    caller: Caller,
    link: LinkId,
    mail: OutboxId,
    key: KeyId,
    domain: String,
    policy: LinkPolicy,
    now: Timestamp,
}

impl SendLink {
    /// Takes the ports and the rules.
    pub fn new(
        store: Arc<dyn Store>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        wake: Arc<dyn Wake>,
        keys: Arc<CodeKeys>,
        public_url: PublicUrl,
        policy: LinkPolicy,
    ) -> Self {
        Self { store, clock, random, wake, keys, public_url, policy }
    }

    /// Sends the caller a link. When this returns, the link and its mail are durable.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    pub async fn to_caller(&self, caller: Caller) -> Result<ObjectDetails, UserLinkError> {
        let now = self.clock.now();
        let request = Request {
            caller,
            link: new_id(now, &*self.random)?,
            mail: new_id(now, &*self.random)?,
            key: self.keys.newest().clone(),
            domain: self.public_url.host().to_owned(),
            policy: self.policy,
            now,
        };
        let details = self
            .store
            .write(request, |request, tx| Box::pin(record(request, tx)))
            .await?;
        self.wake.wake();
        Ok(details)
    }
}

async fn record(
    request: &Request,
    tx: &mut dyn Repositories,
) -> Result<ObjectDetails, UserLinkError> {
    let Request { caller, policy, now, .. } = request;
    let user = tx
        .user_for_update(&caller.user)
        .await?
        .ok_or(UserLinkError::UserNotFound)?;
    let address = user.reachable_at()?.clone();
    let recent = tx
        .recent_links(&user.id, policy.counts_from(*now), policy.max_per_hour)
        .await?;
    policy.allows_mail(&recent, *now)?;

    let sequence = user.sequence.next();
    tx.add_link(&PasskeyLink {
        id: request.link.clone(),
        user: user.id.clone(),
        organisation: user.organisation.clone(),
        delivery: Delivery::Mail(address),
        domain: request.domain.clone(),
        key: request.key.clone(),
        requested_by: caller.token_name.clone(),
        requested: *now,
        expires: policy.expiry(*now),
        state: LinkState::Requested,
    })
    .await?;
    tx.record(&UserEvent {
        user: user.id.clone(),
        sequence,
        kind: EventKind::LinkRequested(request.link.clone()),
        at: *now,
    })
    .await?;
    tx.queue(&OutboxMail {
        id: request.mail.clone(),
        user: user.id,
        link: request.link.clone(),
        queued: *now,
        due: *now,
        tries: 0,
        state: OutboxState::Waiting,
        last_answer: None,
    })
    .await?;
    Ok(ObjectDetails {
        sequence,
        created: Some(*now),
        changed: *now,
        resource_owner: user.organisation,
    })
}

#[cfg(test)]
mod tests;
