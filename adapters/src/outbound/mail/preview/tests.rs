use bytes::Bytes;

use super::*;
use crate::{
    brand::{Brand, Logo},
    outbound::mail::{Sender, Templates, parse_mailbox},
};

#[test]
fn a_logo_stands_in_the_page_itself_and_beside_it_in_the_message() {
    let png = Bytes::from_static(b"\x89PNG");
    let (file, media_type, extension) = (png.clone(), "image/png", "png");
    let logo = Logo { file, media_type, extension, png, width: 120, height: 40 };
    let letterhead = Letterhead {
        templates: Templates::built_in().into(),
        sender: Sender { from: parse_mailbox("no-reply@example.com").unwrap(), reply_to: None },
        brand: Brand { logo: Some(logo), ..Brand::named("Example") },
        is_named: true,
    };
    for (name, content) in preview(&letterhead, "https://login.example.com", None).unwrap() {
        let content = String::from_utf8(content).unwrap();
        let (in_page, in_message) = (
            content.contains("src=\"data:image/png;base64,"),
            content.contains("Content-ID: <logo-"),
        );
        let is_page = name.ends_with(".html") && name != "index.html";
        assert_eq!((in_page, in_message), (is_page, name.ends_with(".eml")), "{name}");
    }
}
