//! Taking over passkeys that another installation or relying party has registered: all, or none.

use jiff::Timestamp;
use passlink_domain::{
    Actor, Credential, EventKind, Passkey, PasskeyId, Text, TextError, UserHandle, UserId,
    UserState, name_passkey,
};

use crate::{
    ids::new_id,
    passkeys::PasskeyRegistry,
    ports::{Repositories, StoreResult},
    users::{ImportError, WrongLines, history::record_change},
};

/// A passkey as a line of an import describes it.
#[derive(Debug, Clone)]
pub struct ImportedPasskey {
    /// Its id; a new UUIDv7 when left out.
    pub id: Option<PasskeyId>,
    pub user: UserId,
    /// What its authenticator knows the user by, the same for all passkeys of a user.
    pub handle: UserHandle,
    /// What the user calls it; when left out, what its model is called.
    pub name: Option<Text>,
    /// The relying party that it was made for; that of the domain when left out.
    pub rp_id: Option<String>,
    pub credential: Credential,
    /// When it was registered; now when left out.
    pub created: Option<Timestamp>,
    pub last_used: Option<Timestamp>,
}

/// Imports passkeys. Each is a change in its user's history; nobody gets a mail.
pub struct ImportPasskeys(pub PasskeyRegistry);

struct Batch {
    passkeys: Vec<CheckedPasskey>,
    /// What was wrong before the store was asked.
    wrong: WrongLines,
    registry: PasskeyRegistry,
    before_commit: Box<dyn Fn() + Send + Sync>,
}

struct CheckedPasskey {
    line: u64,
    handle: UserHandle,
    passkey: Passkey,
}

impl ImportPasskeys {
    /// Adds the passkeys of lines, each with the line's number or what is wrong with it, and says
    /// how many. When a single line is wrong, none is added. Calls `before_commit` when nothing but the
    /// commit is left to do; a transaction that is run again calls it again.
    pub async fn import(
        &self,
        lines: Vec<(u64, Result<ImportedPasskey, String>)>,
        before_commit: impl Fn() + Send + Sync + 'static,
    ) -> Result<u64, ImportError> {
        let mut batch = Batch {
            passkeys: Vec::new(),
            wrong: WrongLines::default(),
            registry: self.0.clone(),
            before_commit: Box::new(before_commit),
        };
        for (line, imported) in lines {
            match imported.and_then(|imported| self.passkey(line, imported)) {
                Ok(passkey) => batch.passkeys.push(passkey),
                Err(what) => batch.wrong.add(line, what),
            }
        }
        self.0.ports.store.write(batch, |batch, tx| Box::pin(add_all(batch, tx))).await
    }

    fn passkey(&self, line: u64, imported: ImportedPasskey) -> Result<CheckedPasskey, String> {
        let (registry, now) = (&self.0, self.0.ports.clock.now());
        let (webauthn, credential) = (&registry.webauthn, imported.credential);
        let rp_id = imported.rp_id.unwrap_or_else(|| webauthn.rp_id().to_owned());
        if rp_id != webauthn.rp_id() {
            return Err(format!(
                "rpId: must be {}, the relying party here (webauthn.rp_id, or rp_id of the domain): a passkey \
                 works for no other",
                webauthn.rp_id()
            ));
        }
        if !webauthn.can_verify(&credential.public_key) {
            return Err(
                "publicKey: must be a COSE_Key for ES256 on P-256, ES384 on P-384, or RS256 \
                with 2048 to 4096 bits"
                    .to_owned(),
            );
        }
        let named = name_passkey("", webauthn.model(credential.aaguid), None);
        let passkey = Passkey {
            id: imported.id.unwrap_or_else(|| new_id(now, &*registry.ports.random)),
            user: imported.user,
            name: match imported.name {
                Some(name) => name,
                None => named.map_err(|error: TextError| format!("name: {error}"))?,
            },
            rp_id,
            credential,
            asked: None,
            device: None,
            created: imported.created.unwrap_or(now),
            last_used: imported.last_used,
            removed: None,
            undo: None,
        };
        Ok(CheckedPasskey { line, handle: imported.handle, passkey })
    }
}

async fn add_all(batch: &Batch, tx: &mut dyn Repositories) -> Result<u64, ImportError> {
    let mut wrong = batch.wrong.clone();
    for passkey in &batch.passkeys {
        if let Some(what) = add(passkey, &batch.registry, tx).await? {
            wrong.add(passkey.line, what.to_owned());
        }
    }
    wrong.into_result()?;
    (batch.before_commit)();
    Ok(batch.passkeys.len() as u64)
}

/// Adds a passkey, or says what stands in its way.
async fn add(
    CheckedPasskey { handle, passkey, .. }: &CheckedPasskey,
    registry: &PasskeyRegistry,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<&'static str>> {
    let user = tx.user_for_update(&passkey.user).await?;
    let Some(user) = user.filter(|user| user.state != UserState::Removed) else {
        return Ok(Some("user: there is no user with this id"));
    };
    if !registry.domain.serves(&user.organisation) {
        return Ok(Some("user: the domain does not serve their organisation"));
    }
    if let Some(what) = take_handle(&user.id, handle, tx).await? {
        return Ok(Some(what));
    }
    if tx.passkey(&passkey.id).await?.is_some() {
        return Ok(Some("id: there is a passkey with it already, or was one"));
    }
    if !tx.add_passkey(passkey).await? {
        return Ok(Some("credentialId: it is registered already"));
    }
    let (kind, now) = (EventKind::PasskeyAdded(passkey.id.clone()), registry.ports.clock.now());
    record_change(&user, kind, Actor::Operator, now, tx).await?;
    Ok(None)
}

/// Makes the handle the user's, or says what stands in its way. While the user has no passkey, no
/// authenticator knows the one that was there; what was begun with it makes no passkey any more.
async fn take_handle(
    user: &UserId,
    handle: &UserHandle,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<&'static str>> {
    match tx.handle_of(user).await? {
        Some(known) if known == *handle => return Ok(None),
        Some(_) if tx.had_passkeys(user).await? => {
            return Ok(Some("userHandle: authenticators know the user by another already"));
        }
        _ => {}
    }
    for ceremony in tx.ceremonies_of(user).await? {
        tx.end_ceremony(&ceremony.id).await?;
    }
    let is_taken = !tx.set_handle(user, handle).await?;
    Ok(is_taken.then_some("userHandle: it names another user"))
}

#[cfg(test)]
mod tests;
