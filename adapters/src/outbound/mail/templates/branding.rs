//! What templates are told of whose mail it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use super::names::shown;
use crate::{
    brand::{Brand, Logo, Support},
    outbound::mail::logo,
};

/// What is percent-encoded of an address in a URL: all but letters, digits and these.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'-').remove(b'.').remove(b'_');

/// A brand, and who mails say they are from.
pub(in crate::outbound::mail) struct Branding {
    pub(super) sender: String,
    pub(super) values: Values,
    pub(super) logo: Option<Logo>,
}

/// The values of `brand`.
#[derive(Serialize)]
pub(super) struct Values {
    pub name: String,
    pub accent: String,
    pub on_accent: String,
    pub dark_accent: String,
    pub on_dark_accent: String,
    pub logo: Option<Image>,
    pub support: Option<String>,
    pub support_url: Option<String>,
    pub home: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Image {
    pub src: String,
    /// In CSS pixels, as is the height.
    pub width: u32,
    pub height: u32,
}

impl Branding {
    pub fn new(brand: &Brand, sender: &str) -> Self {
        let (light, dark) = (brand.palette.light, brand.palette.dark);
        let (support, support_url) = brand.support.as_ref().map(help).unzip();
        let image = |it: &Logo| Image { src: logo::source(it), width: it.width, height: it.height };
        let values = Values {
            name: shown(&brand.name),
            accent: light.accent.to_string(),
            on_accent: light.on_accent.to_string(),
            dark_accent: dark.accent.to_string(),
            on_dark_accent: dark.on_accent.to_string(),
            logo: brand.logo.as_ref().map(image),
            support,
            support_url,
            home: brand.home.as_ref().map(Url::to_string),
        };
        Self { sender: shown(sender), values, logo: brand.logo.clone() }
    }
}

/// Where people get help, in the words of a mail, and the URL that leads there.
fn help(support: &Support) -> (String, String) {
    match support {
        Support::Address(address) => {
            let address = address.as_str();
            (address.to_owned(), format!("mailto:{}", utf8_percent_encode(address, ENCODED)))
        }
        Support::Page(page) => {
            let written = page.as_str();
            let host_alone =
                page.path() == "/" && page.query().is_none() && page.fragment().is_none();
            let shown = if host_alone { written.trim_end_matches('/') } else { written };
            (shown.to_owned(), written.to_owned())
        }
    }
}
