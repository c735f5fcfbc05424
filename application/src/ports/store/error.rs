//! What can go wrong in the store.

use passlink_domain::KeyId;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is locked for too long, or is full. Trying again may help.
    #[error("the database is out of reach")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// New codes would be derived from a key that was retired at once.
    #[error(
        "the key {0} was retired, and no newer one is loaded: add one with `passlink key add`, or copy \
         the key file of another node, and restart the server"
    )]
    KeyRetired(KeyId),
    #[error("the store did not run the unit of work")]
    NotRun,
    /// Anything else: a row that makes no sense, a statement that is wrong.
    #[error("the database did not do as expected")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

pub type StoreResult<T> = Result<T, StoreError>;
