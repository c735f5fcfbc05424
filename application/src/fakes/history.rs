use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl History for State {
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError> {
        if self.recorded_at(&event.user, event.sequence).await.is_ok() {
            return Err(StoreError::Broken("a change with this number is recorded".into()));
        }
        self.users.get_mut(event.user.as_str()).unwrap().sequence = event.sequence;
        self.events.push(event.clone());
        Ok(())
    }

    async fn recorded_at(
        &mut self,
        user: &UserId,
        sequence: Sequence,
    ) -> Result<Timestamp, StoreError> {
        let mut events = self.events.iter();
        let event = events.find(|event| event.user == *user && event.sequence == sequence);
        let at = event.map(|event| event.at);
        at.ok_or_else(|| StoreError::Broken("no such change is recorded".into()))
    }
}
