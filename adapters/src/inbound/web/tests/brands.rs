//! What a brand changes of the pages.

use super::*;
use crate::brand::{Accent, Logo, Palette};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 10\">\
                   <script>alert(1)</script><rect width=\"40\" height=\"10\"/></svg>";

fn logo(content: &str) -> Logo {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    Logo::read(file.path()).unwrap()
}

fn palette(accent: &str) -> Palette {
    Palette::of(accent.parse::<Accent>().unwrap())
}

/// A brand that has all that a brand can have.
fn whole() -> Brand {
    Brand {
        logo: Some(logo(SVG)),
        palette: palette("#ffcc00"),
        support: Some("we&help@example.com".parse().unwrap()),
        home: Some("https://example.com/?a=b&c".parse().unwrap()),
        ..Brand::named("Example & <b>")
    }
}

async fn page(brand: &Brand, path: &str, languages: &str) -> String {
    let Site { pages, missing, .. } = site_of(brand, 1);
    let router = if path.starts_with("/passkeys/") { pages } else { missing };
    answer_of(router, Method::GET, path, languages).await.2
}

async fn asset(brand: &Brand, name: &str) -> (StatusCode, HeaderMap, String) {
    let path = format!("/passkeys/{}/{name}", assets::Assets::of(brand).base());
    answer_of(site_of(brand, 1).assets, Method::GET, &path, "en").await
}

