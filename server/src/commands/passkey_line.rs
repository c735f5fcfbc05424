//! A passkey on a line of JSON: as a list shows it, and as it goes from one installation to another.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jiff::Timestamp;
use passlink_application::passkeys::{ExportedPasskey, ImportedPasskey};
use passlink_domain::{
    Aaguid, Attachment, Credential, CredentialId, MAX_TRANSPORTS, Passkey, PasskeyId, Text,
    UserHandle, UserId, is_transport,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::jsonl::at_key;
use crate::cli;

pub(super) fn listed(passkey: &Passkey) -> Value {
    let credential = &passkey.credential;
    json!({
        "id": passkey.id.as_str(),
        "user": passkey.user.as_str(),
        "name": passkey.name.as_str(),
        "rpId": passkey.rp_id,
        "credentialId": encoded(credential.id.as_bytes()),
        "transports": credential.transports,
        "attachment": credential.attachment.map(Attachment::name),
        "backupEligible": credential.backup_eligible,
        "backupState": credential.backup_state,
        "aaguid": Uuid::from_bytes(credential.aaguid.0).to_string(),
        "device": passkey.device.as_ref().map(Text::as_str),
        "created": passkey.created.to_string(),
        "lastUsed": passkey.last_used.map(|at| at.to_string()),
        "removed": passkey.removed.map(|at| at.to_string()),
    })
}

/// A passkey as it goes from one installation to another.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Moved {
    id: Option<String>,
    user: String,
    user_handle: String,
    name: Option<String>,
    rp_id: Option<String>,
    credential_id: String,
    public_key: String,
    #[serde(default)]
    sign_count: u32,
    #[serde(default)]
    transports: Vec<String>,
    attachment: Option<String>,
    #[serde(default)]
    backup_eligible: bool,
    #[serde(default)]
    backup_state: bool,
    aaguid: Option<Uuid>,
    created: Option<String>,
    last_used: Option<String>,
}

impl From<ExportedPasskey> for Moved {
    fn from(ExportedPasskey { passkey, handle }: ExportedPasskey) -> Self {
        let credential = passkey.credential;
        Self {
            id: Some(passkey.id.to_string()),
            user: passkey.user.to_string(),
            user_handle: encoded(handle.as_bytes()),
            name: Some(passkey.name.to_string()),
            rp_id: Some(passkey.rp_id),
            credential_id: encoded(credential.id.as_bytes()),
            public_key: encoded(&credential.public_key),
            sign_count: credential.sign_count,
            transports: credential.transports,
            attachment: credential.attachment.map(|it| it.name().to_owned()),
            backup_eligible: credential.backup_eligible,
            backup_state: credential.backup_state,
            aaguid: Some(Uuid::from_bytes(credential.aaguid.0)),
            created: Some(passkey.created.to_string()),
            last_used: passkey.last_used.map(|at| at.to_string()),
        }
    }
}

impl TryFrom<Moved> for ImportedPasskey {
    type Error = String;

    fn try_from(line: Moved) -> Result<Self, String> {
        let mut transports = line.transports.iter();
        if line.transports.len() > MAX_TRANSPORTS || !transports.all(|name| is_transport(name)) {
            return Err("transports: must be at most 8 names such as internal or usb".to_owned());
        }
        if line.backup_state && !line.backup_eligible {
            return Err("backupState: must be false where backupEligible is".to_owned());
        }
        Ok(Self {
            id: line.id.map(|id| at_key("id", PasskeyId::parse(&id))).transpose()?,
            user: at_key("user", UserId::parse(&line.user))?,
            handle: octets("userHandle", &line.user_handle, UserHandle::new)?,
            name: line.name.map(|name| at_key("name", Text::parse(&name))).transpose()?,
            rp_id: line.rp_id,
            credential: Credential {
                id: octets("credentialId", &line.credential_id, CredentialId::new)?,
                public_key: octets("publicKey", &line.public_key, Ok::<_, String>)?,
                sign_count: line.sign_count,
                transports: line.transports,
                attachment: (line.attachment.map(|name| name.parse()).transpose())
                    .map_err(|_| "attachment: must be platform or cross-platform")?,
                backup_eligible: line.backup_eligible,
                backup_state: line.backup_state,
                aaguid: Aaguid(line.aaguid.unwrap_or_default().into_bytes()),
            },
            created: line.created.map(|at| instant("created", &at)).transpose()?,
            last_used: line.last_used.map(|at| instant("lastUsed", &at)).transpose()?,
        })
    }
}

fn encoded(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

/// What octets stand for that are written as base64url.
fn octets<T, E: ToString>(
    key: &str,
    text: &str,
    make: impl Fn(Vec<u8>) -> Result<T, E>,
) -> Result<T, String> {
    at_key(key, make(at_key(key, cli::base64url(text))?))
}

/// A time in whole milliseconds.
fn instant(key: &str, text: &str) -> Result<Timestamp, String> {
    let parsed = text.parse::<Timestamp>();
    let parsed = parsed.and_then(|at| Timestamp::from_millisecond(at.as_millisecond()));
    parsed.map_err(|_| format!("{key}: must be a time such as 2026-03-06T11:55:22.421Z"))
}
