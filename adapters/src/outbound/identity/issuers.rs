//! The issuers whose tokens are taken: which of them a token is of, and what it says.

use std::sync::Arc;

use async_trait::async_trait;
use passlink_application::{
    callers::{Claims, Profile},
    ports::{Clock, Identities, IdentityError, MayAsk, Random},
};
use passlink_domain::{BearerToken, Organisations};
use tokio_util::sync::CancellationToken;

use super::{
    claims::{self, RawClaims, refused},
    http::Http,
    introspection::Introspector,
    jwt::Form,
    provider::Provider,
    ring_crypto,
    settings::IssuerSettings,
    user_info,
};

/// The issuers whose tokens are taken.
pub struct Issuers {
    issuers: Vec<Issuer>,
    clock: Arc<dyn Clock>,
}

/// An issuer, with what is known of it.
struct Issuer {
    settings: IssuerSettings,
    provider: Provider,
    introspector: Option<Introspector>,
}

impl Issuers {
    /// Takes tokens of these issuers. Nobody is asked for anything yet.
    ///
    /// Errors: what is wrong with the settings of an issuer, with its place among them.
    pub fn new(
        settings: Vec<IssuerSettings>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, (usize, String)> {
        ring_crypto::install();
        let mut issuers = Vec::with_capacity(settings.len());
        for (place, settings) in settings.into_iter().enumerate() {
            let http = Http::new().map_err(|error| (place, error.to_string()))?;
            let introspector = settings.introspection.as_ref().map(|introspection| {
                Introspector::new(
                    introspection,
                    settings.audience.is_some(),
                    &http,
                    &clock,
                    &random,
                )
            });
            let introspector = introspector.transpose().map_err(|why| (place, why))?;
            let provider = Provider::new(settings.issuer.clone(), http, clock.clone());
            issuers.push(Issuer { settings, provider, introspector });
        }
        Ok(Self { issuers, clock })
    }

    /// Fetches the keys of all issuers, and again whenever they are due, until `stop`.
    pub async fn keep_fresh(&self, stop: &CancellationToken) {
        let all = self.issuers.iter().map(|issuer| issuer.provider.keep_fresh(stop));
        futures_util::future::join_all(all).await;
    }

    /// Asks each issuer for its keys, and the one that introspects about a made-up token.
    ///
    /// Errors: for each, the key of its section to look at, and what is wrong.
    pub async fn check(&self) -> Vec<(&str, Result<(), (&'static str, String)>)> {
        let mut checked = Vec::with_capacity(self.issuers.len());
        for issuer in &self.issuers {
            let in_section = |key| move |error: IdentityError| (key, error.to_string());
            let found = match (issuer.provider.known().await, &issuer.introspector) {
                (Ok(provider), Some(introspector)) => {
                    let checked = introspector.check(&provider).await;
                    checked.map_err(in_section("introspection_client_id"))
                }
                (known, _) => known.map(drop).map_err(in_section("issuer")),
            };
            checked.push((issuer.settings.issuer.as_str(), found));
        }
        checked
    }

    fn by_name(&self, name: Option<&str>) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| Some(issuer.settings.issuer.as_str()) == name)
    }

    /// The claims of a token, after what its form asks for, and who issued it: one of those who speak for
    /// some of the organisations.
    async fn claims(
        &self,
        token: &BearerToken,
        within: &Organisations,
        may_ask: MayAsk<'_>,
    ) -> Result<(&Issuer, Arc<RawClaims>), IdentityError> {
        match Form::of(token.expose()) {
            Form::Jwt(jwt) => {
                let issuer = self.by_name(jwt.issuer());
                let issuer = issuer.ok_or_else(|| {
                    let named = jwt.issuer().unwrap_or_default();
                    refused(format!("no configured issuer made it: its `iss` is {named:.200?}"))
                })?;
                if !issuer.settings.may_speak_for(within) {
                    let why = "this domain serves none of the organisations of its issuer";
                    return Err(issuer.of(refused(why)));
                }
                let claims = jwt.verify(&issuer.settings.types, &issuer.provider, may_ask).await;
                Ok((issuer, Arc::new(claims.map_err(|error| issuer.of(error))?)))
            }
            Form::Unreadable(why) => Err(refused(why)),
            Form::Opaque => {
                let issuers = self.issuers.iter();
                let mut issuers = issuers.filter(|issuer| issuer.settings.may_speak_for(within));
                let asked =
                    issuers.find_map(|issuer| Some((issuer, issuer.introspector.as_ref()?)));
                let (issuer, introspector) = asked.ok_or_else(|| {
                    refused(
                        "it is opaque, and no issuer is configured to introspect for this domain",
                    )
                })?;
                let claims = introspector.ask(token, &issuer.provider, may_ask).await;
                Ok((issuer, claims.map_err(|error| issuer.of(error))?))
            }
        }
    }
}

impl Issuer {
    /// The same error, with the issuer's name.
    fn of(&self, error: IdentityError) -> IdentityError {
        match error {
            IdentityError::Refused(why) => {
                IdentityError::Refused(format!("a token of {}: {why}", self.settings.issuer))
            }
            IdentityError::Unavailable(cause) => {
                IdentityError::Unavailable(format!("{}: {cause}", self.settings.issuer).into())
            }
        }
    }
}

#[async_trait]
impl Identities for Issuers {
    async fn verify(
        &self,
        token: &BearerToken,
        within: &Organisations,
        may_ask: MayAsk<'_>,
    ) -> Result<Claims, IdentityError> {
        let (issuer, claims) = self.claims(token, within, may_ask).await?;
        let read = claims::read(&claims, &issuer.settings, self.clock.now());
        read.map_err(|why| issuer.of(refused(why)))
    }

    async fn user_info(
        &self,
        token: &BearerToken,
        claims: &Claims,
    ) -> Result<Profile, IdentityError> {
        let issuer = self.by_name(Some(&claims.identity.issuer));
        let issuer = issuer.ok_or_else(|| refused("no configured issuer made it"))?;
        let said = user_info::ask(token, claims.identity.subject.as_str(), &issuer.provider).await;
        let said = said.map_err(|error| issuer.of(error))?;
        Ok(claims::profile(&said, &issuer.settings))
    }
}
