use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

/// Its answers are `<challenge in hex>:<id of the credential>`. What was asked of an authenticator can
/// be read in the options.
impl WebAuthn for World {
    fn rp_id(&self) -> &str {
        "example.com"
    }

    fn serves(&self, domain: &str) -> bool {
        ["example.com", "id.example.com"].contains(&domain)
    }

    fn options(&self, new: &NewCredential<'_>) -> Result<String, WebAuthnError> {
        let exclude: Vec<_> = new.exclude.iter().map(|it| it.id.as_bytes()).collect();
        Ok(format!(
            "challenge={} handle={:?} exclude={exclude:?} attachment={:?}",
            hex(new.challenge),
            new.handle,
            new.attachment
        ))
    }

    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>> {
        let (challenge, _) = answer.split_once(':')?;
        let pairs = challenge.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
    }

    fn verify(&self, challenge: &Challenge, answer: &str) -> Result<Credential, WebAuthnError> {
        match answer.split_once(':') {
            Some((answered, id)) if answered == hex(challenge) => Ok(credential(id)),
            _ => Err(WebAuthnError::NotVerified("another challenge".into())),
        }
    }

    fn request_options(
        &self,
        request: &AssertionRequest<'_>,
        allow: &[&Credential],
    ) -> Result<String, WebAuthnError> {
        let allow: Vec<_> = allow.iter().map(|it| it.id.as_bytes()).collect();
        let (challenge, policy) = (hex(request.challenge), request.user_verification.name());
        Ok(format!("{challenge}:{policy}:{allow:?}"))
    }

    fn presented(&self, answer: &str) -> Option<PresentedAssertion> {
        let signed = SoftAssertion::read(answer)?;
        Some(PresentedAssertion { credential: signed.credential, user_handle: signed.user_handle })
    }

    fn verify_assertion(
        &self,
        request: &AssertionRequest<'_>,
        _credential: &Credential,
        answer: &str,
    ) -> Result<VerifiedAssertion, SignInRefused> {
        let signed = SoftAssertion::read(answer).ok_or(SignInRefused::Malformed)?;
        if signed.challenge != hex(request.challenge) {
            return Err(SignInRefused::Challenge);
        }
        let is_required = request.user_verification == UserVerification::Required;
        if is_required && !signed.verified.user_verified {
            return Err(SignInRefused::UserVerification);
        }
        Ok(signed.verified)
    }

    fn can_verify(&self, public_key: &[u8]) -> bool {
        public_key == [1]
    }

    fn model(&self, aaguid: Aaguid) -> Option<&str> {
        (aaguid != Aaguid::default()).then_some("Example Keychain")
    }
}

/// An answer to a challenge, as a text: `CHALLENGE:CREDENTIAL:HANDLE:COUNT:VERIFIED`, the handle in hex or empty.
#[derive(Debug, Clone)]
pub struct SoftAssertion {
    pub challenge: String,
    pub credential: CredentialId,
    pub user_handle: Option<UserHandle>,
    pub verified: VerifiedAssertion,
}

impl SoftAssertion {
    fn read(answer: &str) -> Option<Self> {
        let fields: Vec<_> = answer.split(':').collect();
        let [challenge, credential, handle, count, verified] = fields[..] else { return None };
        let octet =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let handle: Vec<u8> = handle.as_bytes().chunks(2).map(octet).collect();
        Some(Self {
            challenge: challenge.to_owned(),
            credential: CredentialId::new(credential.as_bytes().to_vec()).ok()?,
            user_handle: UserHandle::new(handle).ok(),
            verified: VerifiedAssertion {
                sign_count: count.parse().ok()?,
                backup_state: true,
                user_verified: verified == "yes",
            },
        })
    }

    /// As a browser hands it over.
    pub fn write(&self) -> String {
        let handle = self.user_handle.as_ref().map(UserHandle::as_bytes).unwrap_or_default();
        let handle: String = handle.iter().map(|octet| format!("{octet:02x}")).collect();
        let credential = std::str::from_utf8(self.credential.as_bytes()).unwrap();
        let VerifiedAssertion { sign_count, user_verified, .. } = self.verified;
        let verified = if user_verified { "yes" } else { "no" };
        format!("{}:{credential}:{handle}:{sign_count}:{verified}", self.challenge)
    }
}

fn hex(challenge: &Challenge) -> String {
    challenge.expose().iter().map(|octet| format!("{octet:02x}")).collect()
}

impl World {
    /// What the authenticator answers to the first ceremony that is open.
    pub fn answer(&self, credential: &str) -> String {
        let challenge = self.state().ceremonies[0].challenge(&Self::keys()).unwrap();
        format!("{}:{credential}", hex(&challenge))
    }
}

/// A credential; one whose id begins with `known` tells its model.
pub fn credential(id: &str) -> Credential {
    Credential {
        id: CredentialId::new(id.as_bytes().to_vec()).unwrap(),
        public_key: vec![1],
        sign_count: 0,
        transports: vec!["internal".into()],
        attachment: Some(Attachment::Platform),
        backup_eligible: true,
        backup_state: true,
        aaguid: Aaguid([u8::from(id.starts_with("known")); 16]),
    }
}
