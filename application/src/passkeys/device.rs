//! Which kind of device a request comes from, as its `User-Agent` says.

use passlink_domain::Text;

/// Browsers, by what their `User-Agent` holds; what imitates others comes before them.
const BROWSERS: [(&str, &str); 10] = [
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems, likewise.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows NT", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// The kind of device, such as "Chrome on Android"; `None` for programs that are no browsers.
pub fn device(user_agent: &str) -> Option<Text> {
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let name = match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (None, Some(system)) => system.to_owned(),
        (_, None) => return None,
    };
    Text::parse(&name).ok()
}

#[cfg(test)]
mod tests;
