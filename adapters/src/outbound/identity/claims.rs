//! What the claims of a token say, and whether they are for us: times, audience, client, scope; then whom the
//! token speaks for.

use std::time::Duration;

use jiff::Timestamp;
use passlink_application::{
    callers::{Claims, Profile, SpeaksFor},
    ports::IdentityError,
};
use passlink_domain::{
    ALL_ORGANISATIONS, EmailAddress, Identity, LanguageTag, OrganisationId, Permissions, Subject,
    Text, earlier, later,
};
use serde_json::{Map, Value};

use super::settings::IssuerSettings;

/// The claims of a token, as they came.
pub(super) type RawClaims = Map<String, Value>;

/// How far the clocks of an issuer and of this machine may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// Where providers put the client: RFC 9068 and OpenID Connect, then Okta and Entra ID.
const CLIENT: [&str; 4] = ["client_id", "azp", "cid", "appid"];

/// Whom a token speaks for.
///
/// Errors: why it isn't taken, for an operator.
pub(super) fn read(
    claims: &RawClaims,
    settings: &IssuerSettings,
    now: Timestamp,
) -> Result<Claims, String> {
    check_times(claims, now)?;
    if claims.contains_key("cnf") {
        // RFC 9449, section 7.2; RFC 8705, section 3.
        return Err("it is bound to a key (`cnf`), and only bearer tokens are taken".to_owned());
    }
    if let Some(audience) = &settings.audience
        && !texts(claims.get("aud")).any(|it| it == audience)
    {
        let there = claims.get("aud").map(shown).unwrap_or_default();
        return Err(format!("its `aud` lacks {audience}: it is {there}"));
    }
    let client = clients(claims).next();
    let is_one_of = |list: &[String]| list.iter().any(|it| Some(it.as_str()) == client);
    let service = client.filter(|_| is_one_of(&settings.services));
    // With neither audience nor clients, only the services call.
    let any_client = settings.clients.is_empty() && settings.audience.is_some();
    if service.is_none() && !any_client && !is_one_of(&settings.clients) {
        let client = client.unwrap_or("none");
        return Err(format!(
            "its client is not among `clients` and `services`: it is {client:.100}"
        ));
    }
    if let Some(scope) = &settings.scope
        && !scopes(claims).any(|it| it == scope)
    {
        return Err(format!("it lacks the scope {scope}"));
    }
    let authenticated = time(claims, "auth_time")?;
    let subject = claims.get("sub").and_then(Value::as_str).or(service);
    let subject = Subject::parse(subject.unwrap_or_default());
    let subject = subject.map_err(|why| format!("its `sub` {why}"))?;
    let speaks_for = match service {
        Some(_) if authenticated.is_some() || of_sign_in(claims) => {
            return Err("its client is a service, and a person has signed in".to_owned());
        }
        Some(name) => SpeaksFor::Service {
            name: Text::parse(name).map_err(|why| format!("its client's id {why}"))?,
            permissions: permissions(claims, settings)?,
        },
        None => SpeaksFor::Person {
            user: match &settings.user_id_claim {
                Some(claim) => Some(parsed(claims, claim)?),
                None => None,
            },
            profile: settings.provision.then(|| profile(claims, settings)),
        },
    };
    Ok(Claims {
        identity: Identity { issuer: settings.issuer.clone(), subject },
        speaks_for,
        organisation: organisation(claims, settings)?,
        issued: time(claims, "iat")?,
        authenticated,
    })
}

/// A token that is not taken, and why, for an operator.
pub(super) fn refused(why: impl Into<String>) -> IdentityError {
    IdentityError::Refused(why.into())
}

/// The beginning of a value, for an operator.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}

/// Whether the token has a claim that comes from a person's sign-in alone.
fn of_sign_in(claims: &RawClaims) -> bool {
    ["sid", "amr", "nonce"].iter().any(|claim| claims.contains_key(*claim))
}

/// RFC 7519, section 4.1. An answer of introspection need not say when the token expires.
fn check_times(claims: &RawClaims, now: Timestamp) -> Result<(), String> {
    if let Some(expires) = time(claims, "exp")?
        && earlier(now, LEEWAY) >= expires
    {
        return Err(format!("it has expired, at {expires}"));
    }
    for (claim, what) in
        [("nbf", "it does not hold before"), ("iat", "it is issued in the future, at")]
    {
        if let Some(at) = time(claims, claim)?
            && at > later(now, LEEWAY)
        {
            return Err(format!("{what} {at}"));
        }
    }
    Ok(())
}

