//! Users: added, changed, removed, imported.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod history;
pub(crate) mod import;

pub use add::{NewUser, UserError, UserUseCases};
pub use import::{ImportError, ImportStep, ImportUsers, WrongLines};
