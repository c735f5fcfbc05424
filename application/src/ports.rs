//! The ports: what the use cases need from outside.
//!
//! The repositories are used inside a unit of work. "Not found" is `Ok(None)`; what it means is
//! for the caller to say. Every method fails with [`StoreError`] when the database does.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    Aaguid, Attachment, BearerToken, Ceremony, Challenge, Credential, EmailAddress, KeyId, LinkId,
    LinkState, Mailbox, OpenLink, OrganisationId, OutboxId, Passkey, PasskeyId, PasskeyLink,
    RecentLinks, Sequence, Token, TokenHash, TokenId, User, UserEvent, UserHandle, UserId,
};

use crate::{
    AuthenticateError, Caller, ClaimedMail, EndedByKey, Hold, KeyNeed, KeyUsers, Lane, Lease,
    LinkKind, LongestWaits, Mail, MailError, MailOutcome, Obstacles, OutboxLoad, OutboxMail,
    OutboxState, ReadyMail, RetiredKey, StagedUser, StoreError, Urgency, WebAuthnError,
};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present, in whole milliseconds. It can go back, when somebody sets the clock.
    fn now(&self) -> Timestamp;
    /// How long it is since some instant of this run. It never goes back: for waits in memory.
    fn steady(&self) -> Duration;
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
    /// every try. Nothing leaves when `hold` no longer lets it go; what left before may take the other
    /// side minutes to accept, and is waited for.
    ///
    /// Errors: [`MailError::Refused`] when it never will be taken, the others when it may be later.
    async fn send(&self, id: &OutboxId, mail: &Mail, hold: &Hold) -> Result<String, MailError>;
}

/// Wakes the mail worker.
pub trait Wake: Send + Sync {
    /// Says that there may be a mail to send. Never waits.
    fn wake(&self);
}

/// What a credential is asked for.
pub struct NewCredential<'a> {
    /// Whom it will belong to.
    pub user: &'a User,
    /// Names the user to the authenticator.
    pub handle: &'a UserHandle,
    /// The user's credentials: an authenticator that has one of them makes no other.
    pub exclude: &'a [&'a Credential],
    /// The attachment that is wanted, if one is.
    pub attachment: Option<Attachment>,
    /// What it is to sign.
    pub challenge: &'a Challenge,
}

