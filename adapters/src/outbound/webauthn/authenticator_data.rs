//! Authenticator data (WebAuthn, section 6.1), those of a new credential among them (section 6.5).

use passlink_domain::{Aaguid, CredentialId};
use serde::{Deserialize, de::IgnoredAny};
use serde_cbor_2::Value;

/// UP, a bit of the flags: somebody touched the authenticator.
pub(super) const USER_PRESENT: u8 = 1;
/// UV: the authenticator recognised its user by a PIN, a fingerprint or the like.
pub(super) const USER_VERIFIED: u8 = 1 << 2;
/// BE: the credential can get to other devices.
pub(super) const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// BS: the credential is backed up now.
pub(super) const BACKUP_STATE: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What an authenticator says of a credential that it made.
pub(super) struct AuthenticatorData {
    pub rp_id_hash: [u8; 32],
    flags: u8,
    pub sign_count: u32,
    pub aaguid: Aaguid,
    pub id: CredentialId,
    pub public_key: Vec<u8>,
}

/// What an authenticator hands out. The statement, about the authenticator itself, may be any: none is
/// asked for, so none is looked at (WebAuthn, section 7.1, leaves that to a policy).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationObject {
    fmt: Value,
    #[serde(rename = "attStmt")]
    _statement: IgnoredAny,
    auth_data: Value,
}

/// What an authenticator says of the credential that it signs with (WebAuthn, section 6.1). What may follow is
/// not looked at.
pub(super) struct SigningData {
    pub rp_id_hash: [u8; 32],
    flags: u8,
    pub sign_count: u32,
}

impl SigningData {
    pub fn read(data: &[u8]) -> Option<Self> {
        let (rp_id_hash, rest) = data.split_first_chunk()?;
        let (&flags, rest) = rest.split_first()?;
        let (sign_count, _) = rest.split_first_chunk()?;
        let sign_count = u32::from_be_bytes(*sign_count);
        Some(Self { rp_id_hash: *rp_id_hash, flags, sign_count })
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl AuthenticatorData {
    /// Reads those in an attestation object; `None` when there is anything behind either.
    pub fn read(attestation_object: &[u8]) -> Option<Self> {
        let object: AttestationObject = serde_cbor_2::from_slice(attestation_object).ok()?;
        let (Value::Text(_), Value::Bytes(data)) = (object.fmt, object.auth_data) else {
            return None;
        };
        let (rp_id_hash, rest) = data.split_first_chunk()?;
        let (&flags, rest) = rest.split_first()?;
        let (sign_count, rest) = rest.split_first_chunk()?;
        if flags & ATTESTED == 0 {
            return None;
        }
        let (aaguid, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (public_key, rest) = first_map(rest)?;
        let rest = if flags & EXTENSIONS == 0 { rest } else { first_map(rest)?.1 };
        rest.is_empty().then_some(Self {
            rp_id_hash: *rp_id_hash,
            flags,
            sign_count: u32::from_be_bytes(*sign_count),
            aaguid: Aaguid(*aaguid),
            id: CredentialId::new(id.to_vec()).ok()?,
            public_key: public_key.to_vec(),
        })
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The map at the beginning of CBOR, and what stands behind it.
fn first_map(cbor: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut values = serde_cbor_2::Deserializer::from_slice(cbor);
    let Value::Map(_) = Value::deserialize(&mut values).ok()? else { return None };
    cbor.split_at_checked(values.byte_offset())
}
