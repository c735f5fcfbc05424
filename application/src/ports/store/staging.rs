//! Users who wait to be added all at once.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::User;

use crate::ports::StoreResult;

/// A user who waits to be added, and the line that the user comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedUser {
    pub line: u64,
    pub user: User,
}

/// What stands in the way of a user who waits to be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("id: line {0} has it already")]
    IdOfLine(u64),
    #[error("email: line {0} has it already, in the same organisation")]
    EmailOfLine(u64),
    /// Of two who have address and username in common, the address alone is told.
    #[error("username: line {0} has it already, in the same organisation")]
    UsernameOfLine(u64),
    /// By a user who is there, or was.
    #[error("id: there is a user with it already")]
    IdTaken,
    #[error("email: it belongs to a user of the organisation, {0}")]
    EmailTaken(String),
    #[error("username: it belongs to a user of the organisation, {0}")]
    UsernameTaken(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// The first of them, by line.
    pub first: Vec<(u64, Obstacle)>,
    pub count: u64,
}

/// Is called with the number of users that are added so far.
pub type AddedSoFar<'t> = &'t (dyn Fn(u64) + Send + Sync);

/// Where users wait to be added all at once. Nobody sees who waits, and what waits goes with this.
#[async_trait]
pub trait Staging: Send {
    /// Takes users, to be added as of `at`.
    async fn stage(&mut self, users: &[StagedUser], at: Timestamp) -> StoreResult<()>;
    /// What stands in the way of those who wait, the first `limit` of each kind.
    async fn obstacles(&mut self, limit: usize) -> StoreResult<Vec<Obstacles>>;
    /// Adds all who wait, each with the first entry of a history, in one transaction; `false`, and
    /// nothing added, when an id, or an address or a username in an organisation, is taken. Calls `progress`
    /// meanwhile.
    async fn add_all(&mut self, at: Timestamp, progress: AddedSoFar<'_>) -> StoreResult<bool>;
}
