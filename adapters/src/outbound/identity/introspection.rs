//! Asking an issuer about an opaque token (RFC 7662).

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use passlink_application::ports::{Clock, IdentityError, MayAsk, Random};
use passlink_domain::BearerToken;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{
    claims::{RawClaims, refused, time},
    client_auth::ClientAuth,
    http::{AskError, Http, json},
    pause::Pause,
    provider::{Known, Provider},
    settings::Introspection,
};

/// How long an answer is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How much is remembered, in octets of claims.
const REMEMBERED: u64 = 32 * 1024 * 1024;
/// What an answer takes up beside its claims, about.
const OVERHEAD: usize = 256;
/// How many questions are asked at a time.
const AT_A_TIME: usize = 64;

pub(super) struct Introspector {
    client: ClientAuth,
    http: Http,
    clock: Arc<dyn Clock>,
    /// Whether the audience tells whom a token is for.
    has_audience: bool,
    pause: Pause,
    questions: Semaphore,
    /// By the token's hash, what the issuer said.
    answers: Cache<[u8; 32], Answer>,
}

/// The claims, or why there are none.
type Answer = Result<Arc<RawClaims>, &'static str>;

impl Introspector {
    pub fn new(
        settings: &Introspection,
        has_audience: bool,
        http: &Http,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, String> {
        let answers = Cache::builder().weigher(|_, answer: &Answer| weight(answer));
        Ok(Self {
            client: ClientAuth::new(settings, clock, random)?,
            http: http.clone(),
            clock: clock.clone(),
            has_audience,
            pause: Pause::new(clock),
            questions: Semaphore::new(AT_A_TIME),
            answers: answers.max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build(),
        })
    }

    /// What the issuer says of the token. Calls with one token at a time cause one question.
    pub async fn ask(
        &self,
        token: &BearerToken,
        provider: &Provider,
        may_ask: MayAsk<'_>,
    ) -> Result<Arc<RawClaims>, IdentityError> {
        let hash = *token.hash().as_bytes();
        let asked = self.answers.entry(hash).or_try_insert_with(async {
            let known = provider.known().await?;
            let _question = self.questions.acquire().await.map_err(unavailable)?;
            self.pause.check().map_err(unavailable)?;
            if !may_ask() {
                let why = "it was not seen before, and its client sent too many wrong ones";
                return Err(refused(why));
            }
            let answer = self.pause.around(self.answer(token.expose(), &known)).await;
            answer.map_err(|error| {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(error = cause, "introspection failed");
                unavailable(error)
            })
        });
        let answer = asked.await.map_err(|error| shared(&error))?;
        let is_remembered = !answer.is_fresh();
        let claims = answer.into_value().map_err(refused)?;
        // The issuer's clock decides when it is asked; and ours as long as the answer is remembered.
        let has_expired = || matches!(time(&claims, "exp"), Ok(Some(at)) if at <= self.clock.now());
        if is_remembered && has_expired() {
            return Err(refused("it has expired since its issuer was asked"));
        }
        Ok(claims)
    }

    /// Asks about a made-up token, to see whether the issuer answers.
    pub async fn check(&self, known: &Known) -> Result<(), IdentityError> {
        self.answer("passlink-config-check", known).await.map(drop).map_err(unavailable)
    }

    async fn answer(&self, token: &str, known: &Known) -> Result<Answer, AskError> {
        let endpoint = known.introspection_endpoint.as_deref();
        let endpoint = endpoint.ok_or_else(|| {
            AskError::Wrong("the issuer has no introspection endpoint".to_owned())
        })?;
        let fields = [("token", token), ("token_type_hint", "access_token")];
        let request = self.client.form(self.http.post(endpoint), &known.issuer, &fields)?;
        let claims: RawClaims = match json(&self.http, request).await {
            // How some providers say that it can be no token of theirs.
            Err(AskError::Status { status: StatusCode::BAD_REQUEST, error, .. })
                if !is_of_client(error.as_deref()) =>
            {
                return Ok(Err("the issuer does not take it for a token of its own"));
            }
            answer => answer?,
        };
        match claims.get("active").and_then(Value::as_bool) {
            Some(true) => {}
            Some(false) => return Ok(Err("the issuer says that it does not hold")),
            None => {
                let why = "the answer to an introspection does not say whether the token is active";
                return Err(AskError::Wrong(why.to_owned()));
            }
        }
        if claims.get("iss").is_some_and(|issuer| *issuer != known.issuer) {
            return Ok(Err("the answer of its issuer names another one"));
        }
        // A refresh token is active as well, and a DPoP token needs a proof.
        match claims.get("token_type").and_then(Value::as_str) {
            Some(kind) if kind.eq_ignore_ascii_case("Bearer") => Ok(Ok(Arc::new(claims))),
            None if self.has_audience => Ok(Ok(Arc::new(claims))),
            Some(_) => Ok(Err("its `token_type` is not Bearer")),
            None => Ok(Err(
                "the issuer names no `token_type`, so it may be a refresh token: set `audience`",
            )),
        }
    }
}

/// Whether the error is about Passlink as a client, and not about the token (RFC 6749, section 5.2).
fn is_of_client(error: Option<&str>) -> bool {
    matches!(error, Some("invalid_client" | "unauthorized_client"))
}

fn weight(answer: &Answer) -> u32 {
    let claims = answer.as_ref().ok().and_then(|claims| serde_json::to_vec(&**claims).ok());
    let octets = claims.map_or(0, |claims| claims.len()) + OVERHEAD;
    u32::try_from(octets).unwrap_or(u32::MAX)
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> IdentityError {
    IdentityError::Unavailable(Box::new(error))
}

/// An error that several callers get.
fn shared(error: &IdentityError) -> IdentityError {
    match error {
        IdentityError::Refused(why) => IdentityError::Refused(why.clone()),
        IdentityError::Unavailable(cause) => IdentityError::Unavailable(cause.to_string().into()),
    }
}
