//! The files that the pages load, embedded in the binary.

use std::{borrow::Cow, sync::LazyLock};

use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

pub(super) const ROUTE: &str = "/passkeys/assets/{hash}/{*name}";

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

/// The asset of this name, under the hash of the assets as they are.
pub(super) fn find(hash: &str, name: &str) -> Option<EmbeddedFile> {
    if hash == HASH.as_str() { file(name) } else { None }
}

/// Where the assets are, seen from a page: relative, so that a proxy can put a path before all.
pub(super) fn base() -> String {
    format!("assets/{}", HASH.as_str())
}

/// Where they are, seen from any path. From deeper than anybody links to it is an absolute path, so
/// that a page does not grow with its request.
pub(super) fn base_from(path: &str) -> String {
    let up = match path.matches('/').count().saturating_sub(1) {
        depth @ ..=DEEPEST => "../".repeat(depth),
        _ => "/".to_owned(),
    };
    format!("{up}passkeys/{}", base())
}

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

/// A hash of all assets: one more character in any of them, and all have new paths.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Files::iter().chain(Texts::iter()).chain(Data::iter()) {
        let content = file(&name).map(|file| file.metadata.sha256_hash());
        hash.update(Sha256::digest(name.as_bytes()));
        hash.update(content.unwrap_or_default());
    }
    hash.finalize().iter().take(8).map(|octet| format!("{octet:02x}")).collect()
});
