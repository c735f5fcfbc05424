//! Language tags (BCP 47): how they are written, and which are near to each other.

use std::{borrow::Borrow, iter};

use icu_locale::{Locale, LocaleCanonicalizer};

use crate::newtypes::text_type;

/// Longest tag, in characters (RFC 5646, section 4.4.1).
const LONGEST: usize = 35;
/// Languages that stand in for each other where there is nothing nearer: Norwegian, and its two written
/// forms.
const KIN: [(&str, &[&str]); 3] = [("no", &["nb"]), ("nb", &["no"]), ("nn", &["no", "nb"])];

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a language tag (BCP 47), such as de or pt-BR")]
pub struct LanguageTagError;

/// A language tag in its canonical form: `iw_IL` is `he-IL`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Takes a tag in any case, with `-` or `_` between its parts.
    pub fn parse(text: &str) -> Result<Self, LanguageTagError> {
        let tag = text.trim().replace('_', "-");
        if !is_well_formed(&tag) {
            return Err(LanguageTagError);
        }
        // The parser doesn't know all that BCP 47 allows, such as `zh-cmn`; that stays as it is.
        let Ok(mut locale) = tag.parse::<Locale>() else { return Ok(Self(tag)) };
        LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
        Ok(Self(locale.id.to_string()))
    }

    /// Takes a tag that is canonical already, such as one that was recorded.
    pub fn from_canonical(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The tag, then the same with parts cut off its end (RFC 4647, section 3.4), then the languages
    /// that stand in for it.
    pub fn nearest(&self) -> impl Iterator<Item = &str> {
        let tag = self.as_str();
        let ends = tag.rmatch_indices('-').map(|(end, _)| end);
        let cut = iter::once(tag.len()).chain(ends).filter_map(|end| tag.get(..end));
        let language = tag.split('-').next().unwrap_or_default();
        let kin = KIN.into_iter().filter(move |(of, _)| *of == language);
        cut.chain(kin.flat_map(|(_, kin)| kin.iter().copied()))
    }
}

text_type!(LanguageTag, LanguageTagError);

impl Borrow<str> for LanguageTag {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
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
