//! A rendered mail as a MIME message.

use std::{fmt, time::SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use passlink_application::{Mail, MailError, MailReason};
use passlink_domain::{EmailAddress, OutboxId};

use super::templates::{Rendered, header_name};

/// Parts the bodies. They are quoted-printable, where `=_` can't occur.
const BOUNDARY: &str = "=_passlink_alternative";
/// Longest identifier that stands for itself in a message id or a file name.
const LONGEST_NAME: usize = 60;

/// Whom mail is from.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The address, and what to call it.
    pub from: Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<Mailbox>,
}

impl Sender {
    /// What the sender is called: the name, or else the domain of the address.
    pub fn name(&self) -> &str {
        self.from.name.as_deref().unwrap_or_else(|| self.from.email.domain())
    }
}

/// Parses `ada@example.com` or `Ada Example <ada@example.com>`. The error says what is wrong, fit
/// for an operator.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, String> {
    let mailbox: Mailbox = text
        .trim()
        .parse()
        .map_err(|_| "must have the form `ada@example.com` or `Ada Example <ada@example.com>`")?;
    let name = mailbox.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.chars().any(char::is_control)) {
        return Err("the name must not hold line breaks or other control characters".to_owned());
    }
    let address = EmailAddress::parse(mailbox.email.as_ref())
        .map_err(|error| format!("the address {error}"))?;
    let address = to_address(&address).ok_or("the address can't be used in mail")?;
    Ok(Mailbox::new(name.map(str::to_owned), address))
}

/// A mail, ready to be handed over. Holds codes, so `Debug` shows none of its words.
pub(super) struct Outgoing {
    /// The outbox id, fit for a file name.
    pub name: String,
    pub to: EmailAddress,
    pub envelope: Envelope,
    /// The whole message, lines ended by CR LF.
    pub raw: Vec<u8>,
    pub rendered: Rendered,
    pub date: Timestamp,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("name", &self.name)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// Makes the message of a mail.
///
/// Errors: [`MailError::Refused`] when sender or recipient can't stand in a message.
pub(super) fn compose(
    id: &OutboxId,
    mail: &Mail,
    rendered: Rendered,
    sender: &Sender,
    date: Timestamp,
) -> Result<Outgoing, MailError> {
    let refused = |why| MailError::Refused(MailReason::Unfit, why);
    let to = to_address(mail.to())
        .ok_or_else(|| refused("the address can't be used in mail".to_owned()))?;
    let name = file_name(id);
    let called = mail.display_name().and_then(|name| header_name(name.as_str()));
    let message_id = format!("<{name}@{}>", sender.from.email.domain());
    let mut builder = Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(called, to.clone()))
        .subject(rendered.subject.clone())
        .date(SystemTime::try_from(date).unwrap_or(SystemTime::UNIX_EPOCH))
        .message_id(Some(message_id))
        .raw_header(header("Content-Language", &rendered.language))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let unfit = |error| refused(format!("no message can be made of the mail: {error}"));
    let envelope = Envelope::new(Some(sender.from.email.clone()), vec![to]).map_err(unfit)?;
    let bodies = MultiPart::alternative()
        .boundary(BOUNDARY)
        .singlepart(part(ContentType::TEXT_PLAIN, &rendered.text))
        .singlepart(part(ContentType::TEXT_HTML, &rendered.html));
    let message = builder.envelope(envelope.clone()).multipart(bodies).map_err(unfit)?;
    Ok(Outgoing { name, to: mail.to().clone(), envelope, raw: message.formatted(), rendered, date })
}

fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(body.to_owned())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The address for an envelope; `None` when it holds what a command line must not.
fn to_address(address: &EmailAddress) -> Option<Address> {
    let address = address.as_str();
    let unfit = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    if address.contains(unfit) {
        return None;
    }
    address.parse().ok()
}

/// The id as it is, when it can stand in a message id and name a file; else encoded.
fn file_name(id: &OutboxId) -> String {
    let id = id.as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if id.len() <= LONGEST_NAME && id.bytes().all(plain) {
        id.to_owned()
    } else {
        format!("x{}", BASE64_URL_SAFE_NO_PAD.encode(id))
    }
}
