//! The relying party of WebAuthn.

use passlink_domain::{
    Aaguid, Attachment, Challenge, Credential, CredentialId, User, UserHandle, UserVerification,
};

use crate::ports::SignInRefused;

pub struct NewCredential<'a> {
    pub user: &'a User,
    pub handle: &'a UserHandle,
    /// The user's credentials: an authenticator that has one of them makes no other.
    pub exclude: &'a [&'a Credential],
    pub attachment: Option<Attachment>,
    pub challenge: &'a Challenge,
}

/// What an authenticator is asked to sign.
pub struct AssertionRequest<'a> {
    pub challenge: &'a Challenge,
    pub user_verification: UserVerification,
    /// The host of the page where it is to sign, in lower case; any page of the relying party's if none.
    pub host: Option<&'a str>,
}

/// Which credential an assertion says that it is of, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedAssertion {
    pub credential: CredentialId,
    /// The user's handle; authenticators give it for discoverable credentials.
    pub user_handle: Option<UserHandle>,
}

/// What the authenticator of a verified assertion says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedAssertion {
    pub sign_count: u32,
    pub backup_state: bool,
    /// Whether it recognised its user.
    pub user_verified: bool,
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
    /// The options for the browser that ask for an assertion: JSON, an object with the key `publicKey`. Without
    /// credentials to allow, the browser offers all that it finds.
    ///
    /// Errors: [`WebAuthnError::Broken`].
    fn request_options(
        &self,
        request: &AssertionRequest<'_>,
        allow: &[&Credential],
    ) -> Result<String, WebAuthnError>;
    /// Reads an assertion, JSON; `None` when it can't be read.
    fn presented(&self, answer: &str) -> Option<PresentedAssertion>;
    /// Verifies that the credential signed the challenge (WebAuthn, section 7.2). Whose the credential is, and
    /// its signature counter, are for the caller to check.
    ///
    /// Errors: what does not hold.
    fn verify_assertion(
        &self,
        request: &AssertionRequest<'_>,
        credential: &Credential,
        answer: &str,
    ) -> Result<VerifiedAssertion, SignInRefused>;
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
