//! Passkeys: registered, listed, removed, exported and imported.

pub(crate) mod desk;
pub(crate) mod device;
mod error;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inspect_undo;
pub(crate) mod list;
pub(crate) mod register;
pub(crate) mod remove;

pub use desk::PasskeyDesk;
pub use device::device;
pub use error::PasskeyError;
pub use export::{ExportPasskeys, ExportedPasskey};
pub use import::{ImportPasskeys, ImportedPasskey};
pub use inspect_undo::{InspectUndo, UndoState, UndoView};
pub use list::ListPasskeys;
pub use register::{
    BegunRegistration, CeremonyKey, NewPasskey, RegisterPasskey, RegistrationAnswer,
};
pub use remove::RemovePasskey;
