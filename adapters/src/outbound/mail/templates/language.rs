//! What languages have in common with each other: direction, plural categories.

use icu_locale::{Direction, Locale, LocaleDirectionality};
use icu_plurals::{PluralCategory, PluralRules};
use passlink_domain::{LanguageTag, MAX_LIFETIME};

/// The language that all other texts are compared with, and the default one of mails.
pub(super) const FALLBACK: &str = "en";

/// The plural categories (CLDR).
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Most of a unit that a mail speaks of: the minutes that a link works at the most.
const MOST: u64 = MAX_LIFETIME.as_secs() / 60;

pub(super) fn is_rtl(tag: &LanguageTag) -> bool {
    let directions = LocaleDirectionality::new_common();
    let tag: Option<Locale> = tag.as_str().parse().ok();
    tag.is_some_and(|locale| directions.get(&locale.id) == Some(Direction::RightToLeft))
}

pub(super) fn category(tag: &LanguageTag, n: u32) -> &'static str {
    name(rules(tag).map_or(PluralCategory::Other, |rules| rules.category_for(n)))
}

/// The plural categories that a language needs for whole numbers.
pub(super) fn categories(tag: &LanguageTag) -> Vec<&'static str> {
    let rules = rules(tag);
    let category = |n| rules.as_ref().map_or(PluralCategory::Other, |rules| rules.category_for(n));
    let used: Vec<_> = (1..=MOST).map(category).map(name).collect();
    CATEGORIES.into_iter().filter(|category| used.contains(category)).collect()
}

fn rules(tag: &LanguageTag) -> Option<PluralRules> {
    let locale: Locale = tag.as_str().parse().ok()?;
    PluralRules::try_new_cardinal(locale.into()).ok()
}

fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
