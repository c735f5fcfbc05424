//! A rendered mail as a MIME message.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};
use lettre::{
    Address,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, ContentTypeErr},
    },
};
use passlink_application::{
    mails::Mail,
    ports::{MailError, MailReason},
};
use passlink_domain::{EmailAddress, OutboxId};

use super::{
    header::Header,
    logo,
    templates::{Rendered, header_name},
};

/// Parts the bodies. They are quoted-printable or base64, where `=_` can't occur.
const BOUNDARY: &str = "=_passlink_alternative";
/// Parts the HTML and the logo in it.
const RELATED: &str = "multipart/related; boundary=\"=_passlink_related\"; type=\"text/html\"";
/// Longest identifier that stands for itself in a message id or a file name.
const LONGEST_NAME: usize = 60;

pub struct Sender {
    pub from: Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<Mailbox>,
}

/// Parses `ada@example.com` or `Ada Example <ada@example.com>`. The error is fit for an operator.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, String> {
    let text = text.trim();
    let named = text.strip_suffix('>').and_then(|named| named.rsplit_once('<'));
    let (name, address) = named.unwrap_or(("", text));
    let name = parse_name(name.trim())?;
    let address = EmailAddress::parse(address).map_err(|error| format!("the address {error}"))?;
    Ok(Mailbox::new(Some(name).filter(|name| !name.is_empty()), to_address(&address)))
}

/// The name before an address: as it is, or in quotation marks, where it may hold anything.
fn parse_name(text: &str) -> Result<String, String> {
    if text.contains(char::is_control) {
        return Err("the name must not hold line breaks or other control characters".to_owned());
    }
    let Some(quoted) = text.strip_prefix('"') else {
        return match text.chars().find(|c| "<>\"@,;:()[]\\".contains(*c)) {
            Some(c) => Err(format!("a name with `{c}` must stand in quotation marks")),
            None => Ok(text.to_owned()),
        };
    };
    let mut name = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next() {
            Some('"') if rest.as_str().is_empty() => return Ok(name.trim().to_owned()),
            Some('\\') => name.extend(rest.next()),
            None | Some('"') => {
                return Err("the name must end with its second quotation mark".to_owned());
            }
            Some(c) => name.push(c),
        }
    }
}

/// A mail, ready to be handed over. Holds codes, so there is no `Debug`.
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

/// Errors: [`MailError::Refused`] when sender or recipient can't stand in a message.
pub(super) fn compose(
    id: &OutboxId,
    mail: &Mail,
    rendered: Rendered,
    sender: &Sender,
    date: Timestamp,
) -> Result<Outgoing, MailError> {
    let refused = |why| MailError::Refused(MailReason::Unfit, why);
    // An address may have been recorded under older rules, so it is checked again.
    let to = EmailAddress::parse(mail.to.as_str())
        .map_err(|error| refused(format!("no mail can be sent there: the address {error}")))?;
    let to = to_address(&to);
    let name = file_name(id);
    let called = mail.account.as_ref().and_then(|it| header_name(it.display_name.as_str()));
    let unfit =
        |error: &dyn fmt::Display| refused(format!("no message can be made of the mail: {error}"));
    let at = rfc2822::to_string(&date.to_zoned_datetime(TimeZone::UTC))
        .map_err(|error| unfit(&error))?;
    let mut header = Header::default()
        .mailbox("From", &sender.from)
        .mailbox("To", &Mailbox::new(called, to.clone()))
        .text("Subject", &rendered.subject)
        .field("Date", &at)
        .field("Message-ID", &format!("<{name}@{}>", sender.from.email.domain()))
        .field("Content-Language", rendered.language.as_str())
        .field("Auto-Submitted", "auto-generated")
        .field("X-Auto-Response-Suppress", "All")
        .field("MIME-Version", "1.0");
    if let Some(reply_to) = &sender.reply_to {
        header = header.mailbox("Reply-To", reply_to);
    }
    let from = Some(sender.from.email.clone());
    let envelope = Envelope::new(from, vec![to]).map_err(|error| unfit(&error))?;
    let mut raw = header.into_bytes();
    raw.extend(bodies(&rendered).map_err(|error| unfit(&error))?.formatted());
    Ok(Outgoing { name, to: mail.to.clone(), envelope, raw, rendered, date })
}

/// Text and HTML, and with the HTML the logo that it shows.
fn bodies(rendered: &Rendered) -> Result<MultiPart, ContentTypeErr> {
    let text = part(ContentType::TEXT_PLAIN, &rendered.text);
    let html = part(ContentType::TEXT_HTML, &rendered.html);
    let bodies = MultiPart::alternative().boundary(BOUNDARY).singlepart(text);
    Ok(match &rendered.logo {
        Some(logo) => bodies.multipart(
            MultiPart::builder()
                .header(ContentType::parse(RELATED)?)
                .singlepart(html)
                .singlepart(logo::part(logo)?),
        ),
        None => bodies.singlepart(html),
    })
}

fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(body.to_owned())
}

/// The address for an envelope. lettre's own parser knows little of what is beyond ASCII.
fn to_address(address: &EmailAddress) -> Address {
    let (local, domain) = address.parts();
    Address::new_dangerous(local, domain)
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

#[cfg(test)]
mod tests;
