use async_trait::async_trait;
use passlink_domain::*;

use super::State;
use crate::*;

#[async_trait]
impl History for State {
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError> {
        self.users.get_mut(event.user.as_str()).unwrap().sequence = event.sequence;
        self.events.push(event.clone());
        Ok(())
    }
}
