//! The files that the pages load: those of all sites, embedded in the binary, and those of a brand.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write, sync::LazyLock};

use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use super::packed::Packed;
use crate::brand::{Brand, Palette, Shades};

pub(super) const ROUTE: &str = "/passkeys/assets/{hash}/{*name}";

/// The styles of pages, and the files that follow each other in them. The colours of a brand stand behind
/// the first, which all pages have.
const STYLES: [(&str, &[&str]); 2] = [
    ("page.css", &["base.css", "page.css"]),
    ("reference.css", &["base.css", "reference.css", "call.css"]),
];
const ICON: &str = "icon.svg";

/// From how many folders down assets are named by a relative path.
const DEEPEST: usize = 32;

#[derive(RustEmbed)]
#[folder = "src/inbound/web/assets"]
struct Files;

#[derive(RustEmbed)]
#[folder = "src/inbound/web/texts"]
#[prefix = "texts/"]
struct Texts;

/// Names of authenticators, which the scripts look up as the server does.
#[derive(RustEmbed)]
#[folder = "data"]
struct Data;

/// The assets of one site.
pub(super) struct Assets {
    hash: String,
    /// By their names: the logo, and what stands in place of a file of all sites.
    own: BTreeMap<String, Asset>,
    pub logo: Option<LogoFile>,
}

/// What pages show as a logo, and its size.
pub(super) struct LogoFile {
    pub name: String,
    pub width: u32,
    pub height: u32,
}

pub(super) struct Asset {
    pub content: Packed,
    /// Whether it was made by others, so that nothing in it may run.
    pub is_foreign: bool,
}

impl Assets {
    pub fn of(brand: &Brand) -> Self {
        let mut own = BTreeMap::new();
        if brand.palette != Palette::default() {
            own.extend(coloured(&brand.palette));
        }
        let logo = brand.logo.as_ref().map(|logo| {
            let name = format!("logo.{}", logo.extension);
            let content = Packed::new(logo.media_type, logo.file.clone());
            own.insert(name.clone(), Asset { content, is_foreign: true });
            LogoFile { name, width: logo.width, height: logo.height }
        });
        Self { hash: hash_with(&own), own, logo }
    }

    /// The asset of this name, under the hash of the assets as they are.
    pub fn find(&self, hash: &str, name: &str) -> Option<&Asset> {
        if hash != self.hash {
            return None;
        }
        self.own.get(name).or_else(|| OF_ALL_SITES.get(name))
    }

    /// What stands for the site beside its name: the logo, where there is one.
    pub fn icon(&self) -> &str {
        self.logo.as_ref().map_or(ICON, |logo| &logo.name)
    }

    /// Where the assets are, seen from a page: relative, so that a proxy can put a path before all.
    pub fn base(&self) -> String {
        format!("assets/{}", self.hash)
    }

    /// Where they are, seen from any path. From deeper than anybody links to it is an absolute path,
    /// so that a page does not grow with its request.
    pub fn base_from(&self, path: &str) -> String {
        let up = match path.matches('/').count().saturating_sub(1) {
            depth @ ..=DEEPEST => "../".repeat(depth),
            _ => "/".to_owned(),
        };
        format!("{up}passkeys/{}", self.base())
    }
}

/// The assets that are the same for all sites.
static OF_ALL_SITES: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let asset = |name: Cow<'static, str>| Some((name.to_string(), shared(&name, None)?));
    names().filter_map(asset).collect()
});

pub(super) fn languages() -> Vec<String> {
    let names = Texts::iter();
    names
        .filter_map(|name| Some(name.strip_prefix("texts/")?.strip_suffix(".json")?.to_owned()))
        .collect()
}

pub(super) fn texts(language: &str) -> Option<Cow<'static, [u8]>> {
    Some(file(&format!("texts/{language}.json"))?.data)
}

fn file(name: &str) -> Option<EmbeddedFile> {
    Files::get(name).or_else(|| Texts::get(name)).or_else(|| Data::get(name))
}

fn octets(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

/// All files, by their names.
fn names() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter().chain(Texts::iter()).chain(Data::iter())
}

/// A file of all sites, in the colours of a palette.
fn shared(name: &str, palette: Option<&Palette>) -> Option<Asset> {
    let file = file(name)?;
    let media_type = file.metadata.mimetype().to_owned();
    let style = STYLES.iter().find(|(style, _)| *style == name);
    let content = match (style, palette) {
        (Some((_, [base, others @ ..])), _) => {
            let read = |name: &&str| self::file(name).map(octets).unwrap_or_default();
            let own = Bytes::from(palette.map(rules).unwrap_or_default());
            let parts = [read(base), own].into_iter().chain(others.iter().map(read));
            parts.collect::<Vec<_>>().join(&b'\n').into()
        }
        (None, Some(palette)) if name == ICON => {
            let built_in = Palette::default().light.accent.to_string();
            let icon = String::from_utf8_lossy(&file.data);
            icon.replace(&built_in, &palette.light.accent.to_string()).into()
        }
        _ => octets(file),
    };
    Some(Asset { content: Packed::new(media_type, content), is_foreign: false })
}

/// The files of all sites that show colours, in those of a brand.
fn coloured(palette: &Palette) -> impl Iterator<Item = (String, Asset)> {
    let names = STYLES.iter().map(|(name, _)| *name).chain([ICON]);
    names.filter_map(|name| Some((name.to_owned(), shared(name, Some(palette))?)))
}

/// What replaces the colours: it stands behind them.
fn rules(palette: &Palette) -> String {
    let of = |Shades { accent, tint, button, button_strong, on_button }| {
        let mut rule = String::from(":root {");
        for (name, colour) in [
            ("accent", accent),
            ("tint", tint),
            ("button", button),
            ("button-strong", button_strong),
            ("on-button", on_button),
        ] {
            // Nothing stands in the way of writing to a string.
            let _ = write!(rule, " --{name}: {colour};");
        }
        rule + " }"
    };
    let (light, dark) = (of(palette.light), of(palette.dark));
    format!("{light}\n\n@media (prefers-color-scheme: dark) {{\n  {dark}\n}}\n")
}

/// The hash of all assets of a site: one more character in any of them, and all have new paths.
fn hash_with(own: &BTreeMap<String, Asset>) -> String {
    let mut hash = SHARED.clone();
    for (name, asset) in own {
        hash.update(Sha256::digest(name.as_bytes()));
        hash.update(Sha256::digest(asset.content.octets()));
    }
    hash.finalize().iter().take(8).map(|octet| format!("{octet:02x}")).collect()
}

/// The hash so far, of the assets of all sites.
static SHARED: LazyLock<Sha256> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in names() {
        let content = file(&name).map(|file| file.metadata.sha256_hash());
        hash.update(Sha256::digest(name.as_bytes()));
        hash.update(content.unwrap_or_default());
    }
    hash
});
