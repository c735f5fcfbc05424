//! What mails carry of a brand.

use bytes::Bytes;

use super::*;
use crate::{
    brand::{Accent, Palette, Support},
    outbound::mail::logo,
};

fn logo() -> Logo {
    let png = Bytes::from_static(b"\x89PNG");
    let (file, media_type, extension) = (png.clone(), "image/png", "png");
    Logo { file, media_type, extension, png, width: 120, height: 40 }
}

/// One that has everything.
fn whole() -> Brand {
    Brand {
        logo: Some(logo()),
        palette: Palette::of("#b3123f".parse::<Accent>().unwrap()),
        support: Some("help@example.com".parse::<Support>().unwrap()),
        home: Some("https://example.com/home".parse().unwrap()),
        ..Brand::named("Example")
    }
}

fn supported(support: &str) -> Branding {
    let support = Some(support.parse().unwrap());
    Branding::new(&Brand { support, ..Brand::named("Example") }, "Example")
}

/// A mail of each kind in each language, by a brand.
fn by(templates: &Templates, branding: &Branding) -> Vec<Rendered> {
    let languages = built_in::TEXTS.iter().map(|(language, _)| language);
    let mails = languages.flat_map(|language| mails(language, "Ada"));
    mails.map(|mail| templates.render(&mail, branding).unwrap()).collect()
}

#[test]
fn every_subject_ends_with_the_name_of_the_brand() {
    let templates = Templates::built_in();
    for (name, in_ltr) in [("Example", "Example"), ("דוגמה", "\u{2068}דוגמה\u{2069}")] {
        let branding = Branding::new(&Brand::named(name), "Ada");
        for Rendered { subject, language, .. } in by(&templates, &branding) {
            let isolated = format!("\u{2068}{name}\u{2069}");
            let end = if ["ar", "he"].contains(&language.as_str()) { &isolated } else { in_ltr };
            assert!(subject.ends_with(&format!(" · {end}")), "{language}: {subject}");
        }
    }
}

#[test]
fn the_name_of_a_brand_becomes_no_markup_no_link_and_no_line() {
    let templates = Templates::built_in();
    let name = "<b> https://evil.example & \u{202e}Co\r\n.KG {sender} {{x}}";
    let shown = "<b> evil.example & Co.KG {sender} {{x}}";
    for sender in [name, "Ada"] {
        for mail in by(&templates, &Branding::new(&Brand::named(name), sender)) {
            assert!(mail.subject.contains(shown), "{}", mail.subject);
            assert!(!mail.text.contains("https://evil"), "{}", mail.text);
            for html in ["<b>", "evil.example", "Co.KG", "\u{202e}"] {
                assert!(!mail.html.split_once("</title>").unwrap().1.contains(html), "{html}");
            }
        }
    }
}

#[test]
fn a_mail_is_in_the_colours_of_its_brand() {
    let templates = Templates::built_in();
    let brand = whole();
    let (light, dark) = (brand.palette.light, brand.palette.dark);
    let branding = Branding::new(&brand, "Example");
    let [link, ..] = mails("en", "Ada");
    let html = templates.render(&link, &branding).unwrap().html;
    for style in [
        format!("background:{};", light.button),
        format!("color:{};", light.on_button),
        format!("style=\"color:{}\"", light.accent),
        format!(".link {{ color: {} !important }}", dark.accent),
        format!(".button {{ background: {} !important }}", dark.button),
        format!(".button-link {{ color: {} !important }}", dark.on_button),
    ] {
        assert!(html.contains(&style), "{style} in {html}");
    }
    for passlinks in ["#1f5c6b", "#86cbdb"] {
        assert!(!html.contains(passlinks), "{passlinks} in {html}");
        let html = templates.render(&link, &example()).unwrap().html;
        assert!(html.contains(passlinks), "{passlinks} in {html}");
    }
}

