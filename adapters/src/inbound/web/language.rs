//! Which of the languages that there are a browser's user reads.

use accept_language::parse_with_quality;
use passlink_domain::LanguageTag;

/// The language of people whose browser asks for none of ours.
const DEFAULT: &str = "en";

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
