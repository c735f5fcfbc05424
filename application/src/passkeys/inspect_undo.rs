//! What a page may know of a registration that it can undo.

use jiff::Timestamp;
use passlink_domain::{LanguageTag, PasskeyId, Text};

use crate::{
    codes::{CodeChecker, CodeError, PresentedCode},
    links::inspect::name_and_address,
    passkeys::remove::revocable,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoState {
    Open,
    Expired,
    /// The passkey is removed already.
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoView {
    pub state: UndoState,
    pub passkey: Text,
    /// What the user is called; empty when that is the user's address.
    pub display_name: String,
    /// The user's address, masked; empty when there is none.
    pub masked_email: String,
    pub language: Option<LanguageTag>,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// Whether the user's own token that made the link can be revoked as well.
    pub can_revoke_token: bool,
}

/// Shows registrations that can be undone; changes nothing.
pub struct InspectUndo(pub CodeChecker);

impl InspectUndo {
    #[tracing::instrument(name = "passlink.inspect_undo", skip_all)]
    pub async fn by_code(
        &self,
        presented: PresentedCode<PasskeyId>,
    ) -> Result<UndoView, CodeError> {
        let (passkey, user) = self.0.passkey(&presented).await?;
        let now = self.0.ports.clock.now();
        let token = self
            .0
            .ports
            .store
            .read(passkey.clone(), move |passkey, tx| Box::pin(revocable(passkey, now, tx)));
        let can_revoke_token = token.await?.is_some();
        let (display_name, masked_email) = name_and_address(&user);
        Ok(UndoView {
            state: match (passkey.removed, passkey.can_be_undone_at(now)) {
                (Some(_), _) => UndoState::Done,
                (None, true) => UndoState::Open,
                (None, false) => UndoState::Expired,
            },
            display_name,
            masked_email,
            language: user.language,
            created: passkey.created,
            expires: passkey.undo.ok_or(CodeError::Invalid)?.until,
            passkey: passkey.name,
            can_revoke_token,
        })
    }
}

#[cfg(test)]
mod tests;
