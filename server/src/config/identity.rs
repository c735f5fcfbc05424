use std::collections::BTreeMap;

use passlink_domain::{OrganisationId, Permission};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use smart_default::SmartDefault;
use url::Url;

use super::{
    mask,
    values::{fitting, organisation, write_organisation},
};

/// Permissions, by scope or role.
type ByName = BTreeMap<String, Vec<Permission>>;

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Identity {
    /// Who issues the tokens of people and services that call, besides Passlink itself. Must be a list
    /// of tables, and in a variable a JSON list of objects.
    pub issuers: Vec<Issuer>,
}

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["issuer"]))]
pub(crate) struct Issuer {
    /// What stands in a token's `iss`, to the letter: a slash at the end counts. Must be an https URL
    /// without user name, query or fragment, such as https://login.example.com; http on localhost,
    /// 127.0.0.1 and [::1] only.
    #[serde(deserialize_with = "issuer")]
    #[schemars(example = "https://login.example.com")]
    pub issuer: String,
    /// What must stand in a token's `aud`. Must be a text that is not empty.
    #[schemars(length(min = 1), example = "https://passlink.example.com")]
    pub audience: Option<String>,
    /// The clients whose tokens are taken, by `azp` or `client_id`, besides those of `services`; by
    /// default any, if `audience` is set. Must be a list of client ids such as ["web-app"].
    #[serde(deserialize_with = "texts")]
    pub clients: Vec<String>,
    /// The clients whose tokens speak for a service instead of a person. Must be a list of client ids
    /// such as ["billing"].
    #[serde(deserialize_with = "texts")]
    pub services: Vec<String>,
    /// A scope that a token must have. Must be a text that is not empty.
    #[schemars(length(min = 1), example = &"passlink")]
    pub scope: Option<String>,
    /// The kinds of tokens that are taken, by `typ` in their header. Must be a list
    /// of one or both of at+jwt and JWT.
    #[default(vec!["at+jwt".to_owned()])]
    #[serde(deserialize_with = "types")]
    pub types: Vec<String>,
    /// The organisation whose users the issuer speaks for; by default `default`. With
    /// `organisation_claim`, that of tokens without the claim, which are refused by default. Must be an
    /// id of 1 to 200 characters without white space, and not *.
    #[serde(deserialize_with = "organisation", serialize_with = "write_organisation")]
    #[schemars(with = "String", example = &"acme")]
    pub organisation: Option<OrganisationId>,
    /// The claim that holds the id of a token's organisation; one that people can't set for themselves.
    /// Must be the name of a claim.
    #[schemars(length(min = 1), example = "urn:zitadel:iam:user:resourceowner:id")]
    pub organisation_claim: Option<String>,
    /// The claim that holds the id of the user here; one that people can't set for themselves. Must be
    /// the name of a claim.
    #[schemars(length(min = 1), example = &"passlink_user")]
    pub user_id_claim: Option<String>,
    /// What services may do, by a scope or role that their token has. Must be a table such as
    /// { "passlink.links" = ["user.passkey.write"] }; the permissions are user.passkey.write,
    /// user.passkey.read, user.read, user.write, user.delete, session.read, session.write and
    /// session.delete.
    #[serde(deserialize_with = "permissions", serialize_with = "write_permissions")]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub permissions: ByName,
    /// Whether somebody unknown who has a verified address becomes a user.
    pub provision: bool,
    /// Whether an address counts as verified although the token does not say so.
    pub trust_email: bool,
    /// The client as which Passlink asks the issuer about tokens that it can't read. Must be a client
    /// id.
    #[schemars(length(min = 1), example = &"passlink")]
    pub introspection_client_id: Option<String>,
    /// The password of that client, or the private key with which Passlink signs its assertions as that
    /// client. Must be a password, a private key in PEM, or the JSON key file of a ZITADEL application.
    #[serde(deserialize_with = "secret", serialize_with = "mask::hide")]
    #[schemars(with = "String", length(min = 1), extend("writeOnly" = true), example = &"password")]
    pub introspection_secret: Option<SecretString>,
}

fn issuer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    fitting(deserializer, |text: &String| is_issuer(text))
}

fn is_issuer(text: &str) -> bool {
    let is_local = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    // A parser of URLs passes over white space, and takes a URL without its slashes.
    let is_whole = text.contains("://") && !text.contains(|c: char| c.is_whitespace() || c == '\\');
    let is_plain = |url: &Url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    is_whole
        && text.parse().is_ok_and(|url: Url| {
            let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_local(&url);
            is_safe && is_plain(&url)
        })
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    fitting(deserializer, |texts: &Vec<String>| texts.iter().all(|text| !text.is_empty()))
}

fn types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_known = |text: &String| ["at+jwt", "jwt"].iter().any(|it| it.eq_ignore_ascii_case(text));
    fitting(deserializer, |types: &Vec<String>| !types.is_empty() && types.iter().all(is_known))
}

fn permissions<'de, D: Deserializer<'de>>(from: D) -> Result<ByName, D::Error> {
    let names = BTreeMap::<String, Vec<String>>::deserialize(from)?;
    let permission = |name: &String| {
        name.parse::<Permission>()
            .map_err(|_| D::Error::custom(format!("{:?} is no permission", mask::text(name))))
    };
    let permissions =
        |names: Vec<String>| -> Result<_, D::Error> { names.iter().map(permission).collect() };
    names.into_iter().map(|(name, names)| Ok((name, permissions(names)?))).collect()
}

fn write_permissions<S: Serializer>(permissions: &ByName, to: S) -> Result<S::Ok, S::Error> {
    let names = |permissions: &Vec<Permission>| -> Vec<_> {
        permissions.iter().map(|permission| permission.name()).collect()
    };
    to.collect_map(permissions.iter().map(|(name, permissions)| (name, names(permissions))))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = fitting(deserializer, |text: &String| !text.is_empty())?;
    Ok(Some(text.into()))
}
