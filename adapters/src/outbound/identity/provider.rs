//! What an identity provider tells of itself: its endpoints (OpenID Connect Discovery 1.0) and its keys (RFC
//! 7517). They are fetched again in the background, and once when a token names a key that is not known.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use passlink_application::ports::{Clock, IdentityError};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use super::{
    http::{AskError, Http, json},
    pause::Pause,
};

/// How often keys are fetched again.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// How long keys hold that can't be fetched again.
const KEYS_HOLD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How soon keys are fetched again that could not be.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// The time between two fetches, whoever asks.
const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// How many keys of an issuer are kept.
const MAX_KEYS: usize = 100;

pub(super) struct Provider {
    issuer: String,
    pub http: Http,
    pub user_info_pause: Pause,
    clock: Arc<dyn Clock>,
    known: RwLock<Option<Arc<Known>>>,
    /// When it was last asked, and what came of it. Whoever holds the lock asks.
    asked: Mutex<Option<(Duration, Result<(), String>)>>,
}

/// What the provider told, the last time that it answered as it should.
pub(super) struct Known {
    pub issuer: String,
    pub keys: Vec<Key>,
    pub introspection_endpoint: Option<String>,
    pub user_info_endpoint: Option<String>,
    at: Duration,
}

/// A public key of the provider.
pub(super) struct Key {
    kid: Option<String>,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    pub key: DecodingKey,
}

impl Key {
    /// Whether it can have signed with that algorithm, under that name.
    pub fn fits(&self, kid: Option<&str>, algorithm: Algorithm) -> bool {
        (kid.is_none() || self.kid.as_deref() == kid)
            && self.key.family() == algorithm.family()
            && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

/// OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
    introspection_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Provider {
    pub fn new(issuer: String, http: Http, clock: Arc<dyn Clock>) -> Self {
        let (known, asked) = (RwLock::default(), Mutex::default());
        let user_info_pause = Pause::new(&clock);
        Self { issuer, http, user_info_pause, clock, known, asked }
    }

    /// What the provider told, which may be some hours old where it can't be asked.
    pub async fn known(&self) -> Result<Arc<Known>, IdentityError> {
        match self.remembered() {
            Some(known) => Ok(known),
            None => self.refreshed(None).await,
        }
    }

    /// What the provider tells now, unless it was asked a moment ago. `seen` is what the caller knows.
    pub async fn refreshed(&self, seen: Option<&Known>) -> Result<Arc<Known>, IdentityError> {
        let mut asked = self.asked.lock().await;
        let known = self.remembered();
        if let Some(known) = &known
            && seen.is_none_or(|seen| seen.at < known.at)
        {
            // Somebody else has asked meanwhile.
            return Ok(known.clone());
        }
        let now = self.clock.steady();
        if let Some((at, result)) = &*asked
            && now.saturating_sub(*at) < MIN_INTERVAL
        {
            return match (known, result) {
                (Some(known), _) => Ok(known),
                (None, Err(why)) => Err(IdentityError::Unavailable(why.clone().into())),
                (None, Ok(())) => Err(IdentityError::Unavailable(Box::new(AskError::Paused))),
            };
        }
        let fetched = self.fetch(now).await;
        // The interval begins when the answer is there, so that a slow provider is not asked all the time.
        let result = fetched.as_ref().map(drop).map_err(ToString::to_string);
        *asked = Some((self.clock.steady(), result));
        match (fetched, known) {
            (Ok(fetched), _) => {
                let fetched = Arc::new(fetched);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched.clone());
                Ok(fetched)
            }
            (Err(error), known) => {
                let known_for = known.as_ref().map(|known| now.saturating_sub(known.at).as_secs());
                tracing::warn!(
                    issuer = self.issuer,
                    error = &error as &dyn std::error::Error,
                    keys_age_s = known_for,
                    "the keys of an issuer of tokens can't be fetched"
                );
                known.ok_or_else(|| IdentityError::Unavailable(Box::new(error)))
            }
        }
    }

    /// Fetches the keys, and again whenever they are due, until `stop`.
    pub async fn keep_fresh(&self, stop: &CancellationToken) {
        loop {
            let seen = self.remembered();
            let fetched = self.refreshed(seen.as_deref()).await;
            let age = |known: &Known| self.clock.steady().saturating_sub(known.at);
            let is_new = fetched.is_ok_and(|known| age(&known) < RETRY_INTERVAL);
            let pause = if is_new { REFRESH_INTERVAL } else { RETRY_INTERVAL };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.steady();
        known.filter(|known| now.saturating_sub(known.at) < KEYS_HOLD_FOR)
    }

    async fn fetch(&self, now: Duration) -> Result<Known, AskError> {
        let base = self.issuer.trim_end_matches('/');
        let metadata: Metadata =
            json(&self.http, self.http.get(&format!("{base}/.well-known/openid-configuration")))
                .await?;
        if metadata.issuer != self.issuer {
            return Err(AskError::Wrong(format!(
                "the metadata of the issuer names another one, {:.200?}: identity.issuers must have it to the letter",
                metadata.issuer
            )));
        }
        for url in [
            Some(&metadata.jwks_uri),
            metadata.introspection_endpoint.as_ref(),
            metadata.userinfo_endpoint.as_ref(),
        ] {
            let may_be_http = self.issuer.starts_with("http:");
            if url.is_some_and(|url| !is_safe(url, may_be_http)) {
                let why = "an endpoint in the metadata of the issuer is not https (on loopback, http will do if the issuer's own URL is so)";
                return Err(AskError::Wrong(why.to_owned()));
            }
        }
        let set: KeySet = json(&self.http, self.http.get(&metadata.jwks_uri)).await?;
        let keys = set.keys.into_iter().filter_map(key).take(MAX_KEYS);
        Ok(Known {
            issuer: metadata.issuer,
            keys: keys.collect(),
            introspection_endpoint: metadata.introspection_endpoint,
            user_info_endpoint: metadata.userinfo_endpoint,
            at: now,
        })
    }
}

/// Whether what is sent there is read by nobody on the way.
fn is_safe(url: &str, may_be_http: bool) -> bool {
    Url::parse(url).is_ok_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(_)) if !may_be_http => false,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        _ => false,
    })
}

/// A key of a set that can verify; others, such as keys for encryption, are passed over (RFC 7517,
/// section 5).
fn key(jwk: Value) -> Option<Key> {
    if jwk.get("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let algorithm = match jwk.common.key_algorithm {
        Some(algorithm) => Some(Algorithm::try_from(algorithm).ok()?),
        None => None,
    };
    Some(Key { key: DecodingKey::from_jwk(&jwk).ok()?, kid: jwk.common.key_id, algorithm })
}
