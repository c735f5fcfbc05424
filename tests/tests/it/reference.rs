//! The reference of the API: what it shows can be run, and the server does what it says.

use std::fs;

use passlink_tests::{Answer, Api, Caller, Output, Passlink, until};
use reqwest::Method;
use serde_json::{Value, json};

mod collection;
mod document;
mod files;
mod fuzzed;
mod page;
mod protocols;
mod samples;

/// A server on this machine that nobody waits for, with a user.
async fn server() -> (Passlink, Caller) {
    let generous = Passlink::with_mail_dir().on_localhost().generous();
    let passlink = generous
        .set("limits.pages_per_minute", "10000")
        .set("limits.wrong_codes_per_minute", "10000")
        .set("limits.wrong_tokens_per_minute", "10000");
    let passlink = passlink.started().await;
    let ada = passlink.caller("ada@example.com", &["--display-name", "Ada Example"]);
    (passlink, ada)
}

async fn document(passlink: &Passlink) -> Value {
    passlink.get("/openapi.json").await.json()
}

/// Each operation of the document: its path, its method and what is said of it.
fn operations(document: &Value) -> Vec<(&str, Method, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(|(method, operation)| {
            (path.as_str(), method.to_uppercase().parse().unwrap(), operation)
        })
    });
    operations.collect()
}

/// Where a browser finds the server.
fn home(passlink: &Passlink) -> String {
    passlink.url().replace("127.0.0.1", "localhost")
}

async fn until_mails(passlink: &Passlink, count: usize) {
    until("the mails to be there", async || {
        let mails = fs::read_dir(passlink.mail_dir()).ok()?;
        let is_mail = |name: &str| name.ends_with(".eml");
        let mails = mails.filter(|it| is_mail(it.as_ref().unwrap().file_name().to_str().unwrap()));
        (mails.count() == count).then_some(())
    })
    .await;
}

/// The HTML of the page.
async fn html(passlink: &Passlink) -> String {
    let page = passlink.get("/docs").await;
    assert_eq!(page.status, 200);
    page.text
}

/// The text of the next block of code behind each of these marks, one after the other.
fn code(html: &str, marks: &[&str]) -> String {
    let rest = marks.iter().fold(html, |html, mark| {
        html.split_once(mark).unwrap_or_else(|| panic!("the page lacks {mark}")).1
    });
    let (_, code) = rest.split_once("<pre tabindex=\"0\"><code>").unwrap();
    let (code, _) = code.split_once("</code></pre>").unwrap();
    let references = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x60;", "`"),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ];
    references.iter().fold(code.to_owned(), |code, (reference, c)| code.replace(reference, c))
}

/// The start of a call on the page.
fn article(call: &str) -> String {
    format!("<article class=\"call\" id=\"{call}\">")
}

/// What a tab of a call shows.
fn tab(name: &str) -> String {
    format!("<div data-tab=\"{name}\">")
}
