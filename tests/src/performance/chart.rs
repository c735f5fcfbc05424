//! Sends a second over callers, as an SVG that reads well in light and in dark.

use std::fmt::Write;

use super::{
    report::{MailsMeanwhile, Protocol, Report},
    settings::Kind,
};

/// The plot within the picture: left, top, right and bottom.
const PLOT: [f64; 4] = [70.0, 74.0, 730.0, 350.0];
const HEAD: &str = include_str!("chart_head.svg");

/// A line of the chart.
struct Line {
    name: &'static str,
    class: &'static str,
    /// Callers, and sends a second.
    points: Vec<(usize, f64)>,
}

/// Draws what is there of REST and of the limits.
pub fn draw(report: &Report) -> String {
    let lines = lines(report);
    let mut callers: Vec<_> =
        lines.iter().flat_map(|line| &line.points).map(|(callers, _)| *callers).collect();
    callers.sort();
    callers.dedup();
    let rates = lines.iter().flat_map(|line| &line.points).map(|(_, rate)| *rate);
    let step = step(rates.fold(1.0, f64::max));
    let most = step * 5.0;
    let [left, top, right, bottom] = PLOT;
    let x = |of: usize| {
        let place = callers.iter().position(|it| *it == of).unwrap() as f64;
        left + 30.0 + place * (right - left - 60.0) / (callers.len().max(2) - 1) as f64
    };
    let y = |rate: f64| bottom - rate / most * (bottom - top);
    let mut svg = HEAD.to_owned();
    for number in 0..=5 {
        let (rate, at) = (step * f64::from(number), y(step * f64::from(number)));
        writeln!(svg, "  <path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/>").unwrap();
        let (x, y) = (left - 8.0, at + 4.0);
        writeln!(svg, "  <text class=\"rate\" x=\"{x}\" y=\"{y:.1}\">{rate:.0}</text>").unwrap();
    }
    for it in &callers {
        let (x, y) = (x(*it), bottom + 20.0);
        writeln!(svg, "  <text class=\"mid\" x=\"{x:.1}\" y=\"{y}\">{it}</text>").unwrap();
    }
    for (place, line) in lines.iter().enumerate() {
        let at = left + place as f64 * 166.0;
        let Line { name, class, points } = line;
        writeln!(svg, "  <path class=\"{class}\" d=\"M{at} 52h28\"/>").unwrap();
        writeln!(svg, "  <text x=\"{}\" y=\"56\">{name}</text>", at + 36.0).unwrap();
        let path: Vec<_> =
            points.iter().map(|(of, rate)| format!("{:.1} {:.1}", x(*of), y(*rate))).collect();
        writeln!(svg, "  <path class=\"{class}\" d=\"M{}\"/>", path.join("L")).unwrap();
        for (of, rate) in points {
            let (x, y) = (x(*of), y(*rate));
            writeln!(
                svg,
                "  <circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\">\
                 <title>{name}, {of} callers: {rate:.0} sends a second</title></circle>"
            )
            .unwrap();
        }
    }
    svg += "</svg>\n";
    svg
}

fn lines(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for (kind, names, class) in [
        (Kind::Sqlite, ["SQLite", "SQLite's limit"], ["sqlite", "sqlite limit"]),
        (Kind::Postgres, ["PostgreSQL", "PostgreSQL's limit"], ["postgres", "postgres limit"]),
    ] {
        let sends = report.sends.iter().filter(|it| {
            it.database == kind && it.protocol == Protocol::Rest && it.mails == MailsMeanwhile::Wait
        });
        let sends = sends.map(|it| (it.callers, it.rate.per_second)).collect();
        let limits = report.limits.iter().filter(|it| it.database == kind);
        let limits = limits.map(|it| (it.callers, it.per_second)).collect();
        for (place, points) in [sends, limits].into_iter().enumerate() {
            lines.push(Line { name: names[place], class: class[place], points });
        }
    }
    lines.retain(|line| !line.points.is_empty());
    lines
}

/// The fifth part of a round number that is no less than this.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| step * 5.0 >= most).unwrap_or(10.0 * power)
}
