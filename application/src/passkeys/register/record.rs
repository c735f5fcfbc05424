//! Recording a finished ceremony: the passkey is stored and the link used up, in one transaction.
//!
//! Why: `docs/decisions/used-up-on-success.md`.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{
    Ceremony, CodeKeys, Credential, KeyId, LinkKind, LinkState, ObjectDetails, Passkey, Text,
    TokenId, UNDO_FOR, Undo, later,
};

use super::opener::{Opener, invalid_code, lock_opener};
use crate::{
    callers::Acting,
    keys::retire::signing_key,
    passkeys::{PasskeyError, registry::Notice},
    ports::Repositories,
};

/// A ceremony whose answer verifies.
pub(super) struct Finished {
    pub ceremony: Ceremony,
    pub acting: Acting,
    pub credential: Credential,
    pub name: Text,
    pub device: Option<Text>,
    pub notice: Notice,
    pub keys: Arc<CodeKeys>,
}

impl Finished {
    fn passkey(&self, key: KeyId, token: Option<TokenId>, now: Timestamp) -> Passkey {
        Passkey {
            id: self.ceremony.id.clone(),
            user: self.ceremony.user.clone(),
            name: self.name.clone(),
            rp_id: self.ceremony.rp_id.clone(),
            credential: self.credential.clone(),
            asked: self.ceremony.asked,
            device: self.device.clone(),
            created: now,
            last_used: None,
            removed: None,
            undo: Some(Undo {
                domain: self.notice.registry.domain.host().to_owned(),
                key,
                until: later(now, UNDO_FOR),
                token,
            }),
        }
    }
}

/// What became of a link, to be counted.
pub(super) struct Redeemed {
    pub kind: LinkKind,
    /// How long after its mail was accepted, if one was.
    pub after: Option<Duration>,
}

/// Stores the passkey and uses up the link, unless somebody else was faster with ceremony, link or
/// credential.
pub(super) async fn record(
    finished: &Finished,
    tx: &mut dyn Repositories,
) -> Result<(ObjectDetails, Option<Redeemed>), PasskeyError> {
    let Finished { ceremony, notice, .. } = finished;
    let Opener { user, link, now } =
        lock_opener(&ceremony.opened_by, &finished.acting, &notice.registry, tx).await?;
    let ended = !ceremony.is_open_at(now) || tx.is_retired(&ceremony.key).await?;
    if ended || !tx.end_ceremony(&ceremony.id).await? {
        return Err(PasskeyError::NotVerified);
    }
    let key = signing_key(&finished.keys, tx).await?.id().clone();
    if tx.passkeys_of(&user.id).await?.len() >= notice.registry.max_per_user {
        return Err(PasskeyError::TooMany);
    }
    let token = link.as_ref().and_then(|link| link.token.clone());
    let mut redeemed = None;
    if let Some(link) = link {
        if !tx.end_link(&link.id, LinkState::Redeemed, now).await? {
            return Err(invalid_code());
        }
        let kind = link.delivery.kind();
        let accepted = match kind {
            LinkKind::Mailed => tx.accepted_at(&link.id).await?,
            LinkKind::Returned => None,
        };
        let after = accepted.map(|at| now.duration_since(at).try_into().unwrap_or_default());
        redeemed = Some(Redeemed { kind, after });
    }
    if !tx.add_passkey(&finished.passkey(key, token, now)).await? {
        return Err(PasskeyError::Exists);
    }
    Ok((notice.added(&user, now, tx).await?, redeemed))
}
