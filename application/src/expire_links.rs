//! Noting that links expired, so that it can be counted.

use std::sync::Arc;

use passlink_domain::LinkState;

use crate::{Clock, Observer, Store, StoreError};

/// Links that one transaction notes at the most.
const BATCH: u64 = 500;

/// Moves links whose time ran out to their final state. A link stops to work at its time, whether
/// or not this was run.
pub struct ExpireLinks {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl ExpireLinks {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self { store, clock, observer }
    }

    /// Moves all links whose time has run out. Nodes that do this at the same time move each link
    /// once.
    pub async fn run(&self) -> Result<(), StoreError> {
        loop {
            let now = self.clock.now();
            let moved =
                self.store.write((), move |(), tx| Box::pin(tx.expire_links(now, BATCH))).await?;
            self.observer.links(LinkState::Expired, moved);
            if moved < BATCH {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
