//! URLs of a team's own registration page, with places for what the page needs to know.

use crate::newtypes::text_type;

/// Longest template, in characters.
const MAX_CHARACTERS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlTemplateError {
    #[error("must have 1 to {MAX_CHARACTERS} characters")]
    Length,
    #[error("must not contain spaces, line breaks or control characters")]
    Blank,
    /// There is a `{{` without its `}}`, or one that is not closed before the next.
    #[error("has a {{{{ without its }}}}")]
    Unclosed,
    #[error(
        "has {{{{{}}}}}, which is none of {{{{.UserID}}}}, {{{{.OrgID}}}}, {{{{.CodeID}}}} and {{{{.Code}}}}",
        .0.escape_debug()
    )]
    Unknown(String),
    #[error("has placeholders before its ? or #: they can stand in query and fragment only")]
    Place,
    #[error("must hold {{{{.{0}}}}}")]
    Missing(&'static str),
}

/// What stands in a place of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    UserId,
    OrgId,
    CodeId,
    Code,
}

impl Placeholder {
    fn named(name: &str) -> Result<Self, UrlTemplateError> {
        match name.strip_prefix('.').unwrap_or(name) {
            "UserID" => Ok(Self::UserId),
            "OrgID" => Ok(Self::OrgId),
            "CodeID" => Ok(Self::CodeId),
            "Code" => Ok(Self::Code),
            _ => Err(UrlTemplateError::Unknown(name.to_owned())),
        }
    }
}

/// A URL with placeholders in its query or its fragment. Where it may lead is for others to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(String);

impl UrlTemplate {
    /// Takes a template of 1 to 200 characters that holds `{{.CodeID}}` and `{{.Code}}`, and maybe
    /// `{{.UserID}}` and `{{.OrgID}}`; the dot may be left out.
    pub fn parse(text: &str) -> Result<Self, UrlTemplateError> {
        if !(1..=MAX_CHARACTERS).contains(&text.chars().count()) {
            return Err(UrlTemplateError::Length);
        }
        if text.contains(char::is_control) {
            return Err(UrlTemplateError::Blank);
        }
        let mut literals = String::new();
        let mut found = Vec::new();
        for part in parts(text) {
            match part? {
                Part::Literal(literal) => literals.push_str(literal),
                Part::Place(_) if !literals.contains(['?', '#']) => {
                    return Err(UrlTemplateError::Place);
                }
                Part::Place(place) => found.push(place),
            }
        }
        if literals.contains(char::is_whitespace) {
            return Err(UrlTemplateError::Blank);
        }
        for (place, name) in [(Placeholder::CodeId, "CodeID"), (Placeholder::Code, "Code")] {
            if !found.contains(&place) {
                return Err(UrlTemplateError::Missing(name));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The template with values in its places. `value` gives them percent-encoded.
    pub fn filled<V: AsRef<str>>(&self, value: impl Fn(Placeholder) -> V) -> String {
        // That it can be read was found out when it was parsed.
        parts(&self.0).flatten().fold(String::new(), |mut url, part| {
            match part {
                Part::Literal(literal) => url.push_str(literal),
                Part::Place(place) => url.push_str(value(place).as_ref()),
            }
            url
        })
    }
}

text_type!(UrlTemplate, UrlTemplateError);

enum Part<'t> {
    Literal(&'t str),
    Place(Placeholder),
}

/// The text from brace to brace, in order.
fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, UrlTemplateError>> {
    let mut chunks = text.split("{{");
    let head = chunks.next().map(|head| Ok(Part::Literal(head)));
    head.into_iter().chain(chunks.flat_map(|chunk| {
        match chunk.split_once("}}") {
            Some((name, literal)) => [
                Some(Placeholder::named(name.trim()).map(Part::Place)),
                Some(Ok(Part::Literal(literal))),
            ],
            None => [Some(Err(UrlTemplateError::Unclosed)), None],
        }
        .into_iter()
        .flatten()
    }))
}

#[cfg(test)]
mod tests;
