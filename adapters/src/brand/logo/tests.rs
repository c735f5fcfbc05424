use std::{fs, path::PathBuf};

use proptest::prelude::*;
use resvg::tiny_skia::{Color, Pixmap};

use super::*;

const RED: &str = r##"<rect width="100" height="20" fill="#ff0000"/>"##;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("logo.of.any.name");
        fs::write(&path, content).unwrap();
        path
    }
}

fn read(content: impl AsRef<[u8]>) -> Result<Logo, LogoError> {
    Logo::read(&Folder::new().file(content))
}

fn told(content: impl AsRef<[u8]>) -> String {
    read(content).unwrap_err().to_string()
}

fn svg(attributes: &str, content: &str) -> String {
    let xmlns = "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"";
    format!("<svg {xmlns} {attributes}>{content}</svg>")
}

/// A PNG full of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut pixels = Pixmap::new(width, height).unwrap();
    pixels.fill(Color::from_rgba8(179, 18, 63, 255));
    pixels.encode_png().unwrap()
}

/// A PNG with a head that names these sides, whatever is in it.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(1, 1);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    file
}

fn pixels(logo: &Logo) -> Pixmap {
    Pixmap::decode_png(&logo.png).unwrap()
}

/// The size at which it is shown, and that of what is drawn.
fn sizes(logo: &Logo) -> [(u32, u32); 2] {
    let pixels = pixels(logo);
    [(logo.width, logo.height), (pixels.width(), pixels.height())]
}

fn colour_at(logo: &Logo, x: u32, y: u32) -> (u8, u8, u8, u8) {
    let colour = pixels(logo).pixel(x, y).unwrap().demultiply();
    (colour.red(), colour.green(), colour.blue(), colour.alpha())
}

