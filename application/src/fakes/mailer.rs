use async_trait::async_trait;
use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

#[async_trait]
impl Mailer for World {
    async fn send(&self, id: &OutboxId, mail: &Mail, _hold: &Hold) -> Result<String, MailError> {
        let answer = self.answers.lock().unwrap().pop().unwrap_or(Ok("250 ok".into()));
        if answer.is_ok() {
            self.sent.lock().unwrap().push((id.clone(), copy(mail)));
        }
        answer
    }
}

fn copy(mail: &Mail) -> Mail {
    let Mail::PasskeyLink(mail) = mail else { unreachable!("no test mails here") };
    Mail::PasskeyLink(PasskeyLinkMail {
        to: mail.to.clone(),
        display_name: mail.display_name.clone(),
        username: mail.username.clone(),
        language: mail.language.clone(),
        register_url: SecretUrl::new(mail.register_url.expose()),
        revoke_url: SecretUrl::new(mail.revoke_url.expose()),
        requested_by: mail.requested_by.clone(),
        requested: mail.requested,
        expires: mail.expires,
        left: mail.left,
    })
}
