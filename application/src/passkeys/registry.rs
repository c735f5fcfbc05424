//! What registering, listing and removing passkeys share: the ports, the event, the mail to the user.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{
    Actor, EventKind, ObjectDetails, OutboxId, Passkey, PasskeyId, User, UserId,
};

use crate::{
    callers::{Acting, CallerError},
    domains::Domain,
    mails::outbox::queue,
    passkeys::PasskeyError,
    ports::{MailSubject, OutboxMail, Ports, Repositories, StoreResult, Wake, WebAuthn},
    sessions::ended::{Ended, end_sessions_by},
    users::history::record_change,
};

/// Registers, lists and removes passkeys: what these share.
#[derive(Clone)]
pub struct PasskeyRegistry {
    pub ports: Ports,
    pub wake: Arc<dyn Wake>,
    pub webauthn: Arc<dyn WebAuthn>,
    /// Where the passkeys are used.
    pub domain: Arc<Domain>,
    pub max_per_user: usize,
}

impl PasskeyRegistry {
    /// A change to this passkey that is about to be recorded.
    pub(crate) fn notice(&self, passkey: PasskeyId, actor: Actor) -> Notice {
        let mail = self.ports.new_id();
        Notice { mail, passkey, actor, registry: self.clone() }
    }

    /// The user, active, whom nobody else changes before the transaction ends, and the time; the caller's token
    /// or session must still hold. The time is read after that, so that changes have the order of their dates.
    pub(crate) async fn active_user(
        &self,
        acting: &Acting,
        tx: &mut dyn Repositories,
    ) -> Result<(User, Timestamp), PasskeyError> {
        let user = acting.lock_user(tx).await?.ok_or(PasskeyError::UserNotFound)?;
        user.active()?;
        let now = self.ports.clock.now();
        if !acting.holds_at(now, tx).await? {
            return Err(CallerError::Invalid("it has ended a moment ago".to_owned()).into());
        }
        Ok((user, now))
    }
}

/// A change to a passkey, with the mail that informs its user.
pub(crate) struct Notice {
    mail: OutboxId,
    pub passkey: PasskeyId,
    actor: Actor,
    pub registry: PasskeyRegistry,
}

/// A removal, and the sessions that it ended.
pub(crate) struct RemovedPasskey {
    pub details: ObjectDetails,
    pub sessions: Ended,
}

impl Notice {
    /// Records that the passkey was added.
    pub async fn added(
        &self,
        user: &User,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<ObjectDetails> {
        let passkey = self.passkey.clone();
        let about = MailSubject::PasskeyAdded(passkey.clone());
        let details = self.record(user, EventKind::PasskeyAdded(passkey), about, now, tx).await?;
        Ok(ObjectDetails { created: Some(now), ..details })
    }

    /// Removes the passkey, ends the sessions that it signed in to and the open links that the user's sessions
    /// made, and records that.
    ///
    /// Errors: [`PasskeyError::NotFound`] when it is removed already.
    pub async fn removed(
        &self,
        user: &User,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<RemovedPasskey, PasskeyError> {
        if !tx.remove_passkey(&self.passkey, now).await? {
            return Err(PasskeyError::NotFound);
        }
        let sessions = end_sessions_by(&user.id, &self.passkey, now, tx).await?;
        let passkey = self.passkey.clone();
        let about = MailSubject::PasskeyRemoved(passkey.clone());
        let kind = EventKind::PasskeyRemoved(passkey);
        Ok(RemovedPasskey { details: self.record(user, kind, about, now, tx).await?, sessions })
    }

    /// Records a change, and queues a mail to a user who has an address that is known to be theirs.
    async fn record(
        &self,
        user: &User,
        kind: EventKind,
        about: MailSubject,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<ObjectDetails> {
        if user.verified_address().is_some() {
            let mail = OutboxMail::new(self.mail.clone(), user, about, now);
            queue(mail, &*self.registry.ports.observer, tx).await?;
        }
        record_change(user, kind, self.actor.clone(), now, tx).await
    }
}

/// The passkey, if it is that user's and of this domain, and not removed.
pub(crate) async fn passkey_of_user(
    user: &UserId,
    passkey: &PasskeyId,
    domain: &Domain,
    tx: &mut dyn Repositories,
) -> Result<Passkey, PasskeyError> {
    let found = tx.passkey(passkey).await?;
    found
        .filter(|passkey| passkey.user == *user && passkey.removed.is_none())
        .filter(|passkey| domain.knows_relying_party(&passkey.rp_id))
        .ok_or(PasskeyError::NotFound)
}