#[test]
fn every_mail_says_where_people_get_help_in_text_and_html() {
    let templates = Templates::built_in();
    for (support, url, shown) in [
        ("help@example.com", "mailto:help@example.com", "help@example.com"),
        ("a&b?c=d@example.com", "mailto:a%26b%3Fc%3Dd@example.com", "a&b?c=d@example.com"),
        ("https://example.com", "https://example.com/", "https://example.com"),
        ("https://example.com/?a=1&b", "https://example.com/?a=1&b", "https://example.com/?a=1&b"),
    ] {
        for mail in by(&templates, &supported(support)) {
            let (href, escaped) = (escape_html(url), escape_html(shown));
            assert!(mail.html.contains(&format!("href=\"{href}\"")), "{href} in {}", mail.html);
            assert!(mail.html.contains(&format!(">{escaped}</a>")), "{escaped} in {}", mail.html);
            let last = mail.text.lines().next_back().unwrap();
            assert!(last.ends_with(shown) && !last.contains('\u{2069}'), "{}", mail.text);
        }
    }
    for mail in by(&templates, &example()) {
        assert!(!mail.html.contains("mailto:"));
    }
}

#[test]
fn a_logo_stands_beside_the_name_and_as_itself_where_no_message_holds_it() {
    let templates = Templates::built_in();
    let source = logo::source(&logo());
    assert!(source.starts_with("cid:logo-") && source.ends_with("@passlink"), "{source}");
    for mail in by(&templates, &Branding::new(&whole(), "Example")) {
        assert!(mail.logo == Some(logo()));
        let image = format!("src=\"{source}\" width=\"120\" height=\"40\" alt=\"\"");
        assert!(mail.html.contains(&image), "{}", mail.html);
        assert!(mail.page().contains("src=\"data:image/png;base64,iVBORw==\""), "{}", mail.page());
        assert!(!mail.page().contains("cid:"), "{}", mail.page());
    }
    for mail in by(&templates, &example()) {
        assert!(mail.logo.is_none() && !mail.html.contains("<img"), "{}", mail.html);
    }
}

#[test]
fn templates_are_given_every_value_whatever_a_brand_has() {
    let template = "{{brand.name}} {{brand.accent}} {{brand.button}} {{brand.on_button}} \
                    {{brand.dark_accent}} {{brand.dark_button}} {{brand.on_dark_button}} {{brand.support}} {{brand.support_url}} \
                    {{brand.home}} {{#if brand.logo}}{{brand.logo.src}} {{brand.logo.width}} \
                    {{brand.logo.height}}{{/if}}";
    let own = overrides::with(&[("test.text.hbs", template)]).unwrap();
    let [.., test] = mails("en", "Ada");
    let text = |brand: &Brand| own.render(&test, &Branding::new(brand, "Ada")).unwrap().text;
    let bare = "Example #1f5c6b #1f5c6b #ffffff #86cbdb #86cbdb #0c2026    ";
    assert_eq!(text(&Brand::named("Example")), bare);
    let all = text(&whole());
    let end = format!(
        " help@example.com mailto:help@example.com https://example.com/home {} 120 40",
        logo::source(&logo())
    );
    assert!(all.starts_with("Example #b3123f #b3123f #ffffff #") && all.ends_with(&end), "{all}");
}

#[test]
fn a_logo_that_an_operators_layout_does_not_show_is_left_out() {
    let layout = "<p>{{sender}}</p>{{> @partial-block}}";
    let own = overrides::with(&[("layout.html.hbs", layout)]).unwrap();
    for mail in by(&own, &Branding::new(&whole(), "Example")) {
        assert!(mail.logo.is_none());
    }
}

#[test]
fn templates_from_before_there_were_brands_go_on_as_they_are() {
    let own = overrides::with(&[
        ("subject.text.hbs", "[{{sender}}] Hello"),
        ("layout.html.hbs", "<p style=\"color:#1f5c6b\">{{sender}}</p>{{> @partial-block}}"),
        ("passkey_removed.html.hbs", "{{#> layout}}<p>{{isolate site}}</p>{{/layout}}"),
        ("de.json", r#"{"passkey_removed": {"purpose": "{sender} bei {site}"}}"#),
    ])
    .unwrap();
    let [_, _, removed, _] = mails("de", "Ada");
    let mail = own.render(&removed, &Branding::new(&whole(), "Ada")).unwrap();
    assert_eq!(mail.subject, "[Ada] Hello");
    assert_eq!(mail.html, "<p style=\"color:#1f5c6b\">Ada</p><p><bdi>Example</bdi></p>");
    assert!(mail.text.contains("Ada bei Example"), "{}", mail.text);
}