#[test]
fn an_svg_is_kept_as_it_came_and_drawn_as_large_as_there_is_room() {
    let file = svg(r#"viewBox="0 0 100 20""#, RED);
    let logo = read(&file).unwrap();
    assert_eq!((logo.media_type, logo.extension), ("image/svg+xml", "svg"));
    assert_eq!(logo.file, file.as_bytes());
    assert_eq!(sizes(&logo), [(240, 48), (480, 96)]);
    assert_eq!(colour_at(&logo, 240, 48), (255, 0, 0, 255));
    for (attributes, shown) in [
        (r#"viewBox="0 0 20 20""#, (48, 48)),
        (r#"width="20mm" height="2mm""#, (240, 24)),
        (r#"viewBox="0 0 5000 1""#, (240, 1)),
        (r#"viewBox="0 0 10 20" width="100%" height="100%""#, (24, 48)),
    ] {
        assert_eq!(sizes(&read(svg(attributes, RED)).unwrap())[0], shown, "{attributes}");
    }
}

#[test]
fn a_png_is_made_smaller_where_it_has_to_be_and_never_larger() {
    for (size, shown, drawn) in [
        ((1, 1), (1, 1), (1, 1)),
        ((200, 40), (200, 40), (200, 40)),
        ((400, 80), (240, 48), (400, 80)),
        ((960, 100), (240, 25), (480, 50)),
        ((100, 1000), (5, 48), (10, 96)),
        ((4096, 1), (240, 1), (480, 1)),
    ] {
        let file = png(size.0, size.1);
        let logo = read(&file).unwrap();
        assert_eq!((logo.media_type, logo.extension), ("image/png", "png"));
        assert_eq!(logo.file, file);
        assert_eq!(sizes(&logo), [shown, drawn], "{size:?}");
        let (x, y) = (drawn.0 / 2, drawn.1 / 2);
        assert_eq!(colour_at(&logo, x, y), (179, 18, 63, 255), "{size:?}");
    }
}

#[test]
fn editors_marks_and_document_types_do_not_matter() {
    let file = svg(r#"viewBox="0 0 100 20""#, RED);
    let kind = "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \
                \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">";
    let file =
        format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{kind}<!-- -->\n{file}");
    assert_eq!(read(file).unwrap().width, 240);
}

#[test]
fn a_script_in_an_svg_is_nothing() {
    let plain = read(svg(r#"viewBox="0 0 100 20""#, RED)).unwrap();
    let script =
        r#"<script>alert(1)</script><foreignObject width="9" height="9"><body/></foreignObject>"#;
    let with_script = svg(r#"viewBox="0 0 100 20" onload="alert(1)""#, &format!("{script}{RED}"));
    assert_eq!(read(with_script).unwrap().png, plain.png);
}

#[test]
fn nothing_that_an_svg_refers_to_is_loaded() {
    let folder = Folder::new();
    let path = folder.file(png(10, 10));
    let data = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E\
                %3Crect width='9' height='9'/%3E%3C/svg%3E";
    let paths = [path.to_str().unwrap(), &format!("file://{}", path.display())];
    let others = ["file:///etc/passwd", "http://127.0.0.1:9/a.png", data];
    for href in paths.into_iter().chain(others) {
        let image =
            format!(r#"<image width="100" height="20" xlink:href="{href}" href="{href}"/>"#);
        let reference = format!(r#"<use xlink:href="{href}#a"/>"#);
        let style = format!(r#"<style>@import "{href}";</style>"#);
        let content = format!("{image}{reference}{style}");
        let error = read(svg(r#"viewBox="0 0 100 20""#, &content)).unwrap_err();
        assert!(matches!(error, LogoError::Empty), "{href}: {error}");
    }
    let entity = "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let file = format!("{entity}{}", svg(r#"viewBox="0 0 100 20""#, "&a;"));
    assert!(told(file).starts_with("is an SVG that declares entities"));
}

#[test]
fn a_drawing_without_end_is_refused() {
    let mut bomb = format!(r#"<defs><g id="g0">{RED}</g>"#);
    for level in 1..30 {
        let user = format!(r##"<use xlink:href="#g{}"/>"##, level - 1);
        bomb += &format!(r#"<g id="g{level}">{}</g>"#, user.repeat(10));
    }
    bomb += r##"</defs><use xlink:href="#g29"/>"##;
    let mut patterns = String::from("<defs>");
    for level in 1..30 {
        let rect = format!(r##"<rect width="1" height="1" fill="url(#p{})"/>"##, level - 1);
        let pattern = format!(r#"id="p{level}" width="1" height="1""#);
        patterns += &format!("<pattern {pattern}>{}</pattern>", rect.repeat(10));
    }
    patterns += r##"</defs><rect width="9" height="9" style="fill:url(#p29)"/>"##;
    let circle = r##"<g id="a"><use href="#a"/></g>"##.to_owned();
    let many = RED.repeat(5_000);
    let twice = r##"<use href="#a"/>"##.repeat(5);
    let many = format!(r#"<g id="a">{many}</g>{twice}"#);
    let deep = format!("{}{RED}{}", "<g>".repeat(20_000), "</g>".repeat(20_000));
    for content in [bomb, patterns, circle, many, deep] {
        let error = read(svg(r#"viewBox="0 0 100 20""#, &content)).unwrap_err();
        assert!(matches!(error, LogoError::TooComplex), "{error}");
    }
}

#[test]
fn what_takes_long_to_draw_is_refused() {
    let of = |content: &str| told(svg(r#"viewBox="0 0 100 20""#, content));
    for filter in [
        r#"<feTurbulence baseFrequency="1" numOctaves="2000000"/>"#,
        r#"<feMorphology operator="dilate" radius="400"/>"#,
        r#"<feOffset dx="1e30"/>"#,
    ] {
        let filtered =
            format!(r##"<filter id="f">{filter}</filter><g filter="url(#f)">{RED}</g>"##);
        assert!(of(&filtered).starts_with("is an SVG with filters"), "{filter}");
    }
    let style = "<style>.a { fill: url(#p) }</style>";
    let pattern =
        format!(r#"<pattern id="p" width="9" height="9"><g class="a">{RED}</g></pattern>"#);
    let told = of(&format!("{style}{pattern}{RED}"));
    assert!(told.starts_with("is an SVG whose `<style>` refers to masks or patterns"), "{told}");
    // What many programs write.
    let gradient = r##"<linearGradient id="p"><stop stop-color="#ff0000"/></linearGradient>"##;
    let used = format!(r#"{style}{gradient}<rect class="a" width="100" height="20"/>"#);
    read(svg(r#"viewBox="0 0 100 20""#, &used)).unwrap();
}

#[test]
fn numbers_that_nobody_draws_with_end_in_a_drawing_or_in_a_message() {
    let path =
        r##"<path stroke="#000" stroke-width="1e18" d="M0 0L1e20 -1e20L-1e20 1e20L1e30 5"/>"##;
    for content in [path, r#"<g transform="scale(1e30)"><rect width="1e30" height="1e30"/></g>"#] {
        let _ = read(svg(r#"viewBox="0 0 100 20""#, &content.repeat(50)));
    }
}

#[test]
fn a_pattern_of_any_size_takes_no_memory() {
    let file = |side: &str| {
        let sides = format!(r#"width="{side}" height="{side}" patternUnits="userSpaceOnUse""#);
        let pattern = format!(r#"<pattern id="p" {sides}>{RED}</pattern>"#);
        let user = r##"<rect width="100" height="20" fill="url(#p)"/>"##;
        svg(r#"viewBox="0 0 100 20""#, &format!("{pattern}{user}"))
    };
    read(file("50")).unwrap();
    for side in ["1000", "30000", "1000000"] {
        let error = read(file(side)).unwrap_err();
        assert!(matches!(error, LogoError::TooComplex), "{error}");
    }
}

#[test]
fn the_most_complex_drawing_is_drawn() {
    let content = RED.repeat(4_900);
    read(svg(r#"viewBox="0 0 100 20""#, &content)).unwrap();
    let deep = format!("{}{RED}{}", r#"<g opacity="0.99">"#.repeat(98), "</g>".repeat(98));
    read(svg(r#"viewBox="0 0 100 20""#, &deep)).unwrap();
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = Folder::new();
    let path = folder.file("<svg>");
    for (octets, size) in [(20 * 1024 * 1024, "20480"), (256 * 1024 + 1, "257")] {
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(octets).unwrap();
        let error = Logo::read(&path).unwrap_err().to_string();
        let start = format!("has {size} KiB, and a logo has at most 256 KiB");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn what_is_no_file_can_not_be_read() {
    let error = Logo::read("/nowhere/logo.svg".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("can't be read: No such file"), "{error}");
    let error = Logo::read("/dev".as_ref()).unwrap_err().to_string();
    assert_eq!(error, "can't be read: is a folder, and must be a regular file");
}

#[test]
fn an_operator_is_told_what_is_wrong_and_what_to_do() {
    let whole = png(300, 60);
    let utf16: Vec<_> = "<svg/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1 = [b"<svg viewBox='0 0 9 9'><!-- ".as_slice(), b"\xe4 --></svg>"].concat();
    let text = r#"<text x="1" y="9">Name</text>"#;
    for (content, start) in [
        (b"".to_vec(), "is neither an SVG nor a PNG: "),
        (b"Our logo".to_vec(), "is neither an SVG nor a PNG: "),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01".to_vec(), "is neither an SVG nor a PNG: "),
        (b"<html><body/></html>".to_vec(), "is neither an SVG nor a PNG: "),
        (utf16, "is in UTF-16; save it as UTF-8"),
        (latin1, "is not in UTF-8, from octet 29 on"),
        (whole[..whole.len() / 2].to_vec(), "is a PNG that can't be read, maybe a part is missing"),
        (
            whole[..20].to_vec(),
            "is a PNG that can't be read, maybe a part is missing: save it again (its",
        ),
        (png_of(4097, 1), "is 4097 by 1 pixels, and a logo at most 4096 a side: "),
        (png_of(u32::MAX, u32::MAX), "is 4294967295 by 4294967295 pixels"),
        (png_of(0, 1), "is a PNG that can't be read"),
        (b"<svg viewBox='0 0 9 9'><g>".to_vec(), "is an SVG that can't be read: "),
        (svg("", RED).into(), "is an SVG without a size: "),
        (svg(r#"width="100%" height="20""#, RED).into(), "is an SVG without a size: "),
        (svg(r#"viewBox="0 0 0 20""#, RED).into(), "is an SVG without a size: "),
        (svg(r#"width="0" height="20""#, RED).into(), "is an SVG without a size: "),
        (svg(r#"viewBox="0 0 100 20""#, text).into(), "draws nothing: text in an SVG must be "),
        (Pixmap::new(9, 9).unwrap().encode_png().unwrap(), "draws nothing: "),
    ] {
        let told = told(&content);
        assert!(told.starts_with(start), "{told} for {start}");
    }
}

proptest! {
    #[test]
    fn no_file_does_any_harm(
        base in prop_oneof![
            Just(png(40, 10)),
            Just(svg(r#"viewBox="0 0 100 20" width="10" height="3em""#, RED).into_bytes()),
        ],
        changes in prop::collection::vec((0..200_usize, any::<u8>()), 0..8),
    ) {
        let mut octets = base;
        let length = octets.len();
        for (at, octet) in changes {
            octets[at % length] = octet;
        }
        if let Ok(logo) = Logo::of(octets) {
            prop_assert!((1..=240).contains(&logo.width) && (1..=48).contains(&logo.height));
            let pixels = pixels(&logo);
            prop_assert!(pixels.width() <= 480 && pixels.height() <= 96);
        }
    }
}
