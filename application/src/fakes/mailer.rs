use async_trait::async_trait;
use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

#[async_trait]
impl Mailer for World {
    async fn send(&self, id: &OutboxId, mail: &Mail, _hold: &Hold) -> Result<String, MailError> {
        let answer = self.answers.lock().unwrap().pop().unwrap_or(Ok("250 ok".into()));
        if answer.is_ok() {
            self.sent.lock().unwrap().push((id.clone(), mail.clone()));
        }
        answer
    }
}
