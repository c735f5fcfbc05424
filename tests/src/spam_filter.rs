//! SpamAssassin, which is not ours.

use std::{path::PathBuf, process::Command};

/// The rules that speak against each of these messages, with the points that they give. They
/// look at the message alone: nothing is asked of servers elsewhere, or learnt.
pub fn against(messages: &[PathBuf]) -> Vec<Vec<(String, f64)>> {
    let output = Command::new("spamassassin")
        .args(["--local", "--nocreate-prefs", "--test-mode"])
        .args(["--cf=use_bayes 0", "--cf=use_auto_whitelist 0"])
        .args(messages)
        .output()
        .expect("SpamAssassin: `./tests/run` installs it");
    let (told, errors) = [output.stdout, output.stderr].map(text).into();
    let verdicts: Vec<_> = told.split("Content analysis details:").skip(1).map(rules).collect();
    assert_eq!(verdicts.len(), messages.len(), "a verdict for each message: {errors}");
    verdicts
}

/// A report quotes the message, and cuts off where it likes.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The lines of a report that say points and rule.
fn rules(report: &str) -> Vec<(String, f64)> {
    let lines = report.lines().skip_while(|line| !line.starts_with("----")).skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let points = words.next()?.parse().ok()?;
            Some((words.next()?.to_owned(), points))
        })
        .filter(|(_, points)| *points > 0.0)
        .collect()
}
