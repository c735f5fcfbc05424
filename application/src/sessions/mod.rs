//! Sessions: created, signed in to with a passkey, shown, listed and ended.
//!
//! Why: `docs/decisions/sessions.md`.

mod change;
mod create;
mod end;
pub(crate) mod ended;
mod error;
mod expect;
mod list;
mod manage;
mod set;
mod show;
mod sign_in;

pub use change::{ChallengeRequest, ChangedSession, UserCheck};
pub use create::NewSession;
pub use error::SessionError;
pub use list::{ListedSessions, SessionFilter};
pub use manage::ManageSessions;
pub use set::SessionChange;
pub use show::ShownSession;

#[cfg(test)]
mod tests;
