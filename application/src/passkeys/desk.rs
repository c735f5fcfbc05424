//! What all that is done with passkeys shares: its ports, the user's history, the mail to the user.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{EventKind, ObjectDetails, OutboxId, Passkey, PasskeyId, User, UserId};

use crate::{
    ids::new_id,
    links::PublicUrl,
    mails::queue::queue,
    passkeys::PasskeyError,
    ports::{
        Clock, MailSubject, Observer, OutboxMail, Random, Repositories, Store, StoreError, Wake,
        WebAuthn,
    },
    users::history::record_change,
};

/// Where passkeys are registered, listed and removed.
#[derive(Clone)]
pub struct PasskeyDesk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) wake: Arc<dyn Wake>,
    pub(crate) webauthn: Arc<dyn WebAuthn>,
    pub(crate) public_url: PublicUrl,
    pub(crate) max_per_user: usize,
    pub(crate) observer: Arc<dyn Observer>,
}

impl PasskeyDesk {
    /// Takes the ports, where people reach Passlink, and how many passkeys a user may have.
    pub fn new(
        store: Arc<dyn Store>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        wake: Arc<dyn Wake>,
        webauthn: Arc<dyn WebAuthn>,
        public_url: PublicUrl,
        max_per_user: usize,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self { store, clock, random, wake, webauthn, public_url, max_per_user, observer }
    }

    /// A change that is about to be recorded, and the mail that tells of it.
    pub(crate) fn notice(&self, passkey: PasskeyId) -> Result<Notice, StoreError> {
        let mail = new_id(self.clock.now(), &*self.random)?;
        Ok(Notice { mail, passkey, desk: self.clone() })
    }

    /// The user, active, whom nobody else changes before the transaction ends, and the time. It is
    /// read after that, so that changes have the order of their dates.
    pub(crate) async fn active_user(
        &self,
        id: &UserId,
        tx: &mut dyn Repositories,
    ) -> Result<(User, Timestamp), PasskeyError> {
        let user = tx.user_for_update(id).await?.ok_or(PasskeyError::UserNotFound)?;
        user.active()?;
        Ok((user, self.clock.now()))
    }
}

/// A change to a passkey and the mail that tells its user of it.
pub(crate) struct Notice {
    mail: OutboxId,
    pub passkey: PasskeyId,
    pub desk: PasskeyDesk,
}

impl Notice {
    /// Records that the passkey was added.
    pub async fn added(
        &self,
        user: &User,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<ObjectDetails, StoreError> {
        let passkey = self.passkey.clone();
        let about = MailSubject::PasskeyAdded(passkey.clone());
        let details = self.tell(user, EventKind::PasskeyAdded(passkey), about, now, tx).await?;
        Ok(ObjectDetails { created: Some(now), ..details })
    }

    /// Removes the passkey and records that.
    ///
    /// Errors: [`PasskeyError::NotFound`] when it is removed already.
    pub async fn removed(
        &self,
        user: &User,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<ObjectDetails, PasskeyError> {
        if !tx.remove_passkey(&self.passkey, now).await? {
            return Err(PasskeyError::NotFound);
        }
        let passkey = self.passkey.clone();
        let about = MailSubject::PasskeyRemoved(passkey.clone());
        Ok(self.tell(user, EventKind::PasskeyRemoved(passkey), about, now, tx).await?)
    }

    /// Records a change, and queues a mail to a user who has an address that is known to be theirs.
    async fn tell(
        &self,
        user: &User,
        kind: EventKind,
        about: MailSubject,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> Result<ObjectDetails, StoreError> {
        if user.verified_address().is_some() {
            let mail = OutboxMail::new(self.mail.clone(), user, about, now);
            queue(mail, &*self.desk.observer, tx).await?;
        }
        record_change(user, kind, now, tx).await
    }
}

/// The passkey, if it is that user's and not removed.
pub(crate) async fn own_passkey(
    user: &UserId,
    passkey: &PasskeyId,
    tx: &mut dyn Repositories,
) -> Result<Passkey, PasskeyError> {
    let found = tx.passkey(passkey).await?;
    found
        .filter(|passkey| passkey.user == *user && passkey.removed.is_none())
        .ok_or(PasskeyError::NotFound)
}
