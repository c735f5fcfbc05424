//! Dates and durations, in words.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{catalogue::Catalogue, error::TemplateError, language::category};

/// Up to here, minutes are easier to grasp than hours and minutes.
const IN_MINUTES: u32 = 120;

/// An instant, to the minute, in UTC. Some languages count the first day of a month ("1er").
pub(super) fn date(at: Timestamp, catalogue: &Catalogue) -> Result<String, TemplateError> {
    let at = at.to_zoned_datetime(TimeZone::UTC);
    let month = fill(catalogue, "months", &at.month().to_string(), &[])?;
    let day = match at.day() {
        1 => fill(catalogue, "time", "first_day", &[])?,
        day => day.to_string(),
    };
    let values = [
        ("day", &*day),
        ("month", &month),
        ("year", &at.year().to_string()),
        ("h", &at.hour().to_string()),
        ("hh", &format!("{:02}", at.hour())),
        ("mm", &format!("{:02}", at.minute())),
    ];
    fill(catalogue, "time", "date", &values)
}

/// How long something lasts, to the nearest minute: what is composed within seconds of an hour
/// before the end says an hour.
pub(super) fn duration(
    lasts: SignedDuration,
    catalogue: &Catalogue,
) -> Result<String, TemplateError> {
    let nearest = lasts.saturating_add(SignedDuration::from_secs(30)).as_mins();
    let minutes = u32::try_from(nearest.max(1)).unwrap_or(u32::MAX);
    let in_hours = || count(minutes / 60, "hours", catalogue);
    if minutes.is_multiple_of(60) {
        in_hours()
    } else if minutes < IN_MINUTES {
        count(minutes, "minutes", catalogue)
    } else {
        let (hours, minutes) = (in_hours()?, count(minutes % 60, "minutes", catalogue)?);
        fill(catalogue, "time", "duration", &[("hours", &hours), ("minutes", &minutes)])
    }
}

fn count(n: u32, unit: &str, catalogue: &Catalogue) -> Result<String, TemplateError> {
    fill(catalogue, unit, category(&catalogue.language, n), &[("n", &n.to_string())])
}

fn fill(
    catalogue: &Catalogue,
    section: &str,
    key: &str,
    values: &[(&str, &str)],
) -> Result<String, TemplateError> {
    catalogue
        .text(section, key)
        .ok_or_else(|| format!("there is no text {section}.{key}"))
        .and_then(|text| text.fill(values).map_err(|reason| format!("{section}.{key}: {reason}")))
        .map_err(|reason| TemplateError::Render { language: catalogue.language.clone(), reason })
}
