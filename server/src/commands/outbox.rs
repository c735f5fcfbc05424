//! `passlink outbox`.

use std::sync::Arc;

use passlink_application::ports::{MailSubject, OutboxMail, OutboxState};
use serde::Serialize;

use super::{PAGE, open, print};
use crate::{Error, cli::OutboxCommand, config::Config, worker::Bell};

/// A mail as printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'m> {
    id: &'m str,
    user: &'m str,
    kind: String,
    link: Option<&'m str>,
    passkey: Option<&'m str>,
    state: &'static str,
    tries: u32,
    queued: String,
    due: String,
    last_answer: Option<&'m str>,
}

impl<'m> From<&'m OutboxMail> for Line<'m> {
    fn from(mail: &'m OutboxMail) -> Self {
        let (link, passkey) = match &mail.about {
            MailSubject::Link(id) => (Some(id.as_str()), None),
            MailSubject::PasskeyAdded(id) | MailSubject::PasskeyRemoved(id) => {
                (None, Some(id.as_str()))
            }
        };
        Self {
            id: mail.id.as_str(),
            user: mail.user.as_str(),
            kind: camel_case(mail.about.kind().name()),
            link,
            passkey,
            state: mail.state.name(),
            tries: mail.tries,
            queued: mail.queued.to_string(),
            due: mail.due.to_string(),
            last_answer: mail.last_answer.as_deref(),
        }
    }
}

/// `like_this` as `likeThis`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        text + &initial.to_ascii_uppercase() + rest
    })
}

pub(crate) async fn run(command: OutboxCommand, config: Config) -> Result<(), Error> {
    // The server is another process: it finds what is due by asking the outbox.
    let outbox = open(config).await?.outbox(Arc::new(Bell::default()));
    match command {
        OutboxCommand::List { failed } => {
            let waiting = (!failed).then_some(OutboxState::Waiting);
            for state in waiting.into_iter().chain([OutboxState::Failed]) {
                let mut last = None;
                loop {
                    let page = outbox.list(state, last, PAGE).await?;
                    for mail in &page {
                        print(&Line::from(mail))?;
                    }
                    match page.into_iter().next_back() {
                        Some(mail) => last = Some(mail.id),
                        None => break,
                    }
                }
            }
            Ok(())
        }
        OutboxCommand::Retry { id } => Ok(outbox.retry(id).await?),
    }
}
