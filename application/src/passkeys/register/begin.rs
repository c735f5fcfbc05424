//! Beginning a ceremony: the options for the browser, and what is kept, which answers none.

use std::sync::Arc;

use passlink_domain::{
    Attachment, Ceremony, CodeKeys, Credential, LinkId, MAX_CEREMONIES, ObjectDetails, OpenedBy,
    PasskeyId, Purpose, User, UserHandle, UserId,
};
use tracing::info_span;

use super::{
    RegisterPasskey,
    opener::{Opener, invalid_code, lock_opener},
};
use crate::{
    callers::Acting,
    codes::PresentedCode,
    ids::random_uuid,
    keys::retire::signing_key,
    passkeys::{PasskeyError, PasskeyRegistry},
    ports::{NewCredential, Repositories},
    users::history::standing,
};

#[derive(Debug, Clone, Default)]
pub struct NewPasskey {
    pub attachment: Option<Attachment>,
    /// The relying party's id, or the host of the page where it is registered; empty when the caller
    /// does not say.
    pub domain: String,
}

#[derive(Debug)]
pub struct BegunRegistration {
    /// The id that the passkey will have; whoever finishes the ceremony must know it.
    pub passkey: PasskeyId,
    /// The options for `navigator.credentials.create`: JSON, an object with the key `publicKey`.
    pub options: String,
    /// Where the user's history stands; beginning a ceremony is no change.
    pub details: ObjectDetails,
}

impl RegisterPasskey {
    /// Begins a ceremony for a caller who acts for the user.
    ///
    /// Errors: [`PasskeyError`]; nothing is kept then.
    #[tracing::instrument(name = "passlink.begin_registration", skip_all)]
    pub async fn begin(
        &self,
        acting: Acting,
        new: NewPasskey,
    ) -> Result<BegunRegistration, PasskeyError> {
        self.begin_as(acting, new, OpenedBy::Bearer).await
    }

    /// Begins a ceremony with the code of a link.
    ///
    /// Errors: [`PasskeyError`]; nothing is kept then, and the link can be used all the same.
    #[tracing::instrument(name = "passlink.begin_registration", skip_all)]
    pub async fn begin_with_code(
        &self,
        user: UserId,
        new: NewPasskey,
        presented: PresentedCode<LinkId>,
    ) -> Result<BegunRegistration, PasskeyError> {
        let (link, _) = self.codes.link(&presented, Purpose::Register).await?;
        if link.user == user {
            self.begin_as(Acting::code_holder(user), new, OpenedBy::Link(link.id)).await
        } else {
            Err(invalid_code())
        }
    }

    async fn begin_as(
        &self,
        acting: Acting,
        new: NewPasskey,
        opened_by: OpenedBy,
    ) -> Result<BegunRegistration, PasskeyError> {
        let registry = &self.registry;
        let id = registry.ports.new_id();
        registry.ports.observer.ceremony(&id, &opened_by);
        if !new.domain.is_empty() && !registry.webauthn.serves(&new.domain) {
            return Err(PasskeyError::Domain);
        }
        let opening = Opening {
            id,
            handle: random_uuid(&*registry.ports.random).into(),
            registry: registry.clone(),
            keys: self.codes.keys.clone(),
            acting,
            new,
            opened_by,
        };
        registry.ports.store.write(opening, |opening, tx| Box::pin(open(opening, tx))).await
    }
}

struct Opening {
    id: PasskeyId,
    /// For a user who has none yet.
    handle: UserHandle,
    registry: PasskeyRegistry,
    keys: Arc<CodeKeys>,
    acting: Acting,
    new: NewPasskey,
    opened_by: OpenedBy,
}

async fn open(
    opening: &Opening,
    tx: &mut dyn Repositories,
) -> Result<BegunRegistration, PasskeyError> {
    let webauthn = &opening.registry.webauthn;
    let Opener { user, now, .. } =
        lock_opener(&opening.opened_by, &opening.acting, &opening.registry, tx).await?;
    let passkeys = tx.passkeys_of(&user.id).await?;
    if passkeys.len() >= opening.registry.max_per_user {
        return Err(PasskeyError::TooMany);
    }
    let exclude: Vec<&Credential> = passkeys
        .iter()
        .filter(|passkey| passkey.rp_id == webauthn.rp_id())
        .map(|passkey| &passkey.credential)
        .collect();
    let handle = handle(&user, &opening.handle, tx).await?;
    let key = signing_key(&opening.keys, tx).await?;
    let ceremony = Ceremony {
        id: opening.id.clone(),
        user: user.id.clone(),
        opened_by: opening.opened_by.clone(),
        key: key.id().clone(),
        rp_id: webauthn.rp_id().to_owned(),
        asked: opening.new.attachment,
        begun: now,
        expires: Ceremony::expiry(now),
    };
    let challenge = ceremony.challenge_by(key);
    let options = info_span!("passlink.create_options").in_scope(|| {
        webauthn.options(&NewCredential {
            user: &user,
            handle: &handle,
            exclude: &exclude,
            attachment: ceremony.asked,
            challenge: &challenge,
        })
    })?;
    tx.add_ceremony(&ceremony, MAX_CEREMONIES).await?;
    let details = standing(&user, tx).await?;
    Ok(BegunRegistration { passkey: ceremony.id, options, details })
}

/// The user's handle; `new` becomes it where there is none.
async fn handle(
    user: &User,
    new: &UserHandle,
    tx: &mut dyn Repositories,
) -> Result<UserHandle, PasskeyError> {
    if let Some(handle) = tx.handle_of(&user.id).await? {
        return Ok(handle);
    }
    if tx.set_handle(&user.id, new).await? {
        Ok(new.clone())
    } else {
        Err(PasskeyError::HandleTaken)
    }
}
