//! How Passlink signs in as a client: with a password (RFC 6749, section 2.3.1), or with an assertion that it
//! signs (RFC 7523, section 2.2).

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use passlink_application::ports::{Clock, Random};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::{http::AskError, settings::Introspection};

/// How long an assertion holds, in seconds.
const ASSERTION_HOLDS_FOR: i64 = 60;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) struct ClientAuth {
    client_id: String,
    how: How,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

enum How {
    Password(SecretString),
    Key { key: EncodingKey, header: Box<Header> },
}

/// The key file of an application in ZITADEL.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZitadelKey {
    key_id: String,
    key: String,
}

impl ClientAuth {
    /// Errors: the secret looks like a private key, and can't be read as one.
    pub fn new(
        settings: &Introspection,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, String> {
        let secret = settings.secret.expose_secret();
        let file: Option<ZitadelKey> = serde_json::from_str(secret).ok();
        if file.is_none() && secret.trim_start().starts_with('{') {
            return Err(
                "must have `keyId` and `key`, if it is a JSON key file of ZITADEL".to_owned()
            );
        }
        let (pem, kid) = match file {
            Some(file) => (file.key, Some(file.key_id)),
            None => (secret.to_owned(), None),
        };
        let how = if pem.trim_start().starts_with("-----BEGIN") {
            let (key, algorithm) = private_key(pem.as_bytes())?;
            How::Key { key, header: Box::new(Header { kid, ..Header::new(algorithm) }) }
        } else {
            How::Password(settings.secret.clone())
        };
        let (clock, random) = (clock.clone(), random.clone());
        Ok(Self { client_id: settings.client_id.clone(), how, clock, random })
    }

    /// The request with a form, signed in for it.
    pub fn form(
        &self,
        request: RequestBuilder,
        issuer: &str,
        fields: &[(&str, &str)],
    ) -> Result<RequestBuilder, AskError> {
        match &self.how {
            How::Password(password) => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let password = encoded(password.expose_secret());
                Ok(request.basic_auth(encoded(&self.client_id), Some(password)).form(fields))
            }
            How::Key { key, header } => {
                let assertion = self.assertion(key, header, issuer)?;
                let signed = [
                    ("client_id", self.client_id.as_str()),
                    ("client_assertion_type", JWT_BEARER),
                    ("client_assertion", &assertion),
                ];
                Ok(request.form(&[fields, &signed].concat()))
            }
        }
    }

    fn assertion(
        &self,
        key: &EncodingKey,
        header: &Header,
        issuer: &str,
    ) -> Result<String, AskError> {
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let now = self.clock.now().as_second();
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": issuer,
            "jti": BASE64_URL_SAFE_NO_PAD.encode(id),
            "iat": now,
            "exp": now + ASSERTION_HOLDS_FOR,
        });
        jsonwebtoken::encode(header, &claims, key)
            .map_err(|error| AskError::Wrong(format!("the private key can't sign: {error}")))
    }
}

/// A private key, and the algorithm that it signs by.
fn private_key(pem: &[u8]) -> Result<(EncodingKey, Algorithm), String> {
    let rsa = || Some((EncodingKey::from_rsa_pem(pem).ok()?, Algorithm::RS256));
    let ec = || Some((EncodingKey::from_ec_pem(pem).ok()?, Algorithm::ES256));
    let ed = || Some((EncodingKey::from_ed_pem(pem).ok()?, Algorithm::EdDSA));
    let found = rsa().or_else(ec).or_else(ed);
    // That it signs is tried here, so that a key that can't is found before a token comes.
    found
        .filter(|(key, algorithm)| {
            jsonwebtoken::encode(&Header::new(*algorithm), &json!({}), key).is_ok()
        })
        .ok_or_else(|| {
            "must be a private key that can sign: RSA with 2048 bits or more, EC on P-256 (PKCS #8) or \
             Ed25519 (PKCS #8), as PEM"
                .to_owned()
        })
}

#[cfg(test)]
mod tests;
