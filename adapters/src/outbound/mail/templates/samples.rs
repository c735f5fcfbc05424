//! Mails with sample data, to look at and to try templates with.

use std::{fmt::Display, time::Duration};

use jiff::{SignedDuration, Timestamp};
use passlink_application::mails::{Account, Content, Mail, SecretUrl};
use passlink_domain::{EmailAddress, LanguageTag, Text, UNDO_FOR};

use super::{
    branding::{Branding, Image, Values},
    error::TemplateError,
};
use crate::brand::Brand;

/// Where the links of samples lead that nobody looks at.
pub(super) const SITE: &str = "https://login.example.com";
/// When they are from: 24 November 2026, 09:05.
pub(in crate::outbound::mail) const NOW: Timestamp = Timestamp::constant(1_795_511_100, 0);

/// Whether a sample holds what a mail of its kind may lack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::mail) enum Extent {
    Full,
    Least,
}

/// A mail of each kind, to Ada Example, with links to a site, whose URL has no slash at its end.
pub(in crate::outbound::mail) fn samples(
    language: &LanguageTag,
    extent: Extent,
    site: &str,
) -> Result<[Mail; 4], TemplateError> {
    let is_full = extent == Extent::Full;
    let address = "ada@example.com";
    let to: EmailAddress = parsed(language, address)?;
    let display_name: Text = parsed(language, "Ada Example")?;
    let username = if is_full { parsed(language, address)? } else { display_name.clone() };
    let passkey: Text = parsed(language, "Phone")?;
    let extra = |text| is_full.then(|| parsed(language, text)).transpose();
    let later = |span| passlink_domain::later(NOW, span);
    let page = |path: &str| {
        let code = "c2FtcGxlIGNvZGUgdGhhdCBvcGVucyBub3RoaW5nIQ";
        SecretUrl::new(format!("{site}/passkeys/{path}#code={code}"))
    };
    let link = "codeID=01909bd4-cb3c-7a6f-8a39-0d4f2c1b7e55";
    let contents = [
        Content::PasskeyLink {
            register_url: page(&format!("register?userID=ada&orgID=default&{link}")),
            revoke_url: page(&format!("revoke?{link}")),
            requested_by: extra("Example app")?,
            requested: NOW,
            expires: later(Duration::from_secs(60 * 60)),
            left: SignedDuration::from_hours(1),
        },
        Content::PasskeyAdded {
            passkey: passkey.clone(),
            synced: is_full,
            device: extra("Chrome on Android")?,
            added: NOW,
            undo_url: page("undo?passkeyID=01909bd5-1d2e-7b41-9c60-5a7e3f2d8b19"),
            undo_until: later(UNDO_FOR),
        },
        Content::PasskeyRemoved { passkey, removed: NOW },
        Content::Test { requested: NOW },
    ];
    let account = Account { display_name, username };
    Ok(contents.map(|content| Mail {
        to: to.clone(),
        language: Some(language.clone()),
        domain: String::new(),
        account: (!matches!(content, Content::Test { .. })).then(|| account.clone()),
        content,
    }))
}

impl Branding {
    /// Whose the samples are.
    pub(super) fn sample(extent: Extent) -> Self {
        let mut branding = Self::new(&Brand::named("Example"), "Example");
        if extent == Extent::Full {
            let given = |text: &str| Some(text.to_owned());
            branding.values = Values {
                logo: Some(Image { src: "cid:logo".to_owned(), width: 240, height: 48 }),
                support: given("help@example.com"),
                support_url: given("mailto:help@example.com"),
                home: given("https://example.com/"),
                ..branding.values
            };
        }
        branding
    }
}

fn parsed<T>(language: &LanguageTag, text: &str) -> Result<T, TemplateError>
where
    T: std::str::FromStr<Err: Display>,
{
    text.parse().map_err(|error: T::Err| TemplateError::Render {
        language: language.clone(),
        reason: format!("sample {text}: {error}"),
    })
}
