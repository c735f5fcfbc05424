//! Sessions, as they are kept.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    OrganisationId, Organisations, PasskeyId, Session, SessionId, TokenHash, UserId,
};

use crate::ports::StoreResult;

#[async_trait]
pub trait Sessions {
    /// Adds a session, of whose token only the hash is kept.
    async fn add_session(&mut self, session: &Session, token: &TokenHash) -> StoreResult<()>;
    async fn session(&mut self, id: &SessionId) -> StoreResult<Option<Session>>;
    /// The session; within a writing transaction, nobody else changes it before that ends.
    async fn session_for_update(&mut self, id: &SessionId) -> StoreResult<Option<Session>>;
    /// The session, which nobody ends before the transaction ends.
    async fn session_for_share(&mut self, id: &SessionId) -> StoreResult<Option<Session>>;
    /// The session that the token names, if it has this token.
    async fn session_by_token(&mut self, token: &TokenHash) -> StoreResult<Option<Session>>;
    /// Changes all of a session but its id, its creation and its user agent, and gives it this token.
    async fn change_session(&mut self, session: &Session, token: &TokenHash) -> StoreResult<()>;
    /// Takes the session's challenge away, without an answer.
    async fn end_challenge(&mut self, id: &SessionId) -> StoreResult<()>;
    /// Ends a session; `false` when it is not there or has ended.
    async fn end_session(&mut self, id: &SessionId, at: Timestamp) -> StoreResult<bool>;
    /// Ends the sessions that the user began, with this passkey or with any; returns how many.
    async fn end_sessions_of(
        &mut self,
        user: &UserId,
        passkey: Option<&PasskeyId>,
        at: Timestamp,
    ) -> StoreResult<u64>;
    /// Deletes the user's sessions, those that have ended as well. Those that expect the user by a login name
    /// expect nobody from then on, and stay: else they would tell that somebody had the name.
    async fn delete_sessions_of(&mut self, user: &UserId) -> StoreResult<()>;
    async fn find_sessions(&mut self, search: &SessionSearch) -> StoreResult<FoundSessions>;
}

/// Which sessions are looked for, among those that hold.
#[derive(Debug, Clone)]
pub struct SessionSearch {
    pub among: SessionsAmong,
    /// The relying parties whose sessions are another domain's.
    pub other_rp_ids: Vec<String>,
    pub ids: Option<BTreeSet<SessionId>>,
    /// Whose user has this id, as far as the caller may know.
    pub user: Option<UserId>,
    pub created: Vec<(Comparison, Timestamp)>,
    /// When they hold.
    pub now: Timestamp,
    /// Whether the oldest comes first.
    pub ascending: bool,
    pub offset: u64,
    pub limit: u64,
}

/// Of whom sessions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsAmong {
    /// Of these organisations. Unless it is one, those that are of no one organisation yet are among them.
    Organisations(Organisations),
    /// Of the person who signed in; only in this organisation, if one is named.
    User(UserId, Option<OrganisationId>),
}

/// How an instant stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equals,
    Greater,
    GreaterOrEquals,
    Less,
    LessOrEquals,
}

impl Comparison {
    pub fn holds(self, instant: Timestamp, than: Timestamp) -> bool {
        match self {
            Self::Equals => instant == than,
            Self::Greater => instant > than,
            Self::GreaterOrEquals => instant >= than,
            Self::Less => instant < than,
            Self::LessOrEquals => instant <= than,
        }
    }
}

/// A page of sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundSessions {
    pub sessions: Vec<Session>,
    /// How many there are in all.
    pub total: u64,
}
