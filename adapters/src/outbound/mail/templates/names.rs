//! Names that anybody may have chosen, made fit to stand in a mail.

use passlink_domain::{is_invisible, is_joiner};

/// Longest name that is shown, in characters; the rest is an ellipsis.
const LONGEST: usize = 60;
/// Most marks that may be heaped on one letter.
const MOST_MARKS: usize = 3;
/// What stands for a name that nothing can be seen of.
const NOTHING: &str = "—";
/// What stands between the scheme of a web address and the rest.
const SCHEME_END: &str = "://";

/// The name as it can be shown: nothing that controls lines or direction, or that can't be seen,
/// not too long, and no whole web address, which mail programs make a link of.
pub(super) fn shown(name: &str) -> String {
    match without_schemes(visible(name)) {
        name if name.is_empty() => NOTHING.to_owned(),
        name => name,
    }
}

/// The name as it can stand in a header; `None` when nothing is left of it.
pub(in crate::outbound::mail) fn header_name(name: &str) -> Option<String> {
    Some(visible(name)).filter(|name| !name.is_empty())
}

/// Whether mail programs see a part of an address in a character that stands between these, as in
/// `evil.com` or `ada@evil.com`, and make a link of it all.
pub(super) fn joins_an_address(before: Option<char>, c: char, after: Option<char>) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    makes_an_address(c) && part(before) && part(after) && !(digit(before) && digit(after))
}

fn without_schemes(mut name: String) -> String {
    while let Some((before, after)) = name.split_once(SCHEME_END) {
        let scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        name = format!("{}{after}", before.trim_end_matches(scheme));
    }
    name
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
