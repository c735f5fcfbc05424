use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::node;

/// Headless Chromium, until this and all its pages are dropped.
#[derive(Clone)]
pub struct Browser(Arc<Mutex<Bridge>>);

/// A page in a profile of its own: no cookies, storage or authenticators of other pages.
#[derive(Clone)]
pub struct Page {
    browser: Browser,
    id: usize,
}

impl Browser {
    /// Starts Chromium.
    pub async fn start() -> Self {
        let bridge = spawn_blocking(Bridge::start).await.unwrap();
        Self(Arc::new(Mutex::new(bridge)))
    }

    /// Opens an empty page. `options` are those of Playwright's `browser.newContext`: `viewport`,
    /// `isMobile`, `colorScheme`, `locale` …
    pub async fn page(&self, options: Value) -> Page {
        let id = {
            let mut bridge = self.0.lock().unwrap();
            bridge.pages += 1;
            bridge.pages
        };
        self.ask(json!({ "page": id, "options": options })).await;
        Page { browser: self.clone(), id }
    }

    async fn ask(&self, request: Value) -> Value {
        let bridge = self.0.clone();
        let reply = spawn_blocking(move || bridge.lock().unwrap().ask(&request)).await.unwrap();
        assert!(reply.get("error").is_none(), "{}", reply["error"].as_str().unwrap());
        reply["result"].clone()
    }
}

impl Page {
    /// Runs the body of an async JavaScript function and answers what it returns. It is given
    /// Playwright's `page` and its `context`, `devtools` (a DevTools session of the page), `log`
    /// (what the page said on its console, and what its policy forbade), `axe` (reads the script of
    /// axe-core) and `args`. Panics when it throws.
    pub async fn run(&self, code: &str, args: Value) -> Value {
        self.browser.ask(json!({ "page": self.id, "code": code, "args": args })).await
    }

    /// Goes to a URL and waits until the page is loaded.
    pub async fn goto(&self, url: &str) {
        self.run("await page.goto(args)", url.into()).await;
    }

    /// Gives the page an authenticator, built in or on a key, that verifies its user without
    /// asking and keeps discoverable credentials; answers its id.
    pub async fn authenticator(&self, built_in: bool) -> String {
        let code = r#"
            await devtools.send("WebAuthn.enable");
            const options = {
                protocol: "ctap2",
                transport: args ? "internal" : "usb",
                hasResidentKey: true,
                hasUserVerification: true,
                isUserVerified: true,
                automaticPresenceSimulation: true,
            };
            const added = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
            return added.authenticatorId;"#;
        self.run(code, built_in.into()).await.as_str().unwrap().to_owned()
    }
}

/// The process between the tests and Chromium.
struct Bridge {
    process: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pages: usize,
}

impl Bridge {
    fn start() -> Self {
        let mut command = node::script("browser.mjs");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = process.stdin.take();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut bridge = Self { process, stdin, stdout, pages: 0 };
        assert_eq!(bridge.line(), "ready\n", "Chromium did not start");
        bridge
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.stdin.as_ref().unwrap(), "{request}").unwrap();
        serde_json::from_str(&self.line()).unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Bridge {
    /// Closes stdin, at which Chromium is closed.
    fn drop(&mut self) {
        self.stdin.take();
        let _ = self.process.wait();
    }
}
