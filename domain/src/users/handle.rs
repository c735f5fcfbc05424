//! The user handle (WebAuthn, section 4).

use uuid::Uuid;

use crate::octets::Octets;

/// Names a user to authenticators. Random, so that it says nothing about the user; the same for all
/// passkeys of a user.
pub type UserHandle = Octets<64>;

impl From<Uuid> for UserHandle {
    fn from(uuid: Uuid) -> Self {
        Self::from_array(uuid.into_bytes())
    }
}
