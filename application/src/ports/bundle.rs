//! The ports that most use cases need.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    ids::new_id,
    ports::{Clock, Observer, Random, Store},
};

#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub observer: Arc<dyn Observer>,
}

impl Ports {
    pub(crate) fn new_id<T: From<Uuid>>(&self) -> T {
        new_id(self.clock.now(), &*self.random)
    }
}
