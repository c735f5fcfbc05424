//! The relying party of WebAuthn, by webauthn-rs.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_application::{NewCredential, WebAuthn, WebAuthnError};
use passlink_domain::{Aaguid, Attachment, CEREMONY_LIFETIME, Challenge, Credential};
use serde::Deserialize;
use url::{Origin, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEKey, CreationChallengeResponse, PasskeyRegistration,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use answer::{Answer, ClientData};
use authenticator_data::AttestedCredential;

mod answer;
mod authenticator_data;
#[cfg(any(test, feature = "fuzzing"))]
mod open_ceremony;
mod options;

#[cfg(any(test, feature = "fuzzing"))]
pub use open_ceremony::OpenCeremony;

/// Names of authenticators by AAGUID; the file says where they are from.
const MODELS: &str = include_str!("../data/aaguids.json");

/// The relying party.
pub struct RelyingParty {
    webauthn: Webauthn,
    id: String,
    /// Of pages and apps, as browsers write them.
    origins: Vec<String>,
    hosts: Vec<String>,
    models: BTreeMap<Uuid, String>,
}

/// Why there can't be such a relying party.
#[derive(Debug, thiserror::Error)]
pub enum RelyingPartyError {
    /// The id is no domain of the origin.
    #[error("webauthn.rp_id {id} must be the host of {origin}, or a domain above it")]
    Id {
        /// The id.
        id: String,
        /// The origin of the pages.
        origin: String,
    },
    /// The names of authenticators can't be read, which the build rules out.
    #[error("the names of authenticators can't be read")]
    Models(#[from] serde_json::Error),
}

impl RelyingParty {
    /// A relying party whose pages are at `origin` and at the others.
    ///
    /// Errors: when the id is neither the host of `origin` nor a domain above it.
    pub fn new(
        id: &str,
        name: &str,
        origin: &Url,
        others: &[Url],
    ) -> Result<Self, RelyingPartyError> {
        let wrong_id = |_: WebauthnError| RelyingPartyError::Id {
            id: id.to_owned(),
            origin: origin.origin().ascii_serialization(),
        };
        let builder = WebauthnBuilder::new(id, origin).map_err(wrong_id)?;
        let builder = others.iter().fold(builder, WebauthnBuilder::append_allowed_origin);
        let webauthn =
            builder.rp_name(name).timeout(CEREMONY_LIFETIME).build().map_err(wrong_id)?;
        #[derive(Deserialize)]
        struct Models {
            names: BTreeMap<Uuid, String>,
        }
        let allowed = webauthn.get_allowed_origins();
        Ok(Self {
            origins: allowed.iter().map(written).collect(),
            hosts: allowed.iter().filter_map(|it| it.host_str().map(str::to_owned)).collect(),
            webauthn,
            id: id.to_owned(),
            models: serde_json::from_str::<Models>(MODELS)?.names,
        })
    }

    /// What the library asks of an authenticator, and what it verifies the answer by. It draws a
    /// challenge of its own, which is not used.
    fn start(
        &self,
        (name, display_name): (&str, &str),
    ) -> Result<(CreationChallengeResponse, PasskeyRegistration), WebAuthnError> {
        // Only fills the options, where the handle takes its place.
        let id = Uuid::nil();
        // In the options alone: that a credential is registered already is the store's to say.
        let exclude = None;
        self.webauthn.start_passkey_registration(id, name, display_name, exclude).map_err(broken)
    }

    /// What an answer to this challenge is verified by. But for the challenge it is the same for all
    /// ceremonies, so nothing of it is kept: nobody can read it, or change what is verified.
    fn expecting(&self, challenge: &Challenge) -> Result<PasskeyRegistration, WebAuthnError> {
        let (_, drawn) = self.start(("unused", "unused"))?;
        let mut state = serde_json::to_value(drawn).map_err(broken)?;
        let place = state.pointer_mut("/rs/challenge");
        *place.ok_or_else(|| broken("the library's state has no challenge"))? =
            BASE64_URL_SAFE_NO_PAD.encode(challenge.expose()).into();
        serde_json::from_value(state).map_err(broken)
    }
}

/// An origin as browsers write it.
fn written(url: &Url) -> String {
    match url.origin() {
        // Of apps on Android: there is no origin in it.
        Origin::Opaque(_) => url.as_str().to_owned(),
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
    }
}

fn not_verified(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> WebAuthnError {
    WebAuthnError::NotVerified(error.into())
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> WebAuthnError {
    WebAuthnError::Broken(error.into())
}

impl WebAuthn for RelyingParty {
    fn rp_id(&self) -> &str {
        &self.id
    }

    fn serves(&self, domain: &str) -> bool {
        let mut known = self.hosts.iter().chain([&self.id]);
        known.any(|known| known.eq_ignore_ascii_case(domain))
    }

    fn options(&self, new: &NewCredential<'_>) -> Result<String, WebAuthnError> {
        let names = (new.user.username.as_str(), new.user.display_name.as_str());
        let (mut options, _) = self.start(names)?;
        options::complete(&mut options.public_key, new);
        serde_json::to_string(&options).map_err(broken)
    }

    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>> {
        ClientData::of(answer)?.challenge()
    }

    fn verify(&self, challenge: &Challenge, answer: &str) -> Result<Credential, WebAuthnError> {
        let registered: RegisterPublicKeyCredential =
            serde_json::from_str(answer).map_err(not_verified)?;
        if registered.type_ != "public-key" {
            return Err(not_verified("the credential is of another type"));
        }
        let client_data = ClientData::of(answer);
        let answer: Answer = serde_json::from_str(answer).map_err(not_verified)?;
        if !answer.may_be_discoverable() {
            return Err(not_verified("the credential is not discoverable"));
        }
        let expected = self.expecting(challenge)?;
        self.webauthn.finish_passkey_registration(&registered, &expected).map_err(not_verified)?;
        // The library takes for an origin whatever URL has it: with a path, a user name, in capitals.
        if !client_data.is_some_and(|client_data| client_data.is_from(&self.origins)) {
            return Err(not_verified(
                "the origin is written as no browser writes it, or in a frame",
            ));
        }
        // What was verified is what the attestation object holds, not what stands beside it.
        let attested = AttestedCredential::read(&registered.response.attestation_object)
            .ok_or_else(|| not_verified("the authenticator data can't be read"))?;
        Ok(Credential {
            id: attested.id,
            public_key: attested.public_key,
            sign_count: attested.sign_count,
            transports: answer.transports(),
            attachment: answer.attachment(),
            backup_eligible: attested.backup_eligible,
            backup_state: attested.backup_state,
            aaguid: attested.aaguid,
        })
    }

    fn can_verify(&self, public_key: &[u8]) -> bool {
        let key = serde_cbor_2::from_slice(public_key).ok();
        let key = key.and_then(|key: serde_cbor_2::Value| COSEKey::try_from(&key).ok());
        key.is_some_and(|key| COSEAlgorithm::secure_algs().contains(&key.type_))
    }

    fn model(&self, aaguid: Aaguid) -> Option<&str> {
        self.models.get(&Uuid::from_bytes(*aaguid.as_bytes())).map(String::as_str)
    }
}

/// As WebAuthn writes it.
fn attachment_named(name: &str) -> Option<Attachment> {
    match name {
        "platform" => Some(Attachment::Platform),
        "cross-platform" => Some(Attachment::CrossPlatform),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