/// The relying party of WebAuthn (Level 3): asks for credentials and verifies what comes.
pub trait WebAuthn: Send + Sync {
    /// The id of the relying party, which credentials are bound to.
    fn rp_id(&self) -> &str;
    /// Whether credentials can be registered under this domain: it is the id, or the host of a page.
    fn serves(&self, domain: &str) -> bool;
    /// The options for the browser that ask for a credential: JSON, an object with the key `publicKey`.
    ///
    /// Errors: [`WebAuthnError::Broken`].
    fn options(&self, new: &NewCredential<'_>) -> Result<String, WebAuthnError>;
    /// The challenge that an answer says it is for; `None` when it can't be read.
    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>>;
    /// Verifies the answer, JSON, to options with this challenge.
    ///
    /// Errors: [`WebAuthnError::NotVerified`], with everything that an answer can have wrong;
    /// [`WebAuthnError::Broken`] when it can't be verified at all.
    fn verify(&self, challenge: &Challenge, answer: &str) -> Result<Credential, WebAuthnError>;
    /// Whether what a credential with this public key, a COSE_Key, signs can be verified.
    fn can_verify(&self, public_key: &[u8]) -> bool;
    /// What a model of authenticators is called, if it is known.
    fn model(&self, aaguid: Aaguid) -> Option<&str>;
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
    /// Whose the address is in the organisation.
    async fn owner_of(
        &mut self,
        organisation: &OrganisationId,
        address: &EmailAddress,
    ) -> Result<Option<UserId>, StoreError>;
    /// Adds a user; `false` when the id or the address in the organisation is taken.
    async fn add_user(&mut self, user: &User, at: Timestamp) -> Result<bool, StoreError>;
    /// Changes all of a user but id, organisation and sequence; `false` when the address in the
    /// organisation is taken.
    async fn change_user(&mut self, user: &User) -> Result<bool, StoreError>;
    /// What names the user to authenticators, once it was needed.
    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError>;
    /// Sets what names the user to authenticators; `false` when it names another user.
    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> Result<bool, StoreError>;
}

/// Hears how much is done, while it is done.
pub type Told<'t> = &'t (dyn Fn(u64) + Send + Sync);

/// Where users wait to be added all at once. Nobody sees who waits, and what waits goes with this.
#[async_trait]
pub trait Staging: Send {
    /// Takes users, to be added as of `at`.
    async fn stage(&mut self, users: &[StagedUser], at: Timestamp) -> Result<(), StoreError>;
    /// What stands in the way of those who wait, the first `limit` of each kind.
    async fn obstacles(&mut self, limit: usize) -> Result<Vec<Obstacles>, StoreError>;
    /// Adds all who wait, each with the first entry of a history, in one transaction; `false`, and
    /// nothing added, when an id or an address in an organisation is taken. `told` hears how many
    /// are in the transaction so far.
    async fn add_all(&mut self, at: Timestamp, told: Told<'_>) -> Result<bool, StoreError>;
}

/// The history of each user.
#[async_trait]
pub trait History {
    /// Records a change and makes its number the user's sequence.
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError>;
    /// When a change was recorded.
    async fn recorded_at(
        &mut self,
        user: &UserId,
        sequence: Sequence,
    ) -> Result<Option<Timestamp>, StoreError>;
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
    /// Those returned links of the user that are open and were requested after `since`, at most
    /// `limit` of them.
    async fn open_returned_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenLink>, StoreError>;
    /// Sets links of the user that were requested at `now` or later, by a clock that was ahead, to a
    /// millisecond before `now`.
    async fn set_requested_before(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError>;
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
    /// Marks an expired link as resent, which it is not again; `false`, and nothing changed, when it
    /// is not expired, has ended otherwise, or is marked already.
    async fn mark_resent(&mut self, id: &LinkId, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends a link that is open at `now`; `false`, and nothing changed, when it is not.
    async fn end_link(
        &mut self,
        id: &LinkId,
        to: LinkState,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Replaces the user's mailed links that are not final and were requested before `newer`;
    /// returns how many there were.
    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<u64, StoreError>;
    /// Moves up to `limit` links that are not final and whose time has run out at `now` to
    /// [`LinkState::Expired`]; returns them.
    async fn expire_links(
        &mut self,
        kind: LinkKind,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<LinkId>, StoreError>;
    /// Revokes those links of this kind that the token has made and that are open; returns how many.
    async fn revoke_links_of_token(
        &mut self,
        token: &TokenId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Revokes those links of the user that are open.
    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> Result<(), StoreError>;
    /// Deletes the user's links.
    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// How much is mailed to mailboxes.
#[async_trait]
pub trait Mailboxes {
    /// Counts a mail to the mailbox, unless `most` were counted after `since`; nobody else counts one
    /// before the transaction ends. Where it is not counted, answers when the last `most` were, the
    /// newest first.
    async fn count_mail(
        &mut self,
        mailbox: &Mailbox,
        most: u32,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Vec<Timestamp>>, StoreError>;
    /// Sets mails that were counted later than `now`, by a clock that was ahead, to `now`.
    async fn set_mails_before(
        &mut self,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Forgets up to `limit` mailboxes to which nothing was mailed since `before`; returns how many.
    async fn forget_mailboxes(&mut self, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
}

/// Passkeys.
#[async_trait]
pub trait Passkeys {
    /// The user's passkeys that are not removed, the oldest first.
    async fn passkeys_of(&mut self, user: &UserId) -> Result<Vec<Passkey>, StoreError>;
    /// Up to `limit` passkeys that are not removed, of the user or of all, by id, after `after`.
    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> Result<Vec<Passkey>, StoreError>;
    /// Whether the user has a passkey, or had one that was removed.
    async fn had_passkeys(&mut self, user: &UserId) -> Result<bool, StoreError>;
    /// The passkey, removed or not.
    async fn passkey(&mut self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError>;
    /// Adds a passkey; `false` when its credential is registered already, for whomever.
    async fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool, StoreError>;
    /// Removes a passkey; `false` when it is not there or removed already.
    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> Result<bool, StoreError>;
    /// Deletes all that the user has of passkeys: those that were removed, ceremonies and the
    /// user's handle as well.
    async fn delete_passkeys_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// Registration ceremonies.
#[async_trait]
pub trait Ceremonies {
    /// Adds a ceremony; of the user's others, the newest remain, so that there are at most `most`.
    async fn add_ceremony(&mut self, ceremony: &Ceremony, most: u64) -> Result<(), StoreError>;
    /// The ceremony that makes this passkey.
    async fn ceremony(&mut self, id: &PasskeyId) -> Result<Option<Ceremony>, StoreError>;
    /// All ceremonies of a user.
    async fn ceremonies_of(&mut self, user: &UserId) -> Result<Vec<Ceremony>, StoreError>;
    /// Ends a ceremony; `false` when it has ended already.
    async fn end_ceremony(&mut self, id: &PasskeyId) -> Result<bool, StoreError>;
}

/// Mails to send.
#[async_trait]
pub trait Outbox {
    /// Queues a mail.
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError>;
    /// Ends the mails with these links that wait and that nobody has in hand, with what an operator is
    /// told; returns how many.
    async fn end_mails(
        &mut self,
        links: &[LinkId],
        answer: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError>;
    /// When the link's mail was accepted, if it was.
    async fn accepted_at(&mut self, link: &LinkId) -> Result<Option<Timestamp>, StoreError>;
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
    /// Makes a mail that waits or failed due at `at`; `false` when it does neither, or a worker has it
    /// in hand at that time.
    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError>;
    /// Deletes the mails for the user.
    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// Mails on their way out: which ones may go, who has which, and what came of it.
#[async_trait]
pub trait MailQueue {
    /// The domains, as in [`Lane`], of up to `limit` mails that the mail server took: those that were
    /// queued last, and the last one first.
    async fn served_domains(&mut self, limit: u64) -> Result<Vec<i64>, StoreError>;
    /// Whether a mail may go out now.
    async fn is_any_ready(&mut self) -> Result<bool, StoreError>;
    /// Up to `limit` mails that may go out now: the most urgent first, then by lane, then the one
    /// that waits longest; behind all of `after`, where it is given. Within a writing transaction,
    /// nobody else takes them before it ends.
    async fn ready(
        &mut self,
        after: Option<(Urgency, Lane)>,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError>;
    /// The same of one urgency and of one lane or all, of those that wait since `since` or later; by
    /// time.
    async fn ready_since(
        &mut self,
        urgency: Urgency,
        lane: Option<Lane>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError>;
    /// Takes these mails. Nobody else is given them until the lease ends, and each is counted as tried
    /// once more.
    async fn take(
        &mut self,
        mails: &[ReadyMail],
        lease: &Lease,
    ) -> Result<Vec<ClaimedMail>, StoreError>;
    /// Whether there are mails to [`Self::ripen`].
    async fn are_ripe(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        but: &[OutboxId],
    ) -> Result<bool, StoreError>;
    /// Makes up to `limit` mails of each kind ready whose wait for the next try is over, or whose lease
    /// has ended, but not these.
    async fn ripen(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        but: &[OutboxId],
        limit: u64,
    ) -> Result<(), StoreError>;
    /// The holders of mails in hand, each once; `None` for those that can't be told.
    async fn holders(&mut self) -> Result<Vec<Option<String>>, StoreError>;
    /// Makes the mails ready again that a holder has in hand.
    async fn free_mails_of(&mut self, holder: Option<&str>) -> Result<(), StoreError>;
    /// Keeps a claimed mail from others until `lease_end`; `false`, and nothing done, when it has been
    /// claimed again or settled since.
    async fn renew(
        &mut self,
        claimed: &ClaimedMail,
        lease_end: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Records what came of a claimed mail; `false`, and nothing recorded, when it has been
    /// claimed again since.
    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Which keys are needed. Links need their key while they are open, and while they can be sent again:
/// those that expired after `expired_after`. Passkeys need theirs while their registration can be
/// undone at `now`.
#[async_trait]
pub trait KeyNeeds {
    /// The keys that are needed, by id.
    async fn keys_needed(
        &mut self,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<KeyNeed>, StoreError>;
    /// How many links and passkeys need a key.
    async fn users_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<KeyUsers, StoreError>;
}

/// Keys that were retired at once, from which nothing is derived any more.
#[async_trait]
pub trait RetiredKeys {
    /// Whether the key was retired.
    async fn is_retired(&mut self, key: &KeyId) -> Result<bool, StoreError>;
    /// All of them, by id.
    async fn retired_keys(&mut self) -> Result<Vec<RetiredKey>, StoreError>;
    /// Remembers that the key was retired; one that was before stays as it was.
    async fn retire_key(&mut self, key: &KeyId, at: Timestamp) -> Result<(), StoreError>;
    /// Revokes up to `limit` links that need the key, as [`KeyNeeds`] says, ends its ceremonies, and
    /// lets up to `limit` undo codes be derived from `newer` instead; returns how many there were, or
    /// `None` when there is nothing left.
    async fn end_some_that_need(
        &mut self,
        key: &KeyId,
        newer: &KeyId,
        (expired_after, now): (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<Option<EndedByKey>, StoreError>;
}

/// Bearer tokens.
#[async_trait]
pub trait Tokens {
    /// Adds a token, of which only the hash is kept.
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError>;
    /// The token with this hash.
    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError>;
    /// The token.
    async fn token(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError>;
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
