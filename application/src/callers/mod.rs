//! Who calls, and the tokens that callers present.

mod caller;
pub(crate) mod tokens;

pub use caller::{AuthenticateError, Caller};
pub use tokens::{ManageTokens, NewToken, RevokedToken, TokenError};
