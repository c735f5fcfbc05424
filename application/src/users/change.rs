//! Changing, locking, deactivating and removing users, by an operator.

use jiff::Timestamp;
use passlink_domain::{
    Actor, ChangeRefused, Changed, EventKind, Identity, StateChange, User, UserChanges, UserId,
    UserState,
};

use crate::{
    ports::{Repositories, SessionEnd},
    users::{ManageUsers, UserError, history::record_change},
};

impl ManageUsers {
    /// Changes what is known of a user; one change in the history, and none when nothing is
    /// different. A changed address, or one that is no longer verified, revokes the user's open
    /// links.
    pub async fn update(&self, id: UserId, changes: UserChanges) -> Result<User, UserError> {
        self.change(id, move |user| user.changed(changes.clone())).await
    }

    /// Makes the user known by what an issuer of tokens calls them. One change in the history.
    ///
    /// Errors: [`UserError::IdentityTaken`], when another user is known by it, or was.
    pub async fn identify(&self, id: UserId, identity: Identity) -> Result<User, UserError> {
        let clock = self.0.clock.clone();
        let work = self.0.store.write((id, identity, clock), |(id, identity, clock), tx| {
            Box::pin(async move {
                let user = tx.user_for_update(id).await?.ok_or(UserError::NotFound)?;
                if user.state == UserState::Removed {
                    return Err(ChangeRefused::Removed.into());
                }
                if !tx.keep_identity(identity, &user.id, None).await? {
                    return Err(UserError::IdentityTaken);
                }
                let (kind, actor) = (EventKind::ProfileChanged, Actor::Operator);
                let sequence = record_change(&user, kind, actor, clock.now(), tx).await?.sequence;
                Ok(User { sequence, ..user })
            })
        });
        work.await
    }

    /// Changes whether a user may act; no change in the history when it is so already. Who may no
    /// longer act keeps tokens, which don't work for so long, and loses the open links and the sessions.
    pub async fn move_to(&self, id: UserId, change: StateChange) -> Result<User, UserError> {
        self.change(id, move |user| user.moved(change)).await
    }

    /// Removes a user: ends all that the user has and erases what is personal. Id and history stay.
    pub async fn remove(&self, id: UserId) -> Result<User, UserError> {
        self.change(id, |user| user.removed().map(Some)).await
    }

    async fn change(
        &self,
        id: UserId,
        decide: impl Fn(&User) -> Result<Option<Changed>, ChangeRefused> + Send + Sync + 'static,
    ) -> Result<User, UserError> {
        let change =
            self.0.store.write((id, decide, self.0.clock.clone()), |(id, decide, clock), tx| {
                Box::pin(async move {
                    let user = tx.user_for_update(id).await?.ok_or(UserError::NotFound)?;
                    let Some(changed) = decide(&user)? else {
                        return Ok(Recorded { user, sessions: 0 });
                    };
                    // The time is read behind the lock: changes have the order of their dates.
                    record(changed, Actor::Operator, clock.now(), tx).await
                })
            });
        let Recorded { user, sessions } = change.await?;
        if sessions > 0 {
            let is_removed = user.state == UserState::Removed;
            let end = if is_removed { SessionEnd::UserRemoved } else { SessionEnd::UserLocked };
            self.0.observer.sessions_ended(end, sessions);
        }
        Ok(user)
    }
}

/// A user after a change, and how many sessions it ended.
pub(crate) struct Recorded {
    pub user: User,
    pub sessions: u64,
}

/// Records a change of a user, who is locked.
pub(crate) async fn record(
    changed: Changed,
    actor: Actor,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<Recorded, UserError> {
    let user = changed.user;
    tx.change_user(&user).await??;
    let mut sessions = 0;
    if user.active().is_err() {
        sessions = tx.end_sessions_of(&user.id, None, now).await?;
    }
    if user.state == UserState::Removed {
        end_all(&user.id, tx).await?;
    } else if changed.ends_links {
        tx.revoke_open_links(&user.id, now).await?;
    }
    let sequence = record_change(&user, changed.kind, actor, now, tx).await?.sequence;
    Ok(Recorded { user: User { sequence, ..user }, sessions })
}

/// Ends all that a user has, for good.
async fn end_all(user: &UserId, tx: &mut dyn Repositories) -> Result<(), UserError> {
    tx.erase_identities_of(user).await?;
    tx.delete_tokens_of(user).await?;
    tx.delete_sessions_of(user).await?;
    tx.delete_mails_of(user).await?;
    tx.delete_links_of(user).await?;
    tx.delete_passkeys_of(user).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
