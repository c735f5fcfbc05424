//! What the templates can say: a text of the catalogue, and a value that keeps to itself.

use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output as Out, RenderContext,
    RenderError, RenderErrorReason,
};
use icu_properties::{CodePointMapData, props::BidiClass};
use serde_json::Value;

use super::{catalogue::Catalogues, names::joins_an_address, text::Piece};

#[derive(Debug, Clone, Copy)]
pub(super) enum Output {
    Text,
    Html,
}

impl Output {
    /// What the names of its templates end with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// Registers what the templates of an output can say.
///
/// `{{say "key"}}`: the text of this key in the mail's language, from the section `common`;
/// `{{say ".key"}}`: from the section of the kind of mail. Its values are isolated.
///
/// `{{isolate value}}`: a value whose direction is its own and changes nothing around it.
pub(super) fn register(
    registry: &mut Handlebars<'_>,
    output: Output,
    catalogues: &Arc<Catalogues>,
) {
    let texts = Arc::clone(catalogues);
    let say = helper(move |it, data, out| say(it, data, (&texts, output), out));
    registry.register_helper("say", say);
    let isolate =
        helper(move |it, data, out| Ok(out.write(&isolated(parameter(it)?, output, data)?)?));
    registry.register_helper("isolate", isolate);
}

/// A helper that needs no more than its parameters and the mail's data.
fn helper(
    write: impl Fn(&Helper<'_>, &Value, &mut dyn Out) -> HelperResult + Send + Sync + 'static,
) -> Box<dyn HelperDef + Send + Sync> {
    Box::new(
        move |helper: &Helper<'_>,
              _: &Handlebars<'_>,
              context: &Context,
              _: &mut RenderContext<'_, '_>,
              out: &mut dyn Out| write(helper, context.data(), out),
    )
}

fn say(
    helper: &Helper<'_>,
    data: &Value,
    (catalogues, output): (&Catalogues, Output),
    out: &mut dyn Out,
) -> HelperResult {
    let key = parameter(helper)?;
    let (section, name) = match key.strip_prefix('.') {
        Some(name) => (field(data, "kind")?, name),
        None => ("common", key),
    };
    let language = field(data, "language")?;
    let catalogue = catalogues
        .get(language)
        .ok_or_else(|| wrong(format!("there are no texts in language {language}")))?;
    let text = catalogue.text(section, name).ok_or_else(|| {
        let known = catalogue.keys_in(section, catalogue).join(", ");
        wrong(format!("there is no text {key}; the section {section} has: {known}"))
    })?;
    for piece in &text.0 {
        match (piece, output) {
            (Piece::Words(words), Output::Text) => out.write(words)?,
            (Piece::Words(words), Output::Html) => out.write(&escape_html(words))?,
            (Piece::Value(name), output) => {
                out.write(&isolated(field(data, name)?, output, data)?)?;
            }
        }
    }
    Ok(())
}

fn isolated(value: &str, output: Output, data: &Value) -> Result<String, RenderError> {
    let turns = || Ok::<_, RenderError>(field(data, "direction")? == "rtl" || has_rtl(value));
    Ok(match output {
        Output::Html => format!("<bdi>{}</bdi>", unlinked(value)),
        Output::Text if turns()? => format!("\u{2068}{value}\u{2069}"),
        Output::Text => value.to_owned(),
    })
}

/// A value in HTML. The characters that join the parts of an address stand in elements of their
/// own: mail programs then see no address, while people can copy and search the value as it is.
fn unlinked(value: &str) -> String {
    let mut html = String::with_capacity(value.len());
    let mut before = None;
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = escape_html(c.encode_utf8(&mut [0; 4]));
        if joins_an_address(before, c, rest.peek().copied()) {
            html.extend(["<span>", &escaped, "</span>"])
        } else {
            html.push_str(&escaped)
        }
        before = Some(c);
    }
    html
}

/// Whether some of the text runs from right to left.
fn has_rtl(text: &str) -> bool {
    const RTL: [BidiClass; 3] =
        [BidiClass::RightToLeft, BidiClass::ArabicLetter, BidiClass::ArabicNumber];
    text.chars().any(|c| RTL.contains(&CodePointMapData::<BidiClass>::new().get(c)))
}

/// The text as it stands in HTML, in an element or in a quoted attribute.
pub(super) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn parameter<'a>(helper: &'a Helper<'_>) -> Result<&'a str, RenderError> {
    helper
        .param(0)
        .and_then(|parameter| parameter.value().as_str())
        .ok_or_else(|| wrong(format!("{} needs a text", helper.name())))
}

fn field<'a>(data: &'a Value, name: &str) -> Result<&'a str, RenderError> {
    data.get(name).and_then(Value::as_str).ok_or_else(|| wrong(format!("there is no value {name}")))
}

fn wrong(reason: String) -> RenderError {
    RenderErrorReason::Other(reason).into()
}
