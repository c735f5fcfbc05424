//! The tags of languages (BCP 47): how they are written, and which are near to each other.

use std::iter;

use icu_locale::{Locale, LocaleCanonicalizer};

/// Longest tag, in characters (RFC 5646, section 4.4.1).
const LONGEST: usize = 35;
/// Languages that count as each other's where there is nothing nearer: Norwegian, and the two ways it
/// is written.
const KIN: [(&str, &[&str]); 3] = [("no", &["nb"]), ("nb", &["no"]), ("nn", &["no", "nb"])];

/// The tag as it is written today: `iw_IL` is `he-IL`. `None` for what can't be one.
pub fn canonical_language(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    if !is_well_formed(&tag) {
        return None;
    }
    // Not all that BCP 47 allows can be read here, such as `zh-cmn`; it stays as it is.
    let Ok(mut locale) = tag.parse::<Locale>() else { return Some(tag) };
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Some(locale.id.to_string())
}

/// The canonical tag, then the same with parts cut off its end (RFC 4647, section 3.4), then its kin.
pub fn nearest_languages(tag: &str) -> impl Iterator<Item = &str> {
    let ends = tag.rmatch_indices('-').map(|(end, _)| end);
    let cut = iter::once(tag.len()).chain(ends).filter_map(|end| tag.get(..end));
    let language = tag.split('-').next().unwrap_or_default();
    let kin = KIN.into_iter().filter(move |(of, _)| *of == language);
    cut.chain(kin.flat_map(|(_, kin)| kin.iter().copied()))
}

fn is_well_formed(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let letters = primary.chars().all(|c| c.is_ascii_alphabetic());
    let subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    // Longer names of languages are reserved, and a single letter only says what follows.
    let is_named = letters && (2..=3).contains(&primary.len());
    let ends = tag.rsplit('-').next().is_some_and(|last| last.len() > 1);
    is_named && ends && parts.all(subtag) && tag.len() <= LONGEST
}

#[cfg(test)]
mod tests;