/// What the issuer says of a person. A value that can't be one of ours is passed over.
pub(super) fn profile(claims: &RawClaims, settings: &IssuerSettings) -> Profile {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    let name = |claim| text(claim).and_then(|text| Text::parse(text).ok());
    Profile {
        email: text("email").and_then(|text| EmailAddress::parse(text).ok()),
        email_verified: match claims.get("email_verified") {
            Some(Value::Bool(verified)) => Some(*verified),
            // As some providers have it.
            Some(Value::String(text)) => Some(text == "true"),
            _ => None,
        },
        username: name("preferred_username"),
        display_name: name("name"),
        language: text("locale").and_then(|text| LanguageTag::parse(text).ok()),
        trust_email: settings.trust_email,
    }
}

fn organisation(claims: &RawClaims, settings: &IssuerSettings) -> Result<OrganisationId, String> {
    let id = match (&settings.organisation_claim, &settings.organisation) {
        (Some(claim), Some(other)) if !claims.contains_key(claim) => other.clone(),
        (Some(claim), _) => parsed(claims, claim)?,
        (None, Some(organisation)) => organisation.clone(),
        (None, None) => return Err("its organisation is unknown".to_owned()),
    };
    if id.as_str() == ALL_ORGANISATIONS {
        return Err("its organisation must be a single one".to_owned());
    }
    Ok(id)
}

/// The client, by the claim that counts first, and whatever else names one.
pub(super) fn clients(claims: &RawClaims) -> impl Iterator<Item = &str> {
    CLIENT.iter().filter_map(|claim| claims.get(*claim)?.as_str())
}

/// A text, or the texts of a list.
pub(super) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, many) = match value {
        Some(Value::Array(items)) => (None, items.as_slice()),
        Some(Value::String(text)) => (Some(text.as_str()), [].as_slice()),
        _ => (None, [].as_slice()),
    };
    one.into_iter().chain(many.iter().filter_map(Value::as_str))
}

/// `scope` (RFC 9068, section 2.2.3), or `scp` of Okta and Entra ID.
fn scopes(claims: &RawClaims) -> impl Iterator<Item = &str> {
    let named = ["scope", "scp"].into_iter().flat_map(|claim| texts(claims.get(claim)));
    named.flat_map(str::split_whitespace)
}

/// The roles, wherever providers put them: Entra ID and RFC 9068, Auth0, authentik, Keycloak, ZITADEL.
fn roles<'c>(claims: &'c RawClaims, settings: &'c IssuerSettings) -> impl Iterator<Item = &'c str> {
    let flat = ["roles", "permissions", "groups"].into_iter();
    let flat = flat.flat_map(|claim| texts(claims.get(claim)));
    let of_realm = texts(claims.get("realm_access").and_then(|access| access.get("roles")));
    let of_us = settings
        .audience
        .as_deref()
        .and_then(|audience| claims.get("resource_access")?.get(audience)?.get("roles"));
    let of_project = claims.get("urn:zitadel:iam:org:project:roles").and_then(Value::as_object);
    let of_project = of_project.into_iter().flat_map(|roles| roles.keys().map(String::as_str));
    flat.chain(of_realm).chain(texts(of_us)).chain(of_project)
}

fn permissions(claims: &RawClaims, settings: &IssuerSettings) -> Result<Permissions, String> {
    let granted = scopes(claims).chain(roles(claims, settings));
    let granted =
        granted.filter_map(|name| settings.permissions.get(name)).map(ToString::to_string);
    granted
        .collect::<Vec<_>>()
        .join(" ")
        .parse()
        .map_err(|_| "its permissions are unknown".to_owned())
}

/// A claim that the token must have.
fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    claims: &RawClaims,
    claim: &str,
) -> Result<T, String> {
    let text = claims.get(claim).and_then(Value::as_str);
    let text = text.ok_or_else(|| format!("it lacks the text claim `{claim}`"))?;
    text.parse().map_err(|why| format!("its `{claim}` {why}"))
}

/// A NumericDate (RFC 7519, section 2), if there is one.
pub(super) fn time(claims: &RawClaims, claim: &str) -> Result<Option<Timestamp>, String> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
    let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map(Some).ok_or_else(|| format!("its `{claim}` is no time"))
}

#[cfg(test)]
mod tests;
