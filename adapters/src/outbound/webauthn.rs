//! The relying party of WebAuthn.

use std::{collections::BTreeMap, error::Error};

use passlink_application::ports::{
    AssertionRequest, NewCredential, PresentedAssertion, SignInRefused, VerifiedAssertion,
    WebAuthn, WebAuthnError,
};
use passlink_domain::{Aaguid, CEREMONY_LIFETIME, Challenge, Credential, UserVerification};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::{Origin, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder, WebauthnError};

use answer::Answer;
use assertion::Assertion;
use authenticator_data::{
    AuthenticatorData, BACKUP_ELIGIBLE, BACKUP_STATE, USER_PRESENT, USER_VERIFIED,
};

mod answer;
mod assertion;
mod authenticator_data;
mod client_data;
mod json_octets;
#[cfg(any(test, feature = "fuzzing"))]
pub mod open_ceremony;
mod options;
mod public_key;
mod signature;

/// Names of authenticators by AAGUID; the file says where they are from.
const MODELS: &str = include_str!("../../data/aaguids.json");

pub struct RelyingParty {
    webauthn: Webauthn,
    id: String,
    /// Of pages and apps, as browsers write them.
    origins: Vec<String>,
    hosts: Vec<String>,
    models: BTreeMap<Uuid, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RelyingPartyError {
    #[error("webauthn.rp_id {id} must be the host of {origin}, or a domain above it")]
    Id { id: String, origin: String },
    /// The names of authenticators can't be read, which the build rules out.
    #[error("the names of authenticators can't be read")]
    Models(#[from] serde_json::Error),
}

impl RelyingParty {
    /// A relying party whose pages are at `origin` and at the others.
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
}

fn written(url: &Url) -> String {
    match url.origin() {
        // Of apps on Android: there is no origin in it.
        Origin::Opaque(_) => url.as_str().to_owned(),
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
    }
}

/// Whether a page of this origin is at the host. An app, whose origin has none, is at any.
fn is_at(host: &str, origin: &str) -> bool {
    let origin = Url::parse(origin);
    origin.is_ok_and(|origin| origin.host_str().is_none_or(|at| at == host))
}

fn not_verified(error: impl Into<Box<dyn Error + Send + Sync>>) -> WebAuthnError {
    WebAuthnError::NotVerified(error.into())
}

fn broken(error: impl Error + Send + Sync + 'static) -> WebAuthnError {
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
        // Only fills the options, where the handle takes its place.
        let id = Uuid::nil();
        let started = self.webauthn.start_passkey_registration(id, names.0, names.1, None);
        // What the library would verify an answer by is not used: see `verify`.
        let (mut options, _) = started.map_err(broken)?;
        options::complete(&mut options.public_key, new);
        serde_json::to_string(&options).map_err(broken)
    }

    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>> {
        Some(Answer::read(answer).ok()?.client_data().ok()?.challenge)
    }

    /// The steps of WebAuthn, section 7.1, without attestation. The library refuses statements that
    /// nobody asked for, and RSA keys of more than 2048 bits, which would leave a passkey on the
    /// device that is not known here.
    fn verify(&self, challenge: &Challenge, answer: &str) -> Result<Credential, WebAuthnError> {
        let answer = Answer::read(answer).map_err(not_verified)?;
        let client_data = answer.client_data().map_err(not_verified)?;
        let data = AuthenticatorData::read(&answer.response.attestation_object)
            .ok_or_else(|| not_verified("the attestation object holds no credential"))?;
        let rp_id_hash: [u8; 32] = Sha256::digest(&self.id).into();
        let steps = [
            (answer.kind == "public-key", "the credential is of another type"),
            (client_data.kind == "webauthn.create", "the client data are of another type"),
            (client_data.challenge == challenge.expose(), "the challenge is of another ceremony"),
            // As browsers write it: no other URL of the same origin is one.
            (
                self.origins.contains(&client_data.origin),
                "the origin is not one of this relying party",
            ),
            (!client_data.is_framed(), "the page is in a frame of another page"),
            (data.rp_id_hash == rp_id_hash, "the credential is for another relying party"),
            (data.has(USER_PRESENT), "the user was not present"),
            (data.has(USER_VERIFIED), "the user was not verified"),
            (
                data.has(BACKUP_ELIGIBLE) || !data.has(BACKUP_STATE),
                "the credential is backed up, but says it can't be",
            ),
            (answer.names(data.id.as_bytes()), "the answer is about another credential"),
            (answer.may_be_discoverable(), "the credential is not discoverable"),
        ];
        if let Some((_, why)) = steps.into_iter().find(|(holds, _)| !holds) {
            return Err(not_verified(why));
        }
        public_key::read(&data.public_key).map_err(not_verified)?;
        Ok(Credential {
            transports: answer.transports(),
            attachment: answer.attachment(),
            sign_count: data.sign_count,
            backup_eligible: data.has(BACKUP_ELIGIBLE),
            backup_state: data.has(BACKUP_STATE),
            aaguid: data.aaguid,
            id: data.id,
            public_key: data.public_key,
        })
    }

    fn request_options(
        &self,
        request: &AssertionRequest<'_>,
        allow: &[&Credential],
    ) -> Result<String, WebAuthnError> {
        serde_json::to_string(&options::request(&self.id, request, allow)).map_err(broken)
    }

    fn presented(&self, answer: &str) -> Option<PresentedAssertion> {
        Assertion::read(answer).ok()?.presented()
    }

    fn verify_assertion(
        &self,
        request: &AssertionRequest<'_>,
        credential: &Credential,
        answer: &str,
    ) -> Result<VerifiedAssertion, SignInRefused> {
        use SignInRefused as Refused;
        let assertion = Assertion::read(answer).map_err(|_| Refused::Malformed)?;
        let client_data = assertion.client_data().map_err(|_| Refused::Malformed)?;
        let data = assertion.authenticator_data().ok_or(Refused::Malformed)?;
        let rp_id_hash: [u8; 32] = Sha256::digest(&self.id).into();
        let (is_eligible, is_backed_up) = (data.has(BACKUP_ELIGIBLE), data.has(BACKUP_STATE));
        let needs_user = request.user_verification == UserVerification::Required;
        let steps = [
            (
                assertion.kind == "public-key" && client_data.kind == "webauthn.get",
                Refused::Malformed,
            ),
            (assertion.names(credential.id.as_bytes()), Refused::UnknownCredential),
            (request.challenge.matches(&client_data.challenge), Refused::Challenge),
            // As browsers write it: no other URL of the same origin is one.
            (self.origins.contains(&client_data.origin), Refused::Origin),
            (request.host.is_none_or(|host| is_at(host, &client_data.origin)), Refused::Origin),
            (!client_data.is_framed(), Refused::Origin),
            (data.rp_id_hash == rp_id_hash, Refused::RelyingParty),
            (data.has(USER_PRESENT), Refused::UserPresence),
            (data.has(USER_VERIFIED) || !needs_user, Refused::UserVerification),
            (is_eligible == credential.backup_eligible, Refused::BackupState),
            (is_eligible || !is_backed_up, Refused::BackupState),
            (assertion.is_signed_by(&credential.public_key), Refused::Signature),
        ];
        match steps.into_iter().find(|(holds, _)| !holds) {
            Some((_, why)) => Err(why),
            None => Ok(VerifiedAssertion {
                sign_count: data.sign_count,
                backup_state: is_backed_up,
                user_verified: data.has(USER_VERIFIED),
            }),
        }
    }

    fn can_verify(&self, public_key: &[u8]) -> bool {
        public_key::read(public_key).is_ok()
    }

    fn model(&self, aaguid: Aaguid) -> Option<&str> {
        self.models.get(&Uuid::from_bytes(aaguid.0)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
