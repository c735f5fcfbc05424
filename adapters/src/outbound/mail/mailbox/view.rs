//! The pages of the mailbox, from one template.

use handlebars::Handlebars;
use serde::Serialize;

use super::memory::{LocalMail, Mailbox, is_link};

const TEMPLATE: &str = include_str!("page.hbs");

/// Which side of a mail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Html,
    Text,
    Source,
}

#[derive(Serialize)]
struct Page<'a> {
    path: &'a str,
    arrived: u64,
    follows: bool,
    mails: Vec<Row<'a>>,
    mail: Option<Open<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    number: u64,
    subject: &'a str,
    to: &'a str,
    date: String,
    time: String,
    is_open: bool,
}

#[derive(Serialize)]
struct Open<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    html: bool,
    text: bool,
    source: bool,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    is_link: bool,
}

/// The list of mails, and one of them open. Follows the mailbox when it `follows`: then the mail
/// that is open is the newest, and gives way to a newer one.
///
/// Errors: the template is broken.
pub(super) fn page(
    mailbox: &Mailbox,
    open: Option<(&LocalMail, Side)>,
    follows: bool,
) -> Result<String, handlebars::RenderError> {
    let all = mailbox.all();
    let number = open.map(|(mail, _)| mail.number);
    let source = match open {
        Some((mail, Side::Source)) => String::from_utf8_lossy(&mail.mail.raw),
        _ => "".into(),
    };
    let page = Page {
        path: mailbox.path(),
        arrived: mailbox.arrived(),
        follows,
        mails: all.iter().map(|mail| row(mail, number)).collect(),
        mail: open.map(|(mail, side)| Open {
            row: row(mail, number),
            html: side == Side::Html,
            text: side == Side::Text,
            source: side == Side::Source,
            lines: match side {
                Side::Html => Vec::new(),
                Side::Text => lines(&mail.mail.rendered.text),
                Side::Source => source.lines().map(|text| Line { text, is_link: false }).collect(),
            },
        }),
    };
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.render_template(TEMPLATE, &page)
}

fn row(LocalMail { number, mail }: &LocalMail, open: Option<u64>) -> Row<'_> {
    Row {
        number: *number,
        subject: &mail.rendered.subject,
        to: mail.to.as_str(),
        date: mail.date.to_string(),
        time: mail.date.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        is_open: open == Some(*number),
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    text.lines().map(|text| Line { text, is_link: is_link(text) }).collect()
}
