//! Dates and durations, in words.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::catalogue::{Catalogue, CatalogueError, Unit};

/// Up to here, minutes are easier to grasp than hours and minutes.
const IN_MINUTES: i64 = 120;

/// An instant, to the minute, in UTC.
pub(super) fn date(at: Timestamp, catalogue: &Catalogue) -> Result<String, CatalogueError> {
    let at = at.to_zoned_datetime(TimeZone::UTC);
    let month = usize::try_from(at.month() - 1)
        .ok()
        .and_then(|month| catalogue.months.get(month))
        .ok_or_else(|| CatalogueError("a month has no name".to_owned()))?;
    catalogue.date.fill(&[
        ("day", &at.day().to_string()),
        ("month", month),
        ("year", &at.year().to_string()),
        ("time", &format!("{:02}:{:02}", at.hour(), at.minute())),
    ])
}

/// How long something lasts, in whole minutes and rounded down, so that it lasts at least that long.
pub(super) fn duration(
    lasts: SignedDuration,
    catalogue: &Catalogue,
) -> Result<String, CatalogueError> {
    let minutes = lasts.as_mins().max(1);
    let in_hours = || count(minutes / 60, &catalogue.hours);
    if minutes % 60 == 0 {
        in_hours()
    } else if minutes < IN_MINUTES {
        count(minutes, &catalogue.minutes)
    } else {
        catalogue.hours_and_minutes.fill(&[
            ("hours", &in_hours()?),
            ("minutes", &count(minutes % 60, &catalogue.minutes)?),
        ])
    }
}

/// A number with its unit. The plural category is that of English and German.
fn count(n: i64, unit: &Unit) -> Result<String, CatalogueError> {
    let form = if n == 1 { &unit.one } else { &unit.other };
    form.fill(&[("n", &n.to_string())])
}
