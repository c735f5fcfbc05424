//! Names that anybody may have chosen, made fit to stand in a mail.

use passlink_domain::is_invisible;

/// Longest name that is shown, in characters; the rest is an ellipsis.
const LONGEST: usize = 60;
/// Most marks that may be heaped on one letter.
const MOST_MARKS: usize = 3;
/// What stands for a name that nothing can be seen of.
const NOTHING: &str = "—";
/// Joins what it stands between, shows nothing, and is no part of any address.
const WORD_JOINER: char = '\u{2060}';

/// The name as it can be shown: nothing that controls lines or direction, or that can't be seen,
/// and not too long.
pub(super) fn shown(name: &str) -> String {
    match visible(name) {
        name if name.is_empty() => NOTHING.to_owned(),
        name => name,
    }
}

/// The name as it can stand in a header; `None` when nothing is left of it.
pub(in crate::mail) fn header_name(name: &str) -> Option<String> {
    Some(visible(name)).filter(|name| !name.is_empty())
}

/// The name with word joiners around what makes a mail client see an address in it: `evil.com`,
/// `https://evil.com`, `ada@evil.com`.
pub(super) fn linkless(name: &str) -> String {
    let mut text = String::new();
    let mut previous = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        if makes_an_address(c) && inside(previous) && inside(rest.peek().copied()) {
            if !text.ends_with(WORD_JOINER) {
                text.push(WORD_JOINER);
            }
            text.push(c);
            text.push(WORD_JOINER);
        } else {
            text.push(c);
        }
        previous = Some(c);
    }
    text
}

fn visible(name: &str) -> String {
    let mut marks = 0;
    let kept = name.chars().filter(|c| !c.is_control() && !is_invisible(*c)).filter(|c| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MOST_MARKS
    });
    let kept: String = kept.collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if kept.chars().all(|c| is_joiner(c) || c == ' ') {
        return String::new();
    }
    if kept.chars().count() <= LONGEST {
        return kept;
    }
    let cut: String = kept.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end_matches(|c| is_joiner(c) || c == ' '))
}

/// Joins or parts letters and emoji; of use between them, and nowhere else.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Marks that stand on the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Dots in all the forms that host names are written with, and what joins the parts of an address.
fn makes_an_address(c: char) -> bool {
    matches!(c, '.' | '@' | ':' | '/' | '\\' | '\u{2024}' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}
