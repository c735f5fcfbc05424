//! The pages: one frame, in which the script shows what there is to say.

use std::{collections::BTreeMap, sync::LazyLock};

use accept_language::parse_with_quality;
use axum::response::{IntoResponse, Response};
use handlebars::{Handlebars, RenderError};
use http::StatusCode;
use passlink_domain::LanguageTag;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assets::{self, Assets};
use crate::brand::{Brand, Support};

const TEMPLATE: &str = include_str!("page.hbs");
const FRAME: &str = "page";
/// What the scripts of links' pages import.
const MODULES: [&str; 7] =
    ["api.js", "card.js", "element.js", "explain.js", "language.js", "link.js", "texts.js"];
/// The language of people whose browser asks for none of ours.
const DEFAULT: &str = "en";

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("the page can't be rendered: {0}")]
    Template(#[from] RenderError),
    #[error("the texts can't be read: {0}")]
    Texts(#[from] serde_json::Error),
    #[error(transparent)]
    BuiltIn(#[from] &'static Self),
}

/// The answer when a page can't be made, which the tests rule out.
pub(super) fn broken(error: &PageError) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "a page can't be shown");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
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

/// What the pages of all brands are made of.
struct BuiltIn {
    templates: Handlebars<'static>,
    languages: Vec<String>,
    /// By language.
    texts: BTreeMap<String, Texts>,
}

/// Read for the first page. An error is ruled out by the tests.
static BUILT_IN: LazyLock<Result<BuiltIn, PageError>> = LazyLock::new(BuiltIn::read);

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

impl BuiltIn {
    fn read() -> Result<Self, PageError> {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_template_string(FRAME, TEMPLATE).map_err(RenderError::from)?;
        let languages = assets::languages();
        let mut texts = BTreeMap::new();
        for language in &languages {
            let said = assets::texts(language).unwrap_or_default();
            texts.insert(language.clone(), serde_json::from_slice(&said)?);
        }
        Ok(Self { templates, languages, texts })
    }
}

/// The best language for a page, by an `Accept-Language` field.
///
/// Errors: as [`html`].
pub(super) fn language(wanted: &str) -> Result<&'static str, PageError> {
    Ok(best(wanted, &BUILT_IN.as_ref()?.languages))
}

/// A page of a brand in a language. What it loads is at `base`.
///
/// Errors: the page or a catalogue of texts is broken, which the tests rule out.
pub(super) fn html(
    page: Page,
    (brand, assets): (&Brand, &Assets),
    base: &str,
    language: &str,
) -> Result<String, PageError> {
    let BuiltIn { templates, texts: all, .. } = BUILT_IN.as_ref()?;
    let Some(texts) = all.get(language) else { return Ok(String::new()) };
    let offered = |(tag, texts): (_, &Texts)| json!({ "tag": tag, "name": texts.name });
    let logo = assets
        .logo
        .as_ref()
        .map(|logo| json!({ "name": logo.name, "width": logo.width, "height": logo.height }));
    let support = brand.support.as_ref().map(Support::href);
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
        "languages": all.iter().map(offered).collect::<Vec<_>>(),
        "assets": base,
        "script": script,
        "modules": modules,
        "notice": notice,
        "direction": texts.direction,
        "noscript": texts.noscript,
        "stuck": texts.stuck,
        "labels": texts.labels,
        "common": texts.common,
    });
    Ok(templates.render(FRAME, &frame)?)
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
