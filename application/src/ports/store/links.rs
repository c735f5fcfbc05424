//! Passkey links, and how much is mailed to mailboxes and for organisations, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    LinkId, LinkKind, LinkState, Mailbox, MailedMinutes, Minute, OpenLink, OrganisationId,
    PasskeyLink, RecentLinks, TokenId, UserId,
};

use crate::ports::StoreResult;

#[async_trait]
pub trait Links {
    /// The user's links since `since`, at most the newest `limit`, for the user's limits.
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> StoreResult<RecentLinks>;
    /// Those returned links of the user that are open and were requested after `since`, at most
    /// `limit` of them.
    async fn open_returned_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> StoreResult<Vec<OpenLink>>;
    /// Sets links of the user that were requested at `now` or later, by a clock that was ahead, to a
    /// millisecond before `now`.
    async fn set_requested_before(&mut self, user: &UserId, now: Timestamp) -> StoreResult<()>;
    /// Up to `limit` of the user's links, in the order in which they were requested, after `after`; from the
    /// first one where that is gone.
    async fn links_of(
        &mut self,
        user: &UserId,
        after: Option<&LinkId>,
        limit: u64,
    ) -> StoreResult<Vec<PasskeyLink>>;
    async fn add_link(&mut self, link: &PasskeyLink) -> StoreResult<()>;
    async fn link(&mut self, id: &LinkId) -> StoreResult<Option<PasskeyLink>>;
    /// Those of these links that there are, in any order.
    async fn some_links(&mut self, ids: &[LinkId]) -> StoreResult<Vec<PasskeyLink>>;
    /// Moves a link from one state to another; `false` when it is no longer in `from`.
    async fn move_link(&mut self, id: &LinkId, from: LinkState, to: LinkState)
    -> StoreResult<bool>;
    /// Marks an expired link as resent, which it is not again; `false`, and nothing changed, when it
    /// is not expired, has ended otherwise, or is marked already.
    async fn mark_resent(&mut self, id: &LinkId, now: Timestamp) -> StoreResult<bool>;
    /// Ends a link that is open at `now`; `false`, and nothing changed, when it is not.
    async fn end_link(&mut self, id: &LinkId, to: LinkState, now: Timestamp) -> StoreResult<bool>;
    /// Replaces the user's mailed links that are not final and were requested before `newer`;
    /// returns how many there were.
    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> StoreResult<u64>;
    /// Moves up to `limit` links that are not final and whose time has run out at `now` to
    /// [`LinkState::Expired`]; returns them.
    async fn expire_links(
        &mut self,
        kind: LinkKind,
        now: Timestamp,
        limit: u64,
    ) -> StoreResult<Vec<LinkId>>;
    /// Revokes those links of this kind that sessions of the user have made and that are open; returns how many.
    async fn revoke_links_of_sessions(
        &mut self,
        user: &UserId,
        kind: LinkKind,
        now: Timestamp,
    ) -> StoreResult<u64>;
    /// Revokes those links of this kind that the token has made and that are open; returns how many.
    async fn revoke_links_of_token(
        &mut self,
        token: &TokenId,
        kind: LinkKind,
        now: Timestamp,
    ) -> StoreResult<u64>;
    /// Revokes those links of the user that are open.
    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> StoreResult<()>;
    async fn delete_links_of(&mut self, user: &UserId) -> StoreResult<()>;
}

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
    ) -> StoreResult<Option<Vec<Timestamp>>>;
    /// Sets mails that were counted later than `now`, by a clock that was ahead, to `now`.
    async fn set_mails_before(&mut self, mailbox: &Mailbox, now: Timestamp) -> StoreResult<()>;
    /// Forgets up to `limit` mailboxes to which nothing was mailed since `before`; returns how many.
    async fn forget_mailboxes(&mut self, before: Timestamp, limit: u64) -> StoreResult<u64>;
}

#[async_trait]
pub trait OrganisationMails {
    /// How many links were mailed for the organisation's users. Nobody else reads or changes that before
    /// the transaction ends, so it should end soon.
    async fn mailed_for(&mut self, organisation: &OrganisationId) -> StoreResult<MailedMinutes>;
    /// Sets that, after [`Self::mailed_for`].
    async fn set_mailed_for(
        &mut self,
        organisation: &OrganisationId,
        mailed: &MailedMinutes,
    ) -> StoreResult<()>;
    /// Forgets up to `limit` organisations for which nothing was mailed since `before`; returns how many.
    async fn forget_organisation_mails(&mut self, before: Minute, limit: u64) -> StoreResult<u64>;
}
