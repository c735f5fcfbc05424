//! What templates are told of whose mail it is.

use serde::Serialize;
use url::Url;

use super::names::shown;
use crate::{
    brand::{Brand, Logo, Support},
    outbound::mail::logo,
};

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
    pub button: String,
    pub on_button: String,
    pub dark_accent: String,
    pub dark_button: String,
    pub on_dark_button: String,
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
        let image = |it: &Logo| Image { src: logo::source(it), width: it.width, height: it.height };
        let values = Values {
            name: shown(&brand.name),
            accent: light.accent.to_string(),
            button: light.button.to_string(),
            on_button: light.on_button.to_string(),
            dark_accent: dark.accent.to_string(),
            dark_button: dark.button.to_string(),
            on_dark_button: dark.on_button.to_string(),
            logo: brand.logo.as_ref().map(image),
            support: brand.support.as_ref().map(written),
            support_url: brand.support.as_ref().map(Support::href),
            home: brand.home.as_ref().map(Url::to_string),
        };
        Self { sender: shown(sender), values, logo: brand.logo.clone() }
    }
}

/// Where people get help, in the words of a mail.
fn written(support: &Support) -> String {
    match support {
        Support::Address(address) => address.to_string(),
        Support::Page(page) => {
            let host_alone =
                page.path() == "/" && page.query().is_none() && page.fragment().is_none();
            let page = page.as_str();
            if host_alone { page.trim_end_matches('/') } else { page }.to_owned()
        }
    }
}
