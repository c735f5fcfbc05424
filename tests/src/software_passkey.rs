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

/// Does as a browser with a platform authenticator does: answers creation options (an object with
/// the key `publicKey`) that a page of `origin` got.
pub async fn create_passkey(options: &Value, origin: &str) -> Value {
    let authenticator =
        Authenticator::new(Aaguid::new_empty(), None::<Passkey>, Willing, RustCryptoBackend);
    let mut client = Client::new(authenticator).allows_insecure_localhost(true);
    let options = serde_json::from_value(options.clone()).expect("creation options");
    let origin = Url::parse(origin).unwrap();
    let created = client.register(&origin, options, DefaultClientData).await.expect("a passkey");
    serde_json::to_value(created).unwrap()
}
