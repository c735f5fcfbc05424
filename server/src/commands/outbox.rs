//! `passlink outbox`.

use std::sync::Arc;

use passlink_application::ports::{MailSubject, OutboxMail, OutboxState};
use serde_json::{Value, json};

use super::{PAGE, open, print_pages};
use crate::{Error, cli::OutboxCommand, config::Config, worker::Bell};

fn line(mail: &OutboxMail) -> Value {
    let (kind, link, passkey) = match &mail.about {
        MailSubject::Link(id) => ("passkeyLink", Some(id.as_str()), None),
        MailSubject::PasskeyAdded(id) => ("passkeyAdded", None, Some(id.as_str())),
        MailSubject::PasskeyRemoved(id) => ("passkeyRemoved", None, Some(id.as_str())),
    };
    json!({
        "id": mail.id.as_str(),
        "user": mail.user.as_str(),
        "kind": kind,
        "link": link,
        "passkey": passkey,
        "state": mail.state.name(),
        "tries": mail.tries,
        "queued": mail.queued.to_string(),
        "due": mail.due.to_string(),
        "lastAnswer": mail.last_answer,
    })
}

pub(crate) async fn run(command: OutboxCommand, config: Config) -> Result<(), Error> {
    // The server is another process: it finds what is due by asking the outbox.
    let outbox = open(config).await?.outbox(Arc::new(Bell::default()));
    match command {
        OutboxCommand::List { failed } => {
            let waiting = (!failed).then_some(OutboxState::Waiting);
            for state in waiting.into_iter().chain([OutboxState::Failed]) {
                let page = async |last| outbox.list(state, last, PAGE).await;
                print_pages(page, |mail| mail.id.clone(), |mail| line(&mail)).await?;
            }
            Ok(())
        }
        OutboxCommand::Retry { id } => Ok(outbox.retry(id).await?),
    }
}
