//! Passkeys: registered, listed, renamed, removed, exported and imported.

pub(crate) mod device;
mod error;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inspect_undo;
pub(crate) mod list;
pub(crate) mod register;
pub(crate) mod registry;
pub(crate) mod remove;
pub(crate) mod rename;

pub use device::device;
pub use error::PasskeyError;
pub use export::{ExportError, ExportPasskeys, ExportedPasskey};
pub use import::{ImportPasskeys, ImportedPasskey};
pub use inspect_undo::{InspectUndo, UndoState, UndoView};
pub use list::ListPasskeys;
pub use register::RegisterPasskey;
pub use register::begin::{BegunRegistration, NewPasskey};
pub use register::finish::{CeremonyKey, RegistrationAnswer};
pub use registry::PasskeyRegistry;
pub use remove::RemovePasskey;
pub use rename::RenamePasskey;
