//! The attested credential in authenticator data (WebAuthn, sections 6.1 and 6.5.1).

use passlink_domain::{Aaguid, CredentialId};
use serde::Deserialize;
use serde_cbor_2::Value;

/// Bits of the flags.
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKUP_STATE: u8 = 1 << 4;
const EXTENSIONS: u8 = 1 << 7;
/// Length of the hash of the relying party's id.
const RP_ID_HASH: usize = 32;

/// What authenticator data say of a new credential.
pub(super) struct AttestedCredential {
    pub id: CredentialId,
    pub public_key: Vec<u8>,
    pub sign_count: u32,
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub aaguid: Aaguid,
}

impl AttestedCredential {
    /// Reads an attestation object that was verified.
    pub fn read(attestation_object: &[u8]) -> Option<Self> {
        let Value::Map(object) = serde_cbor_2::from_slice(attestation_object).ok()? else {
            return None;
        };
        // The library takes octets for a format as well.
        let Value::Text(_) = object.get(&Value::Text("fmt".to_owned()))? else {
            return None;
        };
        let Value::Bytes(data) = object.get(&Value::Text("authData".to_owned()))? else {
            return None;
        };
        let (_, rest) = data.split_at_checked(RP_ID_HASH)?;
        let (flags, rest) = rest.split_first()?;
        let (sign_count, rest) = rest.split_first_chunk()?;
        let (aaguid, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (public_key, rest) = first_value(rest)?;
        let rest = match flags & EXTENSIONS {
            0 => rest,
            _ => first_value(rest)?.1,
        };
        // The library leaves aside what stands behind.
        if !rest.is_empty() {
            return None;
        }
        Some(Self {
            id: CredentialId::new(id.to_vec()).ok()?,
            public_key: public_key.to_vec(),
            sign_count: u32::from_be_bytes(*sign_count),
            backup_eligible: flags & BACKUP_ELIGIBLE != 0,
            backup_state: flags & BACKUP_STATE != 0,
            aaguid: Aaguid::new(*aaguid),
        })
    }
}

/// The first of the CBOR values, and what stands behind it.
fn first_value(cbor: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut values = serde_cbor_2::Deserializer::from_slice(cbor);
    Value::deserialize(&mut values).ok()?;
    cbor.split_at_checked(values.byte_offset())
}
