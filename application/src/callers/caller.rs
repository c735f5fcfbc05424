//! Who calls.

use passlink_domain::{Text, TokenId, UserId};

/// Who calls, as a bearer token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub token_name: Option<Text>,
    /// The token; none where an operator acts for the user.
    pub token: Option<TokenId>,
}
