//! Sets of organisations.

use std::collections::BTreeSet;

use crate::OrganisationId;

/// A set of organisations, of which nobody knows how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Organisations {
    One(OrganisationId),
    AllBut(BTreeSet<OrganisationId>),
}

impl Organisations {
    pub fn all() -> Self {
        Self::AllBut(BTreeSet::new())
    }

    pub fn include(&self, organisation: &OrganisationId) -> bool {
        match self {
            Self::One(one) => one == organisation,
            Self::AllBut(others) => !others.contains(organisation),
        }
    }

    /// Whether none is left out.
    pub fn are_all(&self) -> bool {
        matches!(self, Self::AllBut(others) if others.is_empty())
    }
}
