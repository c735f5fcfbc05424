//! Beginning a ceremony: the options for the browser, and what is kept, which answers none.

use std::sync::Arc;

use passlink_domain::{
    Ceremony, CodeKeys, Credential, MAX_CEREMONIES, OpenedBy, PasskeyId, User, UserHandle,
};
use tracing::info_span;

use super::{BegunRegistration, NewPasskey, Opener, opener};
use crate::{
    keys::retire::signing_key,
    passkeys::{PasskeyDesk, PasskeyError},
    ports::{NewCredential, Repositories, StoreError},
    users::history::standing,
};

/// A ceremony that is to be begun.
pub(super) struct Draft {
    pub id: PasskeyId,
    /// For a user who has none yet.
    pub handle: UserHandle,
    pub desk: PasskeyDesk,
    pub keys: Arc<CodeKeys>,
    pub new: NewPasskey,
    pub opened_by: OpenedBy,
}

pub(super) async fn begin(
    draft: &Draft,
    tx: &mut dyn Repositories,
) -> Result<BegunRegistration, PasskeyError> {
    let webauthn = &draft.desk.webauthn;
    let Opener { user, now, .. } =
        opener(&draft.opened_by, &draft.new.user, &draft.desk, tx).await?;
    let passkeys = tx.passkeys_of(&user.id).await?;
    if passkeys.len() >= draft.desk.max_per_user {
        return Err(PasskeyError::TooMany);
    }
    let exclude: Vec<&Credential> = passkeys
        .iter()
        .filter(|passkey| passkey.rp_id == webauthn.rp_id())
        .map(|passkey| &passkey.credential)
        .collect();
    let handle = handle(&user, &draft.handle, tx).await?;
    let ceremony = Ceremony {
        id: draft.id.clone(),
        user: user.id.clone(),
        opened_by: draft.opened_by.clone(),
        key: signing_key(&draft.keys, tx).await?,
        rp_id: webauthn.rp_id().to_owned(),
        asked: draft.new.attachment,
        begun: now,
        expires: Ceremony::expiry(now),
    };
    let challenge = ceremony.challenge(&draft.keys);
    let challenge = challenge.ok_or_else(|| StoreError::Broken("the newest key is gone".into()))?;
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
) -> Result<UserHandle, StoreError> {
    if let Some(handle) = tx.handle_of(&user.id).await? {
        return Ok(handle);
    }
    match tx.set_handle(&user.id, new).await? {
        true => Ok(new.clone()),
        false => Err(StoreError::Broken("a random handle names another user".into())),
    }
}
