//! Asking an issuer about an opaque token (RFC 7662).

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use passlink_application::ports::{Clock, IdentityError, Random};
use passlink_domain::BearerToken;
use reqwest::StatusCode;
use serde_json::Value;

use super::{
    claims::{RawClaims, refused},
    client_auth::ClientAuth,
    http::{AskError, Http, json},
    pause::Pause,
    provider::{Known, Provider},
    settings::Introspection,
};

/// How long an answer is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How many answers are remembered.
const REMEMBERED: u64 = 10_000;

pub(super) struct Introspector {
    client: ClientAuth,
    http: Http,
    pause: Pause,
    /// By the token's hash, what the issuer said; `None` where it said that the token does not hold.
    answers: Cache<[u8; 32], Option<Arc<RawClaims>>>,
}

impl Introspector {
    pub fn new(
        settings: &Introspection,
        http: &Http,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, String> {
        let answers =
            Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build();
        Ok(Self {
            client: ClientAuth::new(settings, clock, random)?,
            http: http.clone(),
            pause: Pause::new(clock),
            answers,
        })
    }

    /// What the issuer says of the token. Calls with one token at a time cause one question.
    pub async fn ask(
        &self,
        token: &BearerToken,
        provider: &Provider,
        may_ask: bool,
    ) -> Result<RawClaims, IdentityError> {
        let hash = *token.hash().as_bytes();
        let answer = if may_ask {
            let asked = self.answers.try_get_with(hash, async {
                let known = provider.known().await?;
                self.pause.around(self.answer(token.expose(), &known)).await.map_err(|error| {
                    if !matches!(error, AskError::Paused) {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "introspection failed"
                        );
                    }
                    IdentityError::Unavailable(Box::new(error))
                })
            });
            asked.await.map_err(|error| shared(&error))?
        } else {
            let answer = self.answers.get(&hash).await;
            answer.ok_or_else(|| {
                refused("it was not seen before, and its client sent too many wrong ones")
            })?
        };
        let claims = answer.ok_or_else(|| refused("the issuer says that it does not hold"))?;
        Ok((*claims).clone())
    }

    /// Asks about a made-up token, to see whether the issuer answers.
    pub async fn check(&self, known: &Known) -> Result<(), IdentityError> {
        let answer = self.answer("passlink-config-check", known).await;
        answer.map(drop).map_err(|error| IdentityError::Unavailable(Box::new(error)))
    }

    async fn answer(&self, token: &str, known: &Known) -> Result<Option<Arc<RawClaims>>, AskError> {
        let endpoint = known.introspection_endpoint.as_deref();
        let endpoint = endpoint.ok_or_else(|| {
            AskError::Wrong("the issuer has no introspection endpoint".to_owned())
        })?;
        let fields = [("token", token), ("token_type_hint", "access_token")];
        let request = self.client.form(self.http.post(endpoint), &known.issuer, &fields)?;
        let claims: RawClaims = match json(&self.http, request).await {
            // How some providers say that it can be no token of theirs.
            Err(AskError::Status(_, StatusCode::BAD_REQUEST)) => return Ok(None),
            answer => answer?,
        };
        match claims.get("active").and_then(Value::as_bool) {
            Some(true) => {}
            Some(false) => return Ok(None),
            None => {
                let why = "the answer to an introspection says not whether the token is active";
                return Err(AskError::Wrong(why.to_owned()));
            }
        }
        let is_other = |claim: &str, right: &str| {
            let value = claims.get(claim).and_then(Value::as_str);
            value.is_some_and(|value| !value.eq_ignore_ascii_case(right))
        };
        // A refresh token is active as well, and a DPoP token needs a proof.
        if is_other("token_type", "Bearer")
            || claims.get("iss").is_some_and(|iss| *iss != known.issuer)
        {
            return Ok(None);
        }
        Ok(Some(Arc::new(claims)))
    }
}

/// An error that several callers get.
fn shared(error: &IdentityError) -> IdentityError {
    match error {
        IdentityError::Refused(why) => IdentityError::Refused(why.clone()),
        IdentityError::Unavailable(cause) => IdentityError::Unavailable(cause.to_string().into()),
    }
}
