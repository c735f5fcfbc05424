use passlink_domain::*;

use super::World;
use crate::*;

/// Its answers are `<challenge>:<id of the credential>`. What was asked of an authenticator can be
/// read in the options.
impl WebAuthn for World {
    fn rp_id(&self) -> &str {
        "example.com"
    }

    fn serves(&self, domain: &str) -> bool {
        ["example.com", "id.example.com"].contains(&domain)
    }

    fn begin(&self, new: &NewCredential<'_>) -> Result<BegunCeremony, WebAuthnError> {
        let mut octets = [0; 8];
        self.fill(&mut octets);
        let challenge = u64::from_be_bytes(octets).to_string();
        let exclude: Vec<_> = new.exclude.iter().map(|it| it.id.as_bytes()).collect();
        Ok(BegunCeremony {
            options: format!(
                "challenge={challenge} handle={:?} exclude={exclude:?} attachment={:?}",
                new.handle, new.attachment
            ),
            state: challenge.clone(),
            challenge: challenge.into_bytes(),
        })
    }

    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>> {
        answer.split_once(':').map(|(challenge, _)| challenge.as_bytes().to_vec())
    }

    fn verify(&self, state: &str, answer: &str) -> Result<Credential, WebAuthnError> {
        match answer.split_once(':') {
            Some((challenge, id)) if challenge == state => Ok(credential(id)),
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
        aaguid: Aaguid::new([u8::from(id.starts_with("known")); 16]),
    }
}
