//! What all answers of authenticators have in common (WebAuthn, sections 5.8.1 and 6.1).

use serde_json::{Map, Value, json};

/// Bits of the flags in authenticator data.
pub const USER_PRESENT: u8 = 1;
pub const USER_VERIFIED: u8 = 1 << 2;
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
pub const ATTESTED: u8 = 1 << 6;

/// The client data, with `more` members.
pub fn client_data(
    kind: &str,
    challenge: &str,
    origin: &str,
    more: &Map<String, Value>,
) -> Vec<u8> {
    let mut data = json!({ "type": kind, "challenge": challenge, "origin": origin });
    data.as_object_mut().unwrap().extend(more.clone());
    data.to_string().into_bytes()
}
