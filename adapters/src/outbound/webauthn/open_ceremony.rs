//! A ceremony that waits for answers, whatever comes: what fuzzing feeds.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_application::ports::{AssertionRequest, WebAuthn, WebAuthnError};
use passlink_domain::{Aaguid, Challenge, Credential, UserVerification};
use serde_json::json;

use super::{RelyingParty, authenticator_data::AuthenticatorData};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Where its page is.
const ORIGIN: &str = "https://id.example.com";
/// The challenge, always the same, so that a corpus can answer it.
const CHALLENGE: [u8; 32] = [7; 32];

pub struct OpenCeremony {
    relying_party: RelyingParty,
    challenge: Challenge,
}

impl OpenCeremony {
    pub fn begin() -> Result<Self, Error> {
        let relying_party = RelyingParty::new("example.com", "Passlink", &ORIGIN.parse()?, &[])?;
        Ok(Self { relying_party, challenge: CHALLENGE.into() })
    }

    /// Answers with an input: client data on the first line, and behind it the attestation object;
    /// and once more with all of it as the answer itself. Says whether a credential came of it.
    ///
    /// Errors: when what came of it is a fault of ours.
    pub fn answer(&self, input: &[u8]) -> Result<bool, Error> {
        let whole = match std::str::from_utf8(input) {
            Ok(text) => self.verify(text)?,
            Err(_) => false,
        };
        let line = input.iter().position(|octet| *octet == b'\n').unwrap_or(input.len());
        let (client_data, rest) = input.split_at_checked(line).unwrap_or_default();
        let encode = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
        let object = rest.get(1..).unwrap_or_default();
        let data = AuthenticatorData::read(object);
        let answer = json!({
            "id": encode(data.as_ref().map(|data| data.id.as_bytes()).unwrap_or_default()),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(client_data),
                "attestationObject": encode(object),
            },
        });
        Ok(self.verify(&answer.to_string())? || whole)
    }

    /// Answers a sign-in with the same input, by whichever credential it says.
    fn sign_in(&self, answer: &str) {
        let Some(presented) = self.relying_party.presented(answer) else { return };
        let credential = Credential {
            id: presented.credential,
            public_key: answer.as_bytes().to_vec(),
            sign_count: 0,
            transports: Vec::new(),
            attachment: None,
            backup_eligible: false,
            backup_state: false,
            aaguid: Aaguid::default(),
        };
        let user_verification = UserVerification::Required;
        let host = Some("id.example.com");
        let request = AssertionRequest { challenge: &self.challenge, user_verification, host };
        let _ = self.relying_party.verify_assertion(&request, &credential, answer);
    }

    fn verify(&self, answer: &str) -> Result<bool, Error> {
        let _ = self.relying_party.challenge_of(answer);
        self.sign_in(answer);
        match self.relying_party.verify(&self.challenge, answer) {
            Ok(credential) => {
                let _ = self.relying_party.can_verify(&credential.public_key);
                Ok(true)
            }
            Err(WebAuthnError::NotVerified(_)) => Ok(false),
            Err(WebAuthnError::Broken(cause)) => Err(cause),
        }
    }
}

#[cfg(test)]
mod tests;
