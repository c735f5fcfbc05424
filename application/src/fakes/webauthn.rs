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

    fn can_verify(&self, public_key: &[u8]) -> bool {
        public_key == [1]
    }

    fn model(&self, aaguid: Aaguid) -> Option<&str> {
        (aaguid != Aaguid::default()).then_some("Example Keychain")
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
