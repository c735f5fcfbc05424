//! The pages: one frame, in which the script shows what there is to say.

use std::collections::BTreeMap;

use accept_language::parse_with_quality;
use bytes::Bytes;
use handlebars::Handlebars;
use passlink_domain::LanguageTag;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assets::{self, Assets};
use crate::brand::{Brand, Support};

const TEMPLATE: &str = include_str!("page.hbs");
/// What the scripts of links' pages import.
const MODULES: [&str; 7] =
    ["api.js", "card.js", "element.js", "explain.js", "language.js", "link.js", "texts.js"];
/// The language of people whose browser asks for none of ours.
const DEFAULT: &str = "en";

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("the page can't be rendered: {0}")]
    Template(#[from] handlebars::RenderError),
    #[error("the texts can't be read: {0}")]
    Texts(#[from] serde_json::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Page {
    Register,
    Revoke,
    Undo,
    /// In place of the others, for who asks for too many.
    TooMany,
    /// Where there is no other.
    Missing,
}

impl Page {
    /// What links lead to, with the path that `PublicUrl` has.
    pub const OF_LINKS: [(Self, &str); 3] = [
        (Self::Register, "/passkeys/register"),
        (Self::Revoke, "/passkeys/revoke"),
        (Self::Undo, "/passkeys/undo"),
    ];
    const ALL: [Self; 5] = [Self::Register, Self::Revoke, Self::Undo, Self::TooMany, Self::Missing];

    /// Its script, and what that imports, to be loaded along with it.
    fn script(self) -> (Option<&'static str>, &'static [&'static str]) {
        match self {
            Self::Register => (Some("register.js"), &MODULES),
            Self::Revoke => (Some("revoke.js"), &MODULES),
            Self::Undo => (Some("undo.js"), &MODULES),
            Self::TooMany => (Some("reload.js"), &[]),
            Self::Missing => (None, &[]),
        }
    }

    /// What it says from the beginning, where no script does.
    fn notice(self, said: &Common) -> Value {
        let (state, tone, said) = match self {
            Self::Register | Self::Revoke | Self::Undo => return Value::Null,
            Self::TooMany => ("common.too_many", "bad", &said.too_many),
            Self::Missing => ("common.no_page", "plain", &said.no_page),
        };
        json!({ "state": state, "tone": tone, "said": said })
    }
}

pub(super) struct Pages {
    languages: Vec<String>,
    html: BTreeMap<(Page, String), Bytes>,
}

/// What the frame says by itself; the script says the rest.
#[derive(Deserialize)]
struct Texts {
    direction: String,
    /// The name that readers of the language have for it; not every browser knows them all.
    name: String,
    noscript: Notice,
    /// For a page whose script doesn't come to speak.
    stuck: Value,
    labels: Labels,
    common: Common,
}

#[derive(Serialize, Deserialize)]
struct Labels {
    support: String,
}

#[derive(Serialize, Deserialize)]
struct Common {
    loading: Value,
    too_many: Notice,
    no_page: Notice,
}

#[derive(Serialize, Deserialize)]
struct Notice {
    heading: String,
    text: String,
    button: Option<String>,
}

impl Pages {
    /// Makes the pages of a brand, which load these assets.
    pub fn new(brand: &Brand, assets: &Assets) -> Result<Self, PageError> {
        let languages = assets::languages();
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        let mut html = BTreeMap::new();
        let mut texts: BTreeMap<&str, Texts> = BTreeMap::new();
        for language in &languages {
            let said = assets::texts(language).unwrap_or_default();
            texts.insert(language, serde_json::from_slice(&said)?);
        }
        let name = |(tag, texts): (_, &Texts)| json!({ "tag": tag, "name": texts.name });
        let offered: Vec<_> = texts.iter().map(name).collect();
        let logo = assets
            .logo
            .as_ref()
            .map(|logo| json!({ "name": logo.name, "width": logo.width, "height": logo.height }));
        let support = brand.support.as_ref().map(Support::href);
        for (language, texts) in &texts {
            for page in Page::ALL {
                let (script, modules) = page.script();
                let notice = page.notice(&texts.common);
                let frame = json!({
                    "site": brand.name,
                    "logo": logo,
                    "icon": assets.icon(),
                    "home": brand.home,
                    "support": support,
                    "has_footer": support.is_some() || notice.is_null(),
                    "language": language,
                    "languages": offered,
                    "assets": assets.base(),
                    "script": script,
                    "modules": modules,
                    "notice": notice,
                    "direction": texts.direction,
                    "noscript": texts.noscript,
                    "stuck": texts.stuck,
                    "labels": texts.labels,
                    "common": texts.common,
                });
                let rendered = registry.render_template(TEMPLATE, &frame)?;
                html.insert((page, (*language).to_owned()), rendered.into());
            }
        }
        Ok(Self { languages, html })
    }

    /// The page in the best language by an `Accept-Language` field.
    pub fn html(&self, page: Page, wanted: &str) -> Bytes {
        let language = best(wanted, &self.languages).to_owned();
        self.html.get(&(page, language)).cloned().unwrap_or_default()
    }
}

/// The best of `available` by an `Accept-Language` field: each wish is looked up as it is written today,
/// so that `iw` finds `he`, and then shorter and shorter, so that `de-CH` finds `de`.
pub(super) fn best<'a>(wanted: &str, available: &'a [String]) -> &'a str {
    parse_with_quality(wanted)
        .iter()
        .filter(|(_, quality)| *quality > 0.0)
        .find_map(|(tag, _)| lookup(tag, available))
        .or_else(|| lookup(DEFAULT, available))
        .unwrap_or_default()
}

fn lookup<'a>(tag: &str, available: &'a [String]) -> Option<&'a str> {
    let tag = LanguageTag::parse(tag).ok()?;
    tag.nearest().find_map(|near| available.iter().find(|it| *it == near)).map(String::as_str)
}
