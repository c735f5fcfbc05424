use std::path::PathBuf;

use passlink_adapters::brand::{Accent, Support};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::{
    hosts::is_localhost,
    values::{fitting, name, parsable},
};

/// The keys of `[brand]`, and of the brand that a domain has in its place.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Brand {
    /// Whose name pages and mails carry; by default the name of the relying party, which is
    /// `webauthn.rp_name` or the `rp_name` of the domain. Must be a name of 1 to 64 characters.
    #[serde(deserialize_with = "name")]
    #[schemars(example = &"Acme")]
    pub name: Option<String>,
    /// The picture at the top of pages and mails. Must be the path of an SVG or PNG file of at most
    /// 256 KiB.
    #[schemars(length(min = 1), example = "/etc/passlink/logo.svg")]
    pub logo: Option<PathBuf>,
    /// The colour of buttons and links; by default the built-in one. Must be a colour such as #1f5c6b.
    #[serde(deserialize_with = "parsable::<_, Accent, _>")]
    #[schemars(example = "#1f5c6b")]
    pub accent: Option<String>,
    /// Where people get help. Must be a mail address or an https URL, such as help@example.com.
    #[serde(deserialize_with = "parsable::<_, Support, _>")]
    #[schemars(example = "help@example.com")]
    pub support: Option<String>,
    /// Where "Continue" leads when all is done. Must be an https URL without user name, such as
    /// https://app.example.com; http on localhost and *.localhost only.
    #[serde(deserialize_with = "home")]
    #[schemars(example = "https://app.example.com")]
    pub home: Option<String>,
}

fn home<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    fitting(deserializer, |text: &String| is_home(text)).map(Some)
}

fn is_home(text: &str) -> bool {
    // A parser of URLs passes over white space, and takes a URL without its slashes.
    let is_whole = text.contains("://") && !text.contains(|c: char| c.is_whitespace() || c == '\\');
    is_whole
        && Url::parse(text).is_ok_and(|url| {
            let is_safe = match url.scheme() {
                "https" => true,
                "http" => url.domain().is_some_and(is_localhost),
                _ => false,
            };
            is_safe && url.username().is_empty() && url.password().is_none()
        })
}