#[tokio::test]
async fn a_page_carries_name_and_logo() {
    let brand = whole();
    for path in ["/passkeys/register", "/passkeys/revoke", "/passkeys/undo", "/a/b"] {
        let html = page(&brand, path, "en").await;
        let up = if path == "/a/b" { "../passkeys/" } else { "" };
        let base = format!("{up}{}", assets::Assets::of(&brand).base());
        for part in [
            "<title>Example &amp; &lt;b&gt;</title>",
            "<bdi>Example &amp; &lt;b&gt;</bdi>\n</header>",
            &format!("<img src=\"{base}/logo.svg\" alt=\"\" width=\"192\" height=\"48\">"),
            &format!("<link rel=\"icon\" href=\"{base}/logo.svg\">"),
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}

#[tokio::test]
async fn where_a_brand_is_a_name_alone_a_page_has_no_picture_and_leads_nowhere() {
    for path in ["/passkeys/register", "/a/b"] {
        let html = page(&Brand::named("Example"), path, "en").await;
        assert!(!html.contains("<img") && !html.contains("<a ") && !html.contains("data-home"));
        assert!(html.contains(&format!("{}/icon.svg\"", base())), "{html}");
    }
    let html = page(&Brand::named("Example"), "/a/b", "en").await;
    assert!(!html.contains("<footer"), "{html}");
    for name in ["logo.svg", "logo.png"] {
        assert_eq!(asset(&Brand::named("Example"), name).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_way_to_help_is_on_every_page_in_its_language_without_a_script() {
    let Site { pages, missing, .. } = site_of(&whole(), 1);
    for path in ["/passkeys/register", "/passkeys/revoke", "/passkeys/undo", "/a/b"] {
        let router = if path.starts_with("/passkeys/") { &pages } else { &missing };
        for language in assets::languages() {
            let html = answer_of(router.clone(), Method::GET, path, &language).await.2;
            let text = &texts(&language)["labels.support"];
            let link =
                format!(" href=\"mailto:we%26help@example.com\" rel=\"noreferrer\">{text}</a>");
            assert!(html.contains(&link), "{link} in {html}");
        }
    }
}

#[tokio::test]
async fn the_way_to_help_is_also_where_somebody_asks_for_too_many_pages() {
    let help = "https://example.com/?a&b".parse().unwrap();
    let router = site_of(&Brand { support: Some(help), ..whole() }, 1).pages;
    for status in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let client = ClientAddress("192.0.2.1".parse().unwrap());
        let request = Request::get("/passkeys/undo").extension(client).body(Body::empty()).unwrap();
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        assert_eq!(parts.status, status);
        let html = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let link = " href=\"https://example.com/?a&amp;b\" rel=\"noreferrer\">";
        assert!(html.contains(link), "{html}");
    }
}

#[tokio::test]
async fn the_scripts_are_told_where_people_go_on() {
    let html = page(&whole(), "/passkeys/register", "en").await;
    // Handlebars writes an equals sign as a reference, too.
    let home = "<body data-home=\"https://example.com/?a&#x3D;b&amp;c\">";
    assert!(html.contains(home), "{html}");
}

#[tokio::test]
async fn the_logo_is_the_file_as_it_came_and_does_nothing_when_it_is_opened() {
    let (status, headers, content) = asset(&whole(), "logo.svg").await;
    assert_eq!((status, content.as_str()), (StatusCode::OK, SVG));
    assert_eq!(headers[CONTENT_TYPE], "image/svg+xml");
    assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[CACHE_CONTROL], FOREVER);
    let policies: Vec<_> = headers.get_all(CONTENT_SECURITY_POLICY).iter().collect();
    assert_eq!(policies, ["default-src 'none'; style-src 'unsafe-inline'; sandbox"]);
    assert_eq!(asset(&whole(), "page.css").await.1[CONTENT_SECURITY_POLICY], POLICY);
}

#[tokio::test]
async fn the_colours_of_a_brand_stand_behind_those_of_all_sites() {
    for name in ["page.css", "reference.css"] {
        let (_, headers, style) = asset(&whole(), name).await;
        assert_eq!(headers[CONTENT_TYPE], "text/css");
        let (_, _, built_in) = asset(&Brand::named("Example"), name).await;
        let alike = style.bytes().zip(built_in.bytes()).take_while(|(own, other)| own == other);
        let (before, rest) = style.split_at(alike.count());
        let (added, after) = rest.split_at(style.len() - built_in.len());
        assert_eq!(format!("{before}{after}"), built_in);
        let Palette { light, dark } = whole().palette;
        let (in_light, in_dark) = added.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (rule, shades) in [(in_light, light), (in_dark, dark)] {
            for declaration in [
                format!("--accent: {};", shades.accent),
                format!("--tint: {};", shades.tint),
                format!("--button: {};", shades.button),
                format!("--button-strong: {};", shades.button_strong),
                format!("--on-button: {};", shades.on_button),
            ] {
                assert_eq!(rule.matches(&declaration).count(), 1, "{declaration} in {rule}");
            }
        }
    }
    let (_, _, icon) = asset(&whole(), "icon.svg").await;
    assert!(icon.contains(&format!("fill=\"{}\"", whole().palette.light.accent)), "{icon}");
}

#[tokio::test]
async fn each_look_has_paths_of_its_own_and_finds_nothing_under_those_of_another() {
    let named = Brand::named("Example");
    let coloured = Brand { palette: palette("#b3123f"), ..named.clone() };
    let in_gold = Brand { palette: palette("#ffcc00"), ..named.clone() };
    let with_logo = Brand { logo: Some(logo(SVG)), ..named.clone() };
    let other_logo = logo(&SVG.replace("40", "30"));
    let with_other_logo = Brand { logo: Some(other_logo), ..named.clone() };
    let brands = [named, coloured, in_gold, with_logo, with_other_logo, whole()];
    let bases: BTreeSet<_> = brands.iter().map(|brand| assets::Assets::of(brand).base()).collect();
    assert_eq!(bases.len(), brands.len());
    for brand in &brands {
        let router = site_of(brand, 1).assets;
        for base in &bases {
            let path = format!("/passkeys/{base}/page.css");
            let found = answer_of(router.clone(), Method::GET, &path, "en").await.0;
            let is_own = *base == assets::Assets::of(brand).base();
            assert_eq!(found == StatusCode::OK, is_own, "{path}");
        }
    }
}
