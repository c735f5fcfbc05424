//! Mails as an independent parser, Python's `email` package, sees them.

use std::{collections::BTreeMap, path::PathBuf};

use reqwest::Url;
use serde::Deserialize;

use crate::python;

/// A parsed mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Mail {
    /// The header fields, decoded, in order.
    pub headers: Vec<(String, String)>,
    /// The mailboxes of `To`: display name and address.
    pub to: Vec<(String, String)>,
    /// The mailboxes of `From`: display name and address.
    pub from: Vec<(String, String)>,
    /// The mailboxes of `Reply-To`: display name and address.
    pub reply_to: Vec<(String, String)>,
    /// `Date`, in seconds since 1970.
    pub date: Option<f64>,
    /// The type of the whole.
    pub content_type: String,
    /// The leaves.
    pub parts: Vec<Part>,
    /// What the parser had to complain about.
    pub defects: Vec<String>,
    /// Whether the header section is ASCII as it came.
    pub ascii_head: bool,
    /// The longest line, in octets, with its CR.
    pub longest_line: usize,
}

/// A leaf of a mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// The type, without parameters.
    pub content_type: String,
    /// The content, decoded; what is no text, in base64.
    pub text: String,
    /// The URLs in a text, or what an HTML page's anchors lead to.
    pub links: Vec<String>,
    /// What an HTML page loads or runs.
    #[serde(default)]
    pub loads: Vec<Option<String>>,
    /// The elements of an HTML page.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The `lang` of an HTML page.
    pub language: Option<String>,
    /// What an HTML page says, blanks folded.
    #[serde(default)]
    pub words: String,
}

/// A link of a mail, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// All of it.
    pub whole: String,
    /// Up to the query.
    pub page: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// The code in the fragment.
    pub code: String,
}

/// Parses mails.
pub fn parse(files: &[PathBuf]) -> Vec<Mail> {
    if files.is_empty() {
        return Vec::new();
    }
    let lines = python::mime(files);
    lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

impl Mail {
    /// All values of a header field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header field that must be there once.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {:?}", self.headers);
        all[0]
    }

    /// The part of a type.
    #[track_caller]
    pub fn part(&self, content_type: &str) -> &Part {
        let part = self.parts.iter().find(|part| part.content_type == content_type);
        part.unwrap_or_else(|| panic!("no {content_type} in {:?}", self.parts))
    }

    /// The plain text.
    #[track_caller]
    pub fn text(&self) -> &Part {
        self.part("text/plain")
    }

    /// The page.
    #[track_caller]
    pub fn html(&self) -> &Part {
        self.part("text/html")
    }

    /// The link that registers a passkey, which text and page must hold alike.
    #[track_caller]
    pub fn register_link(&self) -> Link {
        self.link("/passkeys/register")
    }

    /// The link that revokes the first one, which text and page must hold alike.
    #[track_caller]
    pub fn revoke_link(&self) -> Link {
        self.link("/passkeys/revoke")
    }

    /// The link that undoes a registration, which text and page must hold alike.
    #[track_caller]
    pub fn undo_link(&self) -> Link {
        self.link("/passkeys/undo")
    }

    #[track_caller]
    fn link(&self, path: &str) -> Link {
        let [text, html] = [self.text(), self.html()].map(|part| part.link(path));
        assert_eq!(text, html, "the parts differ");
        text
    }
}

impl Part {
    #[track_caller]
    fn link(&self, path: &str) -> Link {
        let parsed = self.links.iter().map(|link| Url::parse(link).expect(link));
        let mut found: Vec<_> = parsed.filter(|url| url.path() == path).collect();
        found.dedup();
        assert_eq!(found.len(), 1, "{path} in {:?}", self.links);
        Link::parse(found[0].as_str())
    }
}

impl Link {
    /// Takes a link apart.
    #[track_caller]
    pub fn parse(link: &str) -> Self {
        let url = Url::parse(link).expect(link);
        let mut page = url.clone();
        page.set_query(None);
        page.set_fragment(None);
        Self {
            whole: url.to_string(),
            page: page.to_string(),
            query: url.query_pairs().into_owned().collect(),
            code: url.fragment().unwrap().strip_prefix("code=").unwrap().to_owned(),
        }
    }
}
