//! Drawing an SVG.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        self, ImageHrefResolver, Options, Pattern, Tree,
        roxmltree::{Document, Node, ParsingOptions},
    },
};

use super::{
    error::LogoError,
    picture::{DENSITY, Picture, factor, whole},
};
use crate::files::{NotText, text_of};

/// Most elements that are drawn, where those that others refer to count each time, and how deep they
/// may be in one another.
const MOST_ELEMENTS: usize = 20_000;
const DEEPEST: usize = 100;
/// Most pixels of a side of a pattern, which is drawn as a whole, also where little of it is seen.
const LARGEST_PATTERN: f32 = 2048.0;

pub(super) fn draw(file: &[u8]) -> Result<Picture, LogoError> {
    let is_svg = file.windows(4).any(|octets| octets == b"<svg");
    let text = text_of(file.to_vec()).map_err(|error| match error {
        NotText::NotUtf8(_) if !is_svg => LogoError::UnknownFormat,
        _ => LogoError::Encoding(error),
    })?;
    if text.contains("<!ENTITY") {
        return Err(LogoError::Entities);
    }
    // A document type is in many files. Nothing that it names is loaded.
    let parsing = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(&text, parsing) {
        Ok(document) if document.root_element().tag_name().name() == "svg" => document,
        Err(error) if is_svg => return Err(LogoError::Svg(error.to_string())),
        _ => return Err(LogoError::UnknownFormat),
    };
    must_have_a_size(document.root_element())?;
    must_be_simple(&document)?;
    // What draws it can fail on numbers that nobody draws with.
    let drawing = catch_unwind(AssertUnwindSafe(|| drawn(&document)));
    drawing.unwrap_or(Err(LogoError::TooComplex))
}

fn drawn(document: &Document<'_>) -> Result<Picture, LogoError> {
    let tree = Tree::from_xmltree(document, &loading_nothing()).map_err(|error| match error {
        usvg::Error::InvalidSize => LogoError::NoSize,
        usvg::Error::ElementsLimitReached => LogoError::TooComplex,
        _ => LogoError::Svg(error.to_string()),
    })?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let shown = factor(width, height);
    let side = |length: f32| whole(DENSITY * shown * length);
    let mut pixels = Pixmap::new(side(width), side(height)).ok_or(LogoError::NoSize)?;
    let scale = DENSITY * shown;
    if tree.patterns().iter().any(|pattern| is_too_large(pattern, scale)) {
        return Err(LogoError::TooComplex);
    }
    let scale = Transform::from_scale(scale, scale);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Picture::of(&pixels, whole(shown * width), whole(shown * height))
}

fn is_too_large(pattern: &Pattern, scale: f32) -> bool {
    let (across, down) = pattern.transform().get_scale();
    let (width, height) = (pattern.rect().width(), pattern.rect().height());
    (width * across * scale).max(height * down * scale) > LARGEST_PATTERN
}

/// Neither files nor data are followed.
fn loading_nothing() -> Options<'static> {
    let image_href_resolver = ImageHrefResolver {
        resolve_data: Box::new(|_, _, _| None),
        resolve_string: Box::new(|_, _| None),
    };
    Options { image_href_resolver, ..Options::default() }
}

/// Without a size, each program shows a picture in a size of its own.
fn must_have_a_size(root: Node<'_, '_>) -> Result<(), LogoError> {
    let is_absolute = |name| root.attribute(name).is_some_and(|it| !it.trim().ends_with('%'));
    let has_view = root.attribute("viewBox").is_some_and(is_view);
    let has_size = has_view || is_absolute("width") && is_absolute("height");
    if has_size { Ok(()) } else { Err(LogoError::NoSize) }
}

/// Whether a `viewBox` has a width and a height.
fn is_view(value: &str) -> bool {
    let numbers = value.split([' ', ',', '\t', '\r', '\n']).filter(|number| !number.is_empty());
    let sides: Vec<f32> = numbers.skip(2).filter_map(|number| number.parse().ok()).collect();
    sides.len() == 2 && sides.iter().all(|side| *side > 0.0)
}

/// A short file can draw for hours: by elements that draw others, which draw others, and by filters.
fn must_be_simple(document: &Document<'_>) -> Result<(), LogoError> {
    let elements = || document.descendants().filter(Node::is_element);
    let by_id: HashMap<_, _> =
        elements().filter_map(|element| Some((element.attribute("id")?, element))).collect();
    for element in elements() {
        match element.tag_name().name() {
            "filter" => return Err(LogoError::Filters),
            "style" => {
                let mut referred = ids(element.text().unwrap_or_default());
                // What a rule refers to is drawn by nobody knows how many elements.
                if referred.any(|id| by_id.get(id).is_some_and(|it| !is_gradient(it))) {
                    return Err(LogoError::References);
                }
            }
            _ => {}
        }
    }
    let mut left = MOST_ELEMENTS;
    let mut found = vec![(document.root_element(), 0)];
    while let Some((element, depth)) = found.pop() {
        left = left.checked_sub(1).ok_or(LogoError::TooComplex)?;
        if depth > DEEPEST {
            return Err(LogoError::TooComplex);
        }
        let referred = element.attributes().flat_map(|attribute| ids(attribute.value()));
        let referred = referred.filter_map(|id| by_id.get(id)).copied();
        let inside = element.children().filter(Node::is_element).chain(referred);
        found.extend(inside.map(|element| (element, depth + 1)));
    }
    Ok(())
}

fn is_gradient(element: &Node<'_, '_>) -> bool {
    matches!(element.tag_name().name(), "linearGradient" | "radialGradient" | "stop")
}

/// The ids of elements of the same file in an attribute's value or in a style, such as `#a` or `url(#a)`.
fn ids(value: &str) -> impl Iterator<Item = &str> {
    let end = |it: char| it.is_whitespace() || matches!(it, ')' | '"' | '\'' | ';');
    value.split('#').skip(1).map(move |rest| rest.split(end).next().unwrap_or_default())
}
