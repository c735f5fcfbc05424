//! Why a database URL is refused.

/// What is wrong with the URL of a database. Repeats nothing of it: whatever stands in a URL may be a
/// password, or a part of one, in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UrlFault(pub(super) String);

impl From<&str> for UrlFault {
    fn from(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl UrlFault {
    /// A parameter that nobody knows. Told by its place, from 1: its name may be part of a password.
    pub fn unknown(place: usize, name: &str, known: &[&str]) -> Self {
        let name = name.to_lowercase().replace('_', "-");
        let far = |known: &str| strsim::osa_distance(&name, &known.replace('_', "-"));
        let what = format!("parameter {place} behind the ? is not known");
        let closest = known.iter().min_by_key(|known| far(known));
        Self(match closest.filter(|closest| 3 * far(closest) <= name.chars().count()) {
            Some(meant) => format!("{what}; did you mean {meant}?"),
            None => format!("{what}; there are {}", known.join(", ")),
        })
    }

    /// A parameter that another program knows.
    pub fn unsupported(name: &str) -> Self {
        Self(format!("the parameter {name} is not supported here"))
    }

    pub fn twice(name: &str) -> Self {
        Self(format!("the parameter {name} is there twice"))
    }

    /// A parameter with a value that it can't have; `allowed` follows "must be".
    pub fn value(name: &str, allowed: &str) -> Self {
        Self(format!("{name} must be {allowed}"))
    }
}
