use std::path::PathBuf;

use passlink_domain::OrganisationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    brand::Brand,
    hosts::{host, hosts},
    mail::mailbox,
    values::{BaseUrl, name, organisation, write_organisation},
    webauthn::domain,
};

/// The keys of one of `[[domains]]`. What follows from them, [`EffectiveDomain`] knows.
///
/// [`EffectiveDomain`]: super::effective::EffectiveDomain
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["host"]))]
pub(crate) struct Domain {
    /// The name by which people reach the domain; no other domain has it. Must be a host name without
    /// port, such as login.acme.example, and not an IP address.
    #[serde(deserialize_with = "host")]
    #[schemars(example = "login.acme.example")]
    pub host: String,
    /// Other names that the domain answers to. Must be a list of host names such as ["id.acme.example"].
    #[serde(deserialize_with = "hosts")]
    pub aliases: Vec<String>,
    /// What every link of the domain begins with; `https` and not localhost when mail leaves the machine.
    /// By default, it is `https://` and `host`. Must be an http or https URL without user name, query or
    /// fragment, such as https://login.acme.example.
    #[schemars(example = "https://login.acme.example")]
    pub public_url: Option<BaseUrl>,
    /// The domain that passkeys are bound to; by default the host of `public_url`. Passkeys stop working
    /// when it changes. Must be the host of the domain's public URL or a domain above it, such as
    /// acme.example, and not that of another domain.
    #[serde(deserialize_with = "domain")]
    #[schemars(example = "acme.example")]
    pub rp_id: Option<String>,
    /// What people see as the place that a passkey is for; by default the name of the domain's brand, else
    /// `webauthn.rp_name`. Must be a name of 1 to 64 characters.
    #[serde(deserialize_with = "name")]
    #[schemars(example = &"Acme")]
    pub rp_name: Option<String>,
    /// The organisation whose users the domain serves; by default it serves those of all organisations
    /// that no other domain names. One domain at most can do without it. Must be an id of 1 to 200
    /// characters without white space, and not *.
    #[serde(deserialize_with = "organisation", serialize_with = "write_organisation")]
    #[schemars(with = "String", example = &"acme")]
    pub organisation: Option<OrganisationId>,
    /// The sender of mails to users of the domain; by default `mail.from`. Must be a mailbox such as Acme
    /// <no-reply@acme.example>.
    #[serde(deserialize_with = "mailbox")]
    #[schemars(example = "Acme <no-reply@acme.example>")]
    pub mail_from: Option<String>,
    /// Texts and templates of mails that replace the built-in ones; by default those of
    /// `mail.template_dir`. Must be the path of a directory.
    #[schemars(length(min = 1), example = "/etc/passlink/acme")]
    pub template_dir: Option<PathBuf>,
    /// How the domain looks to people. It stands in place of `[brand]` as a whole: what is not set in it
    /// is not taken from there. Must be a table with the keys of [brand].
    #[schemars(with = "Brand")]
    pub brand: Option<Brand>,
}
