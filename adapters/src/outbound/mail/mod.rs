//! Mail: rendered from templates, made a MIME message, and handed to a transport.
//!
//! [`TemplateMailer`] is the [`Mailer`] port. Where mail goes is a [`Transport`]: a mail server, a
//! directory, or the local mailbox of a demo.

mod answer;
mod deadline;
mod directory;
mod header;
mod letterhead;
mod logo;
mod mailbox;
mod message;
mod preview;
mod smtp;
mod templates;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use passlink_application::{
    mails::{Hold, Mail},
    ports::{Clock, MailError, MailReason, Mailer},
};
use passlink_domain::OutboxId;

use self::deadline::Deadline;
pub use self::{
    directory::Directory,
    letterhead::Letterhead,
    mailbox::{LocalMail, Mailbox},
    message::{Sender, parse_mailbox},
    preview::preview,
    smtp::{Smtp, SmtpServer, Tls},
    templates::{Rendered, TemplateError, Templates},
};

pub enum Transport {
    Smtp(Smtp),
    Directory(Directory),
    /// Into the memory of this process.
    Local(Mailbox),
}

pub struct TemplateMailer {
    /// By the host of the domain that a mail is from.
    pub letterheads: BTreeMap<String, Letterhead>,
    pub clock: Arc<dyn Clock>,
    pub transport: Transport,
}

impl TemplateMailer {
    async fn deliver(
        &self,
        id: &OutboxId,
        mail: &Mail,
        deadline: &Deadline<'_>,
    ) -> Result<String, MailError> {
        let unfit = |why: String| MailError::Refused(MailReason::Unfit, why);
        let letterhead = self.letterheads.get(&mail.domain);
        let letterhead =
            letterhead.ok_or_else(|| unfit(format!("there is no domain {}", mail.domain)))?;
        let rendered = letterhead.render(mail).map_err(|error| unfit(error.to_string()))?;
        let outgoing = message::compose(id, mail, rendered, &letterhead.sender, self.clock.now())?;
        match &self.transport {
            Transport::Smtp(smtp) => smtp.deliver(&outgoing, deadline).await,
            Transport::Directory(directory) => {
                deadline.within(directory.deliver(&outgoing, deadline)).await
            }
            Transport::Local(mailbox) => Ok(mailbox.deliver(outgoing)),
        }
    }
}

#[async_trait]
impl Mailer for TemplateMailer {
    async fn send(&self, id: &OutboxId, mail: &Mail, hold: &Hold) -> Result<String, MailError> {
        self.deliver(id, mail, &Deadline::new(&*self.clock, hold))
            .await
            .map(|answer| answer::clean(&answer, mail))
            .map_err(|error| answer::with_text(error, |answer| answer::clean(&answer, mail)))
    }
}
