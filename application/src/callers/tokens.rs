//! Bearer tokens, made and revoked by an operator.

use std::time::Duration;

use jiff::Timestamp;
use passlink_domain::{
    BearerToken, Holder, LinkKind, Permissions, Text, Token, TokenId, UserId, UserState, later,
};
use zeroize::Zeroizing;

use crate::{
    ids::new_id,
    ports::{Ports, Repositories, StoreError, StoreResult},
};

#[derive(Debug, Clone)]
pub struct NewToken {
    pub holder: Holder,
    /// What it permits for other users than its holder.
    pub permissions: Permissions,
    /// What it is called; shown to the user in mails that it caused.
    pub name: Option<Text>,
    /// How long it works; for ever when left out.
    pub lifetime: Option<Duration>,
}

impl NewToken {
    /// For a person, who acts for nobody else; for ever, and without a name.
    pub fn of(user: UserId) -> Self {
        let (holder, permissions) = (Holder::Person(user), Permissions::default());
        Self { holder, permissions, name: None, lifetime: None }
    }
}

/// Whose tokens are listed.
#[derive(Debug, Clone)]
pub enum TokensOf {
    User(UserId),
    /// The services with this name.
    Service(Text),
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("there is no user with this id; `passlink user list` shows them")]
    UserNotFound,
    #[error(
        "there is no token with this id; `passlink token list --user ID` and `--service NAME` show them"
    )]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes, lists and revokes tokens for an operator.
#[derive(Clone)]
pub struct ManageTokens(pub Ports);

impl ManageTokens {
    /// Makes a token. The plain one is returned here and can't be had again.
    pub async fn create(&self, new: NewToken) -> Result<(Token, BearerToken), TokenError> {
        let now = self.0.clock.now();
        let mut random = Zeroizing::new([0; 32]);
        self.0.random.fill(&mut *random);
        let bearer = BearerToken::generate(&random);
        let token = Token {
            id: new_id(now, &*self.0.random),
            holder: new.holder,
            permissions: new.permissions,
            name: new.name,
            created: now,
            expires: new.lifetime.map(|lifetime| later(now, lifetime)),
            revoked: None,
            last_used: None,
        };
        let add = self.0.store.write((token.clone(), bearer.hash()), |(token, hash), tx| {
            Box::pin(async move {
                if let Holder::Person(user) = &token.holder {
                    let user = tx.user_for_update(user).await?;
                    user.filter(|user| user.state != UserState::Removed)
                        .ok_or(TokenError::UserNotFound)?;
                }
                Ok::<_, TokenError>(tx.add_token(token, hash).await?)
            })
        });
        add.await?;
        Ok((token, bearer))
    }

    pub async fn list(&self, of: TokensOf) -> Result<Vec<Token>, TokenError> {
        let list = self.0.store.read(of, |of, tx| {
            Box::pin(async move {
                match of {
                    TokensOf::User(user) => {
                        tx.user(user).await?.ok_or(TokenError::UserNotFound)?;
                        Ok(tx.tokens_of(user).await?)
                    }
                    TokensOf::Service(name) => Ok(tx.tokens_of_service(name).await?),
                }
            })
        });
        list.await
    }

    /// Revokes a token and ends the open links that it made; revoking it again changes nothing.
    pub async fn revoke(&self, id: TokenId) -> Result<RevokedToken, TokenError> {
        let work = self.0.store.write((id, self.0.clock.clone()), |(id, clock), tx| {
            Box::pin(async move {
                let token = tx.token(id).await?.ok_or(TokenError::NotFound)?;
                // Links of the user are made before this or after it.
                if let Holder::Person(user) = &token.holder {
                    tx.user_for_update(user).await?;
                }
                let revoked = revoke(id, clock.now(), tx).await?;
                revoked.ok_or(TokenError::NotFound)
            })
        });
        work.await
    }
}

/// A token that was revoked, and how many open links of each kind ended by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedToken {
    pub token: Token,
    pub mailed: u64,
    pub returned: u64,
}

/// Revokes a token, whose person nobody else changes, and ends the open links that it made.
pub(crate) async fn revoke(
    id: &TokenId,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<RevokedToken>> {
    let Some(token) = tx.revoke_token(id, now).await? else { return Ok(None) };
    let mailed = tx.revoke_links_of_token(id, LinkKind::Mailed, now).await?;
    let returned = tx.revoke_links_of_token(id, LinkKind::Returned, now).await?;
    Ok(Some(RevokedToken { token, mailed, returned }))
}

#[cfg(test)]
mod tests;
