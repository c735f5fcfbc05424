//! Passkey links, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    LinkId, LinkKind, LinkState, OpenLink, PasskeyLink, RecentLinks, TokenId, UserId,
};

use crate::ports::StoreError;

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
    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError>;
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
    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}
