//! Who calls, what that permits, and the tokens that callers present.

mod acting;
mod asked;
mod asker;
mod caller;
mod claims;
mod inspect;
mod provision;
mod session_access;
pub(crate) mod tokens;

pub use acting::Acting;
pub use asked::Asked;
pub use asker::{Asker, PendingToken};
pub use caller::{Caller, CallerError, Callers};
pub use claims::{Claims, Profile, SpeaksFor};
pub use inspect::{Inspected, Inspection};
pub use session_access::SessionAccess;
pub use tokens::{ManageTokens, NewToken, RevokedToken, TokenError, TokensOf};
