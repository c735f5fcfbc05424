//! What holds of every mail in every language with every kind of name.

use passlink_domain::OutboxId;

use super::*;
use crate::outbound::mail::{Sender, message, parse_mailbox};

#[test]
fn no_name_becomes_markup_a_link_or_a_value() {
    for (mail, name, rendered) in rendered() {
        let html = &rendered.html;
        assert!(!html.contains("<img") && !html.contains("<script"), "{html}");
        assert!(!html.contains(" src=\""), "nothing is loaded: {html}");
        assert!(!html.contains("https://evil") && !rendered.text.contains("https://evil"));
        let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for link in links {
            assert!(link.starts_with("https://id.example.com/passkeys/"), "{link}");
        }
        let urls = mail.links().len();
        assert_eq!(rendered.text.matches("https://").count(), urls, "{}", rendered.text);
        assert!(!rendered.subject.contains(name) && !rendered.subject.contains('\n'));
    }
}

#[test]
fn every_link_stands_in_text_and_html() {
    for (mail, _, rendered) in rendered() {
        for (_, url) in mail.links() {
            let escaped = url.expose().replace('&', "&amp;");
            assert!(rendered.html.contains(&format!("href=\"{escaped}\"")), "{}", rendered.html);
            let mut lines = rendered.text.lines();
            assert!(lines.any(|line| line == url.expose()), "{}", rendered.text);
        }
    }
}

#[test]
fn html_says_language_and_direction() {
    for (_, _, rendered) in rendered() {
        let direction = match rendered.language.as_str() {
            "ar" | "he" => "rtl",
            _ => "ltr",
        };
        let opening = format!("<html lang=\"{}\" dir=\"{direction}\">", rendered.language);
        assert!(rendered.html.contains(&opening), "{}", rendered.html);
    }
}

#[test]
fn a_list_of_mails_shows_nothing_of_the_text_behind_the_preheader() {
    for (_, _, rendered) in rendered() {
        let hidden =
            rendered.html.split_once("display:none").unwrap().1.split_once("</div>").unwrap().0;
        assert!(hidden.matches("&zwnj;&nbsp;").count() >= 90, "{hidden}");
    }
}

#[test]
fn every_message_is_under_thirty_kilobytes() {
    let sender = Sender { from: parse_mailbox("no-reply@example.com").unwrap(), reply_to: None };
    for (mail, _, rendered) in rendered() {
        let id = OutboxId::parse("1").unwrap();
        let message = message::compose(&id, &mail, rendered, &sender, at(0)).unwrap();
        assert!(message.raw.len() < 30_000, "{} bytes", message.raw.len());
    }
}

#[test]
fn what_a_mail_may_lack_leaves_no_trace() {
    let templates = Templates::built_in();
    for (language, _) in built_in::TEXTS {
        for mail in samples(&tag(language), Extent::Least, samples::SITE).unwrap() {
            let mail = templates.render(&mail, &example()).unwrap();
            assert!(!mail.text.contains("\n\n\n") && !mail.text.contains(": \n"), "{}", mail.text);
            assert!(!mail.html.contains("<bdi></bdi>") && !mail.html.contains("()"));
        }
    }
}

#[test]
fn the_mail_about_a_passkey_says_whether_it_can_get_to_other_devices() {
    let templates = Templates::built_in();
    for (language, catalogue) in templates.sets().unwrap().catalogues.iter() {
        for (synced, said, not) in [(true, "synced", "bound"), (false, "bound", "synced")] {
            let [_, mut mail, ..] = mails(language.as_str(), "Ada");
            let Content::PasskeyAdded { synced: is_synced, .. } = &mut mail.content else {
                unreachable!()
            };
            *is_synced = synced;
            let rendered = templates.render(&mail, &example()).unwrap();
            let text = |key| catalogue.text("passkey_added", key).unwrap().fill(&[]).unwrap();
            for words in [&rendered.text, &rendered.html] {
                assert!(words.contains(&text(said)), "{words}");
                assert!(!words.contains(&text(not)), "{words}");
            }
        }
    }
}

#[test]
fn names_stand_in_a_mail_as_they_are_and_no_address_is_seen_in_them() {
    let templates = Templates::built_in();
    let name = "Ada E.Example <ada@evil.example> \\evil.example 24.11. 9:05";
    for mail in mails("en", name) {
        let Rendered { text, html, .. } = templates.render(&mail, &example()).unwrap();
        if mail.account.is_some() {
            assert!(text.contains(name), "{text}");
            let copied = html.replace("<span>", "").replace("</span>", "");
            assert!(copied.contains(&escape_html(name)), "{html}");
            assert!(html.contains("24.11. 9:05"), "dates and times are no addresses: {html}");
        }
        assert!(!html.contains("evil.example") && !html.contains("ada@"), "{html}");
    }
}
