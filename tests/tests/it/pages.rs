//! The pages that the links in the mails lead to, in a browser with an authenticator.

use passlink_tests::{
    Answer, Api, Browser, Caller, MailServer, Page, Passlink,
    mime::{Link, Mail},
};
use reqwest::Method;
use serde_json::{Value, json};

mod cancelling;
mod careful;
mod confirming;
mod elsewhere;
mod in_an_app;
mod keyboard;
mod languages;
mod missing;
mod naming;
mod registering;
mod told;
mod trying_again;

/// Where a ceremony's answer goes.
const FINISH: &str = "**/v2/users/*/passkeys/*";

/// All that a user's way from the mail to the passkey needs.
struct Scene {
    passlink: Passlink,
    mails: MailServer,
    ada: Caller,
    browser: Browser,
}

impl Scene {
    /// Without a cooldown; `more` are further settings.
    async fn set(more: &[(&str, &str)]) -> Self {
        Self::with_user(more, &["--display-name", "Ada Example"]).await
    }

    async fn with_user(more: &[(&str, &str)], options: &[&str]) -> Self {
        let mails = MailServer::plain();
        let generous = Passlink::with_mail_server(&mails).on_localhost().generous();
        let passlink = generous.set("limits.pages_per_minute", "1000");
        let passlink = more.iter().fold(passlink, |it, (key, value)| it.set(key, value));
        let passlink = passlink.started().await;
        let ada = passlink.caller("ada@example.com", options);
        let browser = Browser::start().await;
        Self { passlink, mails, ada, browser }
    }

    /// Has a link mailed to Ada, and takes it from the mail.
    async fn mail(&self) -> Mail {
        let before = self.mails.count();
        self.passlink.send_link(&self.ada.token).await.sequence();
        self.next_mail(before).await
    }

    async fn next_mail(&self, before: usize) -> Mail {
        self.mails.until_mails(before + 1).await.remove(before).mail
    }

    /// A link that is returned, and not mailed.
    async fn link(&self) -> Link {
        let request = self.passlink.request(Method::POST, "/auth/v1/users/me/passwordless/_link");
        let answer = Answer::to(request.bearer_auth(&self.ada.token).body("{}")).await.json();
        Link::parse(answer["link"].as_str().unwrap())
    }

    /// An empty page, on a device that has an authenticator.
    async fn device(&self) -> Page {
        let page = self.browser.page(json!({ "locale": "en-GB" })).await;
        page.authenticator(true).await;
        page
    }

    /// Opens a link on a device that has an authenticator.
    async fn open(&self, link: &Link) -> Page {
        let page = self.device().await;
        page.goto(&link.whole).await;
        page
    }

    /// Opens a new link, up to where a passkey can be created; answers the authenticator, too.
    async fn ready(&self) -> (Page, String) {
        let page = self.browser.page(json!({ "locale": "en-GB" })).await;
        let authenticator = page.authenticator(true).await;
        page.goto(&self.link().await.whole).await;
        comes_to(&page, "register.ready").await;
        (page, authenticator)
    }

    /// Adds a passkey; answers the page that did and the link that removes it again.
    async fn added(&self) -> (Page, Link) {
        let before = self.mails.count();
        let (page, _) = self.ready().await;
        press(&page).await;
        comes_to(&page, "register.done").await;
        (page, self.next_mail(before).await.undo_link())
    }

    /// The names of Ada's passkeys.
    async fn passkeys(&self) -> Vec<String> {
        let path = "/auth/v1/users/me/passwordless/_search";
        let request = self.passlink.request(Method::POST, path).bearer_auth(&self.ada.token);
        let answer = Answer::to(request.body("{}")).await.json();
        let result = answer["result"].as_array().cloned().unwrap_or_default();
        result.iter().map(|passkey| passkey["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// Waits until the page shows a state, looks at it and returns what it says.
pub(super) async fn shows(page: &Page, state: &str) -> String {
    shows_as(page, state, state).await
}

/// As [`shows`], with a name for this look at the state.
pub(super) async fn shows_as(page: &Page, state: &str, name: &str) -> String {
    comes_to(page, state).await;
    page.looks_good(name).await;
    card_text(page).await
}

/// Waits until the page shows a state.
pub(super) async fn comes_to(page: &Page, state: &str) {
    let code = r##"
        const wanted = page.locator(`#card[data-state="${args}"]`);
        await wanted.waitFor().catch(async () => {
            const { state } = await page.locator("#card").evaluate((card) => ({ ...card.dataset }));
            throw new Error(`${state} in place of ${args}; ${log}`);
        });"##;
    page.run(code, state.into()).await;
}

/// Presses the page's button; the state that it shows now is no longer the one that is waited for.
pub(super) async fn press(page: &Page) {
    let code = r##"
        const button = page.locator("#card form button");
        await button.waitFor();
        await page.locator("#card").evaluate((card) => (card.dataset.state = "pressed"));
        await button.click();"##;
    page.run(code, Value::Null).await;
}

/// Whether the page's authenticator waits for a touch that does not come, and whether it knows its
/// user.
async fn authenticator_is(page: &Page, authenticator: &str, present: bool, verified: bool) {
    let code = r#"
        const { authenticatorId } = args;
        await devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: args.present });
        await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: args.verified });"#;
    let args =
        json!({ "authenticatorId": authenticator, "present": present, "verified": verified });
    page.run(code, args).await;
}

/// How many passkeys an authenticator of the page holds.
async fn held(page: &Page, authenticator: &str) -> Value {
    let code = r#"
        const { credentials } = await devtools.send("WebAuthn.getCredentials", args);
        return credentials.length;"#;
    page.run(code, json!({ "authenticatorId": authenticator })).await
}

/// The page waits for an answer without an end: to look at it meanwhile may take long.
async fn be_patient(page: &Page) {
    let code = r#"
        await page.evaluate(() => {
            const { setTimeout } = globalThis;
            globalThis.setTimeout = (run, after) => (after < 30_000 ? setTimeout(run, after) : 0);
        });"#;
    page.run(code, Value::Null).await;
}

/// Keeps the next answer from the page, for good; `reached` says whether the server is asked at all.
async fn keep(page: &Page, url: &str, reached: bool) {
    be_patient(page).await;
    let code = r#"
        const [url, reached] = args;
        page.arrived = new Promise((arrive) => page.route(url, async (route) => {
            if (reached) await route.fetch();
            arrive();
        }, { times: 1 }));"#;
    page.run(code, json!([url, reached])).await;
}

/// Waits until what is kept or held back has come.
async fn arrived(page: &Page) {
    page.run("await page.arrived", Value::Null).await;
}

/// What the card says.
pub(super) async fn card_text(page: &Page) -> String {
    let said = page.run(r##"return page.locator("#card").innerText()"##, Value::Null).await;
    said.as_str().unwrap().to_owned()
}

/// The link as far as its page needs it.
fn short(link: &Link) -> String {
    format!("{}#code={}", named(link), link.code)
}

/// The link without its code.
fn named(link: &Link) -> String {
    format!("{}?codeID={}", link.page, link.query["codeID"])
}

async fn url(page: &Page) -> String {
    page.run("return page.url()", Value::Null).await.as_str().unwrap().to_owned()
}

/// A page in a browser that has no WebAuthn.
async fn without_webauthn(scene: &Scene, options: Value) -> Page {
    let page = scene.browser.page(options).await;
    let code = "await context.addInitScript(() => delete globalThis.PublicKeyCredential)";
    page.run(code, Value::Null).await;
    page
}
