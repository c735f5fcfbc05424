//! Octets that others choose, with a limit to their number.

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {most} octets")]
pub struct OctetsError {
    most: usize,
}

/// 1 to `MOST` octets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Octets<const MOST: usize>(Vec<u8>);

impl<const MOST: usize> Octets<MOST> {
    pub fn new(octets: Vec<u8>) -> Result<Self, OctetsError> {
        if (1..=MOST).contains(&octets.len()) {
            Ok(Self(octets))
        } else {
            Err(OctetsError { most: MOST })
        }
    }

    /// Takes octets whose number the compiler checks.
    pub(crate) fn from_array<const COUNT: usize>(octets: [u8; COUNT]) -> Self {
        const { assert!(1 <= COUNT && COUNT <= MOST) };
        Self(octets.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
