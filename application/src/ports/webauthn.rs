//! The relying party of WebAuthn.

use passlink_domain::{Aaguid, Attachment, Challenge, Credential, User, UserHandle};

pub struct NewCredential<'a> {
    pub user: &'a User,
    pub handle: &'a UserHandle,
    /// The user's credentials: an authenticator that has one of them makes no other.
    pub exclude: &'a [&'a Credential],
    pub attachment: Option<Attachment>,
    pub challenge: &'a Challenge,
}

/// The relying party of WebAuthn (Level 3): asks for credentials and verifies what comes.
pub trait WebAuthn: Send + Sync {
    /// The id of the relying party, which credentials are bound to.
    fn rp_id(&self) -> &str;
    /// Whether credentials can be registered under this domain: it is the id, or the host of a page.
    fn serves(&self, domain: &str) -> bool;
    /// The options for the browser that ask for a credential: JSON, an object with the key `publicKey`.
    ///
    /// Errors: [`WebAuthnError::Broken`].
    fn options(&self, new: &NewCredential<'_>) -> Result<String, WebAuthnError>;
    /// The challenge that an answer says it is for; `None` when it can't be read.
    fn challenge_of(&self, answer: &str) -> Option<Vec<u8>>;
    /// Verifies the answer, JSON, to options with this challenge.
    ///
    /// Errors: [`WebAuthnError::NotVerified`], with everything that an answer can have wrong.
    fn verify(&self, challenge: &Challenge, answer: &str) -> Result<Credential, WebAuthnError>;
    /// Whether what a credential with this public key, a COSE_Key, signs can be verified.
    fn can_verify(&self, public_key: &[u8]) -> bool;
    /// What a model of authenticators is called, if it is known.
    fn model(&self, aaguid: Aaguid) -> Option<&str>;
}

/// Why a ceremony was not begun or its answer not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WebAuthnError {
    #[error("the WebAuthn answer does not verify")]
    NotVerified(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the options of the ceremony can't be made")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}
