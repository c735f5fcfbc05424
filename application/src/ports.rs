//! The ports: what the use cases need from outside.
//!
//! The repositories are used inside a unit of work. "Not found" is `Ok(None)`; what it means is
//! for the caller to say. Every method fails with [`StoreError`] when the database does.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    BearerToken, KeyId, LinkId, LinkState, OutboxId, PasskeyLink, RecentLinks, Token, TokenHash,
    TokenId, User, UserEvent, UserId,
};

use crate::{
    AuthenticateError, Caller, ClaimedMail, KeyNeed, Mail, MailError, MailOutcome, Obstacles,
    OutboxLoad, OutboxMail, OutboxState, StagedUser, StoreError,
};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present, in whole milliseconds.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Tells who calls.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Who the token speaks for. Errors: [`AuthenticateError::Invalid`] for a token that doesn't hold.
    async fn caller(&self, token: &BearerToken) -> Result<Caller, AuthenticateError>;
}

/// Renders a mail and hands it over.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends `mail`; returns the other side's answer. `id` makes the `Message-ID`, the same on
    /// every try. Returns by `until`, and hands nothing over after it, for then another may.
    ///
    /// Errors: [`MailError::Refused`] when it never will be taken, [`MailError::Unavailable`] when
    /// it may be later.
    async fn send(&self, id: &OutboxId, mail: &Mail, until: Timestamp)
    -> Result<String, MailError>;
}

/// Wakes the mail worker.
pub trait Wake: Send + Sync {
    /// Says that there may be a mail to send. Never waits.
    fn wake(&self);
}

/// Users.
#[async_trait]
pub trait Users {
    /// The user; within a writing transaction, nobody else changes the user before it ends.
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// The user.
    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Up to `limit` users who were not removed, whose id is greater than `after`, by id.
    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError>;
    /// Adds a user; `false` when the id or the address in the organisation is taken.
    async fn add_user(&mut self, user: &User, at: Timestamp) -> Result<bool, StoreError>;
    /// Changes all of a user but id, organisation and sequence; `false` when the address in the
    /// organisation is taken: then the transaction can only be undone.
    async fn change_user(&mut self, user: &User) -> Result<bool, StoreError>;
}

/// Where users wait to be added all at once. Nobody sees who waits, and what waits goes with this.
#[async_trait]
pub trait Staging: Send {
    /// Takes users, to be added as of `at`.
    async fn stage(&mut self, users: &[StagedUser], at: Timestamp) -> Result<(), StoreError>;
    /// What stands in the way of those who wait, the first `limit` of each kind.
    async fn obstacles(&mut self, limit: usize) -> Result<Vec<Obstacles>, StoreError>;
    /// Adds all who wait, each with the first entry of a history, in one transaction; `false`, and
    /// nothing added, when an id or an address in an organisation is taken.
    async fn add_all(&mut self, at: Timestamp) -> Result<bool, StoreError>;
}

/// The history of each user.
#[async_trait]
pub trait History {
    /// Records a change and makes its number the user's sequence.
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError>;
}

/// Passkey links.
#[async_trait]
pub trait Links {
    /// The user's links since `since`, at most the newest `limit`, for the user's limits.
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> Result<RecentLinks, StoreError>;
    /// When those returned links of the user that are open expire, at most `limit` of them.
    async fn open_returned_links(
        &mut self,
        user: &UserId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Timestamp>, StoreError>;
    /// Up to `limit` of the user's links, by id, after `after`.
    async fn links_of(
        &mut self,
        user: &UserId,
        after: Option<&LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, StoreError>;
    /// Adds a link.
    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError>;
    /// The link.
    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError>;
    /// Moves a link from one state to another; `false` when it is no longer in `from`.
    async fn move_link(
        &mut self,
        id: &LinkId,
        from: LinkState,
        to: LinkState,
    ) -> Result<bool, StoreError>;
    /// Replaces the user's mailed links that are not final and were requested before `newer`;
    /// returns how many there were.
    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<u64, StoreError>;
    /// Moves up to `limit` links that are not final and whose time has run out at `now` to
    /// [`LinkState::Expired`]; returns how many.
    async fn expire_links(&mut self, now: Timestamp, limit: u64) -> Result<u64, StoreError>;
    /// Revokes those links of the user that are open.
    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> Result<(), StoreError>;
    /// Deletes the user's links.
    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// Mails to send.
#[async_trait]
pub trait Outbox {
    /// Queues a mail.
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError>;
    /// Takes up to `limit` mails that are due, the longest due first. Nobody else is given them
    /// until `lease_end`, and each is counted as tried once more.
    async fn claim(
        &mut self,
        now: Timestamp,
        lease_end: Timestamp,
        limit: u64,
    ) -> Result<Vec<ClaimedMail>, StoreError>;
    /// Records what came of a claimed mail; `false`, and nothing recorded, when it has been
    /// claimed again since.
    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// When the next mail is due.
    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;
    /// How much waits to be sent.
    async fn load(&mut self) -> Result<OutboxLoad, StoreError>;
    /// Up to `limit` mails in `state`, by id, after `after`.
    async fn mails_in(
        &mut self,
        state: OutboxState,
        after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError>;
    /// The mail.
    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError>;
    /// Makes a mail that waits or failed due at `at`; `false` when it does neither.
    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError>;
    /// Deletes the mails for the user.
    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// Which keys are needed. Links need their key while they are open, and while they can be sent again:
/// those that expired after `expired_after`.
#[async_trait]
pub trait KeyNeeds {
    /// The keys that links need, by id.
    async fn keys_needed(&mut self, expired_after: Timestamp) -> Result<Vec<KeyNeed>, StoreError>;
    /// How many links need a key.
    async fn links_that_need(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
    ) -> Result<u64, StoreError>;
}

/// Bearer tokens.
#[async_trait]
pub trait Tokens {
    /// Adds a token, of which only the hash is kept.
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError>;
    /// The token with this hash.
    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError>;
    /// The user's tokens, by id.
    async fn tokens_of(&mut self, user: &UserId) -> Result<Vec<Token>, StoreError>;
    /// Deletes the user's tokens.
    async fn delete_tokens_of(&mut self, user: &UserId) -> Result<(), StoreError>;
    /// Revokes a token and returns it as it then is; one that was revoked stays as it was.
    async fn revoke_token(
        &mut self,
        id: &TokenId,
        at: Timestamp,
    ) -> Result<Option<Token>, StoreError>;
}
