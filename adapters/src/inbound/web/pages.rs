//! The pages: one frame, in which the script shows what there is to say.

use std::collections::BTreeMap;

use bytes::Bytes;
use handlebars::Handlebars;
use serde::{Deserialize, Serialize};

use super::{assets, language};

const TEMPLATE: &str = include_str!("page.hbs");
/// What the scripts of links' pages import.
const MODULES: [&str; 7] =
    ["api.js", "card.js", "element.js", "explain.js", "language.js", "link.js", "texts.js"];

/// Why the pages can't be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The frame is broken.
    #[error("the page can't be rendered: {0}")]
    Template(#[from] handlebars::RenderError),
    /// A catalogue is broken.
    #[error("the texts can't be read: {0}")]
    Texts(#[from] serde_json::Error),
}

/// The pages that there are.
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

    fn script(self) -> Option<&'static str> {
        match self {
            Self::Register => Some("register.js"),
            Self::Revoke => Some("revoke.js"),
            Self::Undo => Some("undo.js"),
            Self::TooMany => Some("reload.js"),
            Self::Missing => None,
        }
    }

    /// What the script imports, to be loaded along with it.
    fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Register | Self::Revoke | Self::Undo => &MODULES,
            Self::TooMany | Self::Missing => &[],
        }
    }

    /// What it says from the beginning, where no script does.
    fn notice(self, said: &Common) -> Option<Shown<'_>> {
        match self {
            Self::Register | Self::Revoke | Self::Undo => None,
            Self::TooMany => {
                Some(Shown { state: "common.too_many", tone: "bad", said: &said.too_many })
            }
            Self::Missing => {
                Some(Shown { state: "common.no_page", tone: "plain", said: &said.no_page })
            }
        }
    }
}

/// All pages in all languages.
pub(super) struct Pages {
    languages: Vec<String>,
    html: BTreeMap<(Page, String), Bytes>,
}

/// What stands in the frame.
#[derive(Serialize)]
struct Frame<'a> {
    site: &'a str,
    language: &'a str,
    languages: &'a [Language<'a>],
    assets: &'a str,
    script: Option<&'a str>,
    modules: &'a [&'a str],
    notice: Option<Shown<'a>>,
    #[serde(flatten)]
    texts: &'a Texts,
}

/// A language by the name that its readers have for it; not every browser knows them all.
#[derive(Serialize)]
struct Language<'a> {
    tag: &'a str,
    name: &'a str,
}

/// A state that is shown without a script, with what it says.
#[derive(Serialize)]
struct Shown<'a> {
    state: &'a str,
    tone: &'a str,
    said: &'a Notice,
}

/// What the frame says by itself; the script says the rest.
#[derive(Serialize, Deserialize)]
struct Texts {
    direction: String,
    name: String,
    noscript: Notice,
    stuck: Stuck,
    common: Common,
}

#[derive(Serialize, Deserialize)]
struct Common {
    loading: Loading,
    too_many: Notice,
    no_page: Notice,
}

#[derive(Serialize, Deserialize)]
struct Notice {
    heading: String,
    text: String,
    button: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Loading {
    heading: String,
}

/// For a page whose script doesn't come to speak.
#[derive(Serialize, Deserialize)]
struct Stuck {
    text: String,
}

impl Pages {
    /// Makes the pages for a site of this name.
    pub fn new(site: &str) -> Result<Self, PageError> {
        let languages = assets::languages();
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        let mut html = BTreeMap::new();
        let mut texts: BTreeMap<&str, Texts> = BTreeMap::new();
        for language in &languages {
            let said = assets::texts(language).unwrap_or_default();
            texts.insert(language, serde_json::from_slice(&said)?);
        }
        let offered: Vec<_> =
            texts.iter().map(|(tag, texts)| Language { tag, name: &texts.name }).collect();
        for (language, texts) in &texts {
            for page in Page::ALL {
                let frame = Frame {
                    site,
                    language,
                    languages: &offered,
                    assets: &assets::base(),
                    script: page.script(),
                    modules: page.modules(),
                    notice: page.notice(&texts.common),
                    texts,
                };
                let rendered = registry.render_template(TEMPLATE, &frame)?;
                html.insert((page, (*language).to_owned()), rendered.into());
            }
        }
        Ok(Self { languages, html })
    }

    /// The page in the best language by an `Accept-Language` field, for a `path` that is not beside
    /// those of the links.
    pub fn html(&self, page: Page, wanted: &str, path: Option<&str>) -> Bytes {
        let language = language::best(wanted, &self.languages).to_owned();
        let html = self.html.get(&(page, language)).cloned().unwrap_or_default();
        match path {
            None => html,
            Some(path) => {
                let html = String::from_utf8_lossy(&html);
                html.replace(&assets::base(), &assets::base_from(path)).into()
            }
        }
    }
}
