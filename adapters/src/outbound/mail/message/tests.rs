use passlink_application::mails::Content;
use passlink_domain::{LanguageTag, Text};
use proptest::prelude::*;

use super::*;
use crate::brand::Logo;

fn mail(to: &str) -> Mail {
    let to = EmailAddress::recorded(to.to_owned());
    Mail {
        to,
        language: None,
        domain: "login.example.com".to_owned(),
        account: None,
        content: Content::Test { requested: AT },
    }
}

const AT: Timestamp = Timestamp::constant(1_795_511_100, 0);

fn composed(mail: &Mail) -> Result<Outgoing, MailError> {
    composed_with(mail, None)
}

fn composed_with(mail: &Mail, logo: Option<Logo>) -> Result<Outgoing, MailError> {
    let rendered = Rendered {
        language: LanguageTag::from_canonical("en"),
        subject: "Subject".into(),
        text: "Text".into(),
        html: "<p>Text</p>".into(),
        logo,
    };
    let sender = Sender { from: parse_mailbox("no-reply@example.com").unwrap(), reply_to: None };
    compose(&"id".parse().unwrap(), mail, rendered, &sender, AT)
}

#[test]
fn what_was_recorded_under_other_rules_is_not_sent_to_if_it_can_not_be() {
    for address in ["\"a b\"@example.com", "\"a<b\"@example.com", "ada@my_host.example", "ada"] {
        let refused = composed(&mail(address));
        let Err(MailError::Refused(MailReason::Unfit, why)) = refused else {
            panic!("{address}: {:?}", refused.err())
        };
        assert!(why.contains("the address must"), "{why}");
    }
    let written_otherwise = composed(&mail("\"ada\"@example.com")).unwrap();
    assert_eq!(written_otherwise.envelope.to()[0].to_string(), "ada@example.com");
}

proptest! {
    #[test]
    fn every_address_that_is_taken_can_be_mailed_as_it_is(
        text in "(\"[!-~é\u{301}]{1,6}\"|[!-~éж\u{301}\u{1100}\u{1161}👩]{1,8})@[a-z0-9üß.-]{1,9}",
    ) {
        if let Ok(address) = EmailAddress::parse(&text) {
            let outgoing = composed(&mail(address.as_str())).unwrap();
            let envelope: Vec<_> = outgoing.envelope.to().iter().map(ToString::to_string).collect();
            prop_assert_eq!(&envelope, &[address.to_string()]);
            let raw = String::from_utf8(outgoing.raw).unwrap();
            let line = format!("\r\nTo: {address}\r\n");
            prop_assert!(raw.contains(&line), "{}", raw);
        }
    }
}

#[test]
fn a_senders_name_is_taken_as_it_is_meant() {
    for (text, name, address) in [
        ("ada@example.com", None, "ada@example.com"),
        ("<ada@example.com>", None, "ada@example.com"),
        (" Ada Example <ada@Example.com> ", Some("Ada Example"), "ada@example.com"),
        ("Ada E. Example <ada@example.com>", Some("Ada E. Example"), "ada@example.com"),
        (". <ada@example.com>", Some("."), "ada@example.com"),
        ("\"Example, Inc.\" <ada@example.com>", Some("Example, Inc."), "ada@example.com"),
        ("\" a \\\"b\\\" \\\\ <c@d> \" <a@b.example>", Some("a \"b\" \\ <c@d>"), "a@b.example"),
        ("\"\" <ada@example.com>", None, "ada@example.com"),
        ("=?utf-8?q?x?= <ada@example.com>", Some("=?utf-8?q?x?="), "ada@example.com"),
        ("Zoë <zoë@bücher.example>", Some("Zoë"), "zoë@xn--bcher-kva.example"),
        ("Ada<ada@ab--cd.example>", Some("Ada"), "ada@ab--cd.example"),
    ] {
        let mailbox = parse_mailbox(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((mailbox.name.as_deref(), mailbox.email.to_string().as_str()), (name, address));
    }
    for (text, told) in [
        ("", "the address must not be empty"),
        ("ada", "it has no @"),
        ("Example, Inc. <ada@example.com>", "a name with `,` must stand in quotation marks"),
        ("Ada <a@b.example>, Eve <e@b.example>", "a name with `<`"),
        ("a@b.example, e@b.example", "must have one @ only"),
        ("\"Ada <ada@example.com>", "must end with its second quotation mark"),
        ("\"Ada\" Example <ada@example.com>", "must end with its second quotation mark"),
        ("Ada\nBcc: x <ada@example.com>", "must not hold line breaks"),
        ("Ada <\"a b\"@example.com>", "the address must not have a blank before the @"),
    ] {
        let error = parse_mailbox(text).unwrap_err();
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn a_name_that_nothing_is_left_of_is_left_out() {
    for invisible in ["\u{200b}\u{2060}", "\u{200d}"] {
        assert_eq!(header_name(Text::parse(invisible).unwrap().as_str()), None);
    }
}

/// What is behind the header section of a message.
fn body(outgoing: Outgoing) -> String {
    String::from_utf8(outgoing.raw)
        .unwrap()
        .split_once("MIME-Version: 1.0\r\n")
        .unwrap()
        .1
        .to_owned()
}

const TEXT: &str = "Content-Type: multipart/alternative; boundary=\"=_passlink_alternative\"\r\n\
    \r\n--=_passlink_alternative\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    Text\r\n--=_passlink_alternative\r\n";
const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Text</p>\r\n";
const END: &str = "--=_passlink_alternative--\r\n";

#[test]
fn text_comes_before_html() {
    let plain = body(composed(&mail("ada@example.com")).unwrap());
    assert_eq!(plain, format!("{TEXT}{HTML}{END}"));
}

#[test]
fn a_logo_is_a_part_of_the_html() {
    let png = bytes::Bytes::from(vec![0xff; 100]);
    let (file, media_type, extension) = (png.clone(), "image/png", "png");
    let logo = Logo { file, media_type, extension, png, width: 120, height: 40 };
    let id = logo::source(&logo).replace("cid:", "");
    let message = body(composed_with(&mail("ada@example.com"), Some(logo)).unwrap());
    let related = format!(
        "Content-Type: multipart/related; boundary=\"=_passlink_related\";\r\n type=\"text/html\"\r\n\
         \r\n--=_passlink_related\r\n{HTML}--=_passlink_related\r\n\
         Content-Type: image/png\r\nContent-ID: <{id}>\r\n\
         Content-Disposition: inline; filename=\"logo.png\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n{}w==\r\n--=_passlink_related--\r\n",
        "/".repeat(76),
        "/".repeat(57),
    );
    assert_eq!(message, format!("{TEXT}{related}{END}"));
}
