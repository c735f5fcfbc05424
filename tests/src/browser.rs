use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::{bridge::Bridge, node};

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
        let start = || Bridge::start(node::script("browser.mjs"));
        let bridge = spawn_blocking(start).await.unwrap();
        Self(Arc::new(Mutex::new(bridge)))
    }

    /// Opens an empty page. `options` are those of Playwright's `browser.newContext`: `viewport`,
    /// `isMobile`, `colorScheme`, `locale` …
    pub async fn page(&self, options: Value) -> Page {
        static PAGES: AtomicUsize = AtomicUsize::new(0);
        let id = PAGES.fetch_add(1, Ordering::Relaxed);
        self.ask(json!({ "page": id, "options": options })).await;
        Page { browser: self.clone(), id }
    }

    async fn ask(&self, request: Value) -> Value {
        let bridge = self.0.clone();
        let reply = spawn_blocking(move || bridge.lock().unwrap().ask(&request)).await;
        reply.unwrap().unwrap_or_else(|error| panic!("{error}"))
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
