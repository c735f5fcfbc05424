use passkey_authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey_client::{Client, DefaultClientData};
use passkey_crypto::rust_crypto::RustCryptoBackend;
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error},
};
use serde_json::Value;
use url::Url;

/// Somebody who is there and says yes.
struct Willing;

#[async_trait::async_trait]
impl UserValidationMethod for Willing {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        _presence: bool,
        _verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: true })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A browser with a platform authenticator, which keeps what it makes.
pub struct SoftwarePasskey {
    origin: Url,
    made: Option<Passkey>,
}

impl SoftwarePasskey {
    /// One without passkeys, on a page of `origin`.
    pub fn new(origin: &str) -> Self {
        Self { origin: Url::parse(origin).unwrap(), made: None }
    }

    /// Answers creation options (an object with the key `publicKey`) that the page got.
    pub async fn create(&mut self, options: &Value) -> Value {
        let options = serde_json::from_value(options.clone()).expect("creation options");
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let created = browser.register(&self.origin, options, DefaultClientData).await;
        self.made = browser.authenticator().store().clone();
        serde_json::to_value(created.expect("a passkey")).unwrap()
    }

    /// Answers request options (an object with the key `publicKey`) that the page got.
    pub async fn sign(&mut self, options: &Value) -> Value {
        let options = serde_json::from_value(options.clone()).expect("request options");
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed = browser.authenticate(&self.origin, options, DefaultClientData).await;
        self.made = browser.authenticator().store().clone();
        serde_json::to_value(signed.expect("an assertion")).unwrap()
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Willing, RustCryptoBackend> {
        Authenticator::new(Aaguid::new_empty(), self.made.clone(), Willing, RustCryptoBackend)
    }
}

/// What a new [`SoftwarePasskey`] answers to creation options.
pub async fn create_passkey(options: &Value, origin: &str) -> Value {
    SoftwarePasskey::new(origin).create(options).await
}
