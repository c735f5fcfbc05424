//! JWTs (RFC 7519) as access tokens (RFC 9068): whether one has the form, and whether its issuer signed it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::{Algorithm, Header, crypto::verify, dangerous::insecure_decode};
use passlink_application::ports::{IdentityError, MayAsk};
use serde_json::{Map, Value};

use super::{
    claims::{RawClaims, clients, refused, texts},
    provider::{Key, Provider},
};

/// The algorithms that are taken: all asymmetric ones that the library verifies.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

/// How many keys are tried for a token that names none.
const MOST_TRIED: usize = 10;

/// What a token looks like.
pub(super) enum Form<'t> {
    Jwt(Box<Jwt<'t>>),
    /// It has the form of a JWT, and can be none that is taken.
    Unreadable(&'static str),
    Opaque,
}

/// A JWT that nobody has verified.
pub(super) struct Jwt<'t> {
    token: &'t str,
    header: Header,
    claims: RawClaims,
}

impl<'t> Form<'t> {
    pub fn of(token: &'t str) -> Self {
        let has_header = || {
            let header = token.split('.').next();
            let header = header.and_then(|header| BASE64_URL_SAFE_NO_PAD.decode(header).ok());
            header.is_some_and(|it| serde_json::from_slice::<Map<String, Value>>(&it).is_ok())
        };
        match token.matches('.').count() {
            2 => match insecure_decode(token) {
                Ok(jwt) => {
                    Self::Jwt(Box::new(Jwt { token, header: jwt.header, claims: jwt.claims }))
                }
                Err(_) if has_header() => Self::Unreadable(
                    "it can't be read as a JWT, or its `alg` is none that is known",
                ),
                Err(_) => Self::Opaque,
            },
            4 if has_header() => {
                Self::Unreadable("it is encrypted; the issuer must be set to sign only")
            }
            _ => Self::Opaque,
        }
    }
}

impl Jwt<'_> {
    /// Who it says has issued it.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The claims, once it is known that the issuer has signed them, and as an access token.
    pub async fn verify(
        self,
        types: &[String],
        provider: &Provider,
        may_ask: MayAsk<'_>,
    ) -> Result<RawClaims, IdentityError> {
        let algorithm = self.header.alg;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(refused("its algorithm is not taken: only asymmetric ones are"));
        }
        if self.header.crit.is_some() {
            return Err(refused("its header asks for extensions (`crit`) that are not known here"));
        }
        self.check_type(types)?;
        if !self.claims.contains_key("exp") {
            return Err(refused("it has no `exp`"));
        }
        let known = provider.known().await?;
        let kid = self.header.kid.as_deref();
        let fits = |key: &&Key| key.fits(kid, algorithm);
        let known = if known.keys.iter().any(|key| fits(&key)) || !may_ask() {
            known
        } else {
            provider.refreshed(Some(&known)).await?
        };
        let keys: Vec<_> = known.keys.iter().filter(fits).take(MOST_TRIED).collect();
        if keys.is_empty() {
            return Err(refused("no key of the issuer fits its `kid` and its algorithm"));
        }
        let (message, signature) = self.token.rsplit_once('.').unwrap_or_default();
        let is_signed_with = |key: &&Key| {
            verify(signature, message.as_bytes(), &key.key, algorithm).unwrap_or(false)
        };
        let is_signed = keys.iter().any(is_signed_with);
        is_signed.then_some(self.claims).ok_or_else(|| refused("its signature does not verify"))
    }

    /// Checks that it is an access token. Where `typ` does not tell it from an ID token, its claims must.
    fn check_type(&self, types: &[String]) -> Result<(), IdentityError> {
        // RFC 7515, section 4.1.9; some providers leave it out.
        let named = self.header.typ.as_deref().unwrap_or("JWT");
        let named = named.strip_prefix("application/").unwrap_or(named);
        if !types.iter().any(|it| it.eq_ignore_ascii_case(named)) {
            let types = types.join(", ");
            return Err(refused(format!("its `typ` is not one of {types}: it is {named:.20}")));
        }
        if named.eq_ignore_ascii_case("at+jwt") {
            return Ok(());
        }
        let claims = &self.claims;
        let of_id_token = ["nonce", "at_hash", "c_hash"];
        if of_id_token.iter().any(|claim| claims.contains_key(*claim))
            || claims.get("typ").is_some_and(|kind| kind == "ID")
        {
            return Err(refused("it is an ID token, and not an access token"));
        }
        let mut clients = clients(claims).peekable();
        if clients.peek().is_none() {
            // Its audience may be both an app and us.
            return Err(refused("it names no client, as an ID token need not"));
        }
        if clients.any(|client| texts(claims.get("aud")).all(|audience| audience == client)) {
            return Err(refused("its only audience is its own client, as with an ID token"));
        }
        Ok(())
    }
}
