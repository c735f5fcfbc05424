//! The pages of the mailbox, from one template.

use handlebars::Handlebars;
use serde_json::{Value, json};

use super::{LocalMail, Mailbox, is_link};
use crate::outbound::mail::message::Outgoing;

const TEMPLATE: &str = include_str!("page.hbs");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Html,
    Text,
    Source,
}

/// The list of mails, and one of them open. Follows the mailbox when it `follows`: then the mail
/// that is open is the newest, and gives way to a newer one.
pub(super) fn page(
    mailbox: &Mailbox,
    open: Option<(&LocalMail, Side)>,
    follows: bool,
) -> Result<String, handlebars::RenderError> {
    let all = mailbox.all();
    let number = open.map(|(mail, _)| mail.number);
    let page = json!({
        "path": mailbox.path(),
        "arrived": mailbox.arrived(),
        "follows": follows,
        "mails": all.iter().map(|mail| row(mail, number)).collect::<Vec<_>>(),
        "mail": open.map(|(mail, side)| json!({
            "row": row(mail, number),
            "html": side == Side::Html,
            "text": side == Side::Text,
            "source": side == Side::Source,
            "lines": lines(&mail.mail, side),
        })),
    });
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.render_template(TEMPLATE, &page)
}

fn row(LocalMail { number, mail }: &LocalMail, open: Option<u64>) -> Value {
    json!({
        "number": number,
        "subject": mail.rendered.subject,
        "to": mail.to.as_str(),
        "date": mail.date.to_string(),
        "time": mail.date.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        "is_open": open == Some(*number),
    })
}

fn lines(mail: &Outgoing, side: Side) -> Vec<Value> {
    let line = |text| json!({ "text": text, "is_link": side == Side::Text && is_link(text) });
    match side {
        Side::Html => Vec::new(),
        Side::Text => mail.rendered.text.lines().map(line).collect(),
        Side::Source => String::from_utf8_lossy(&mail.raw).lines().map(line).collect(),
    }
}
