//! What can be done with users: a file for each of it.

use std::sync::Arc;

use crate::ports::{Clock, Random, Store};

/// Adds, lists, changes and removes users, for an operator.
pub struct ManageUsers {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl ManageUsers {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, clock, random }
    }
}
