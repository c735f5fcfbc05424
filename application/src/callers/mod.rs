//! Who calls, and the tokens that callers present.

mod caller;
pub(crate) mod tokens;

pub use caller::Caller;
pub use tokens::{AuthenticateError, ManageTokens, NewToken, RevokedToken, TokenError};
