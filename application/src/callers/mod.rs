//! Who calls, what that permits, and the tokens that callers present.

mod acting;
mod asker;
mod caller;
mod claims;
mod inspect;
mod provision;
pub(crate) mod tokens;

pub use acting::Acting;
pub use asker::{Asker, PendingToken};
pub use caller::{Caller, CallerError, Callers};
pub use claims::{Claims, Profile, SpeaksFor};
pub use inspect::{Inspected, Inspection};
pub use tokens::{ManageTokens, NewToken, RevokedToken, TokenError, TokensOf};
