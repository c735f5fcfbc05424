//! Users: added, listed, changed, removed, imported.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod error;
pub(crate) mod history;
pub(crate) mod import;
mod manage;

pub use add::{KnownAs, NewUser};
pub use error::UserError;
pub use import::{ImportError, ImportStep, ImportUsers, WrongLines};
pub use manage::ManageUsers;
