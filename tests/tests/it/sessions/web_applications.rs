//! The web applications of `docs/sign-in.md`, in a browser with an authenticator.

use std::{collections::BTreeSet, path::Path, process::Command};

use passlink_tests::{
    Answer, Browser, Caller, Page, Process, client, free_port, node, python, secrets::search, until,
};
use serde_json::Value;

use super::*;
use crate::pages::{comes_to, press};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
const EXAMPLES: &str = "docs/examples/sign-in";
const LANGUAGES: [&str; 2] = ["node", "python"];

/// Passlink and an application that takes its passkeys.
struct Scene {
    passlink: Passlink,
    ada: Caller,
    token: String,
    browser: Browser,
    origin: String,
    language: &'static str,
    app: Option<Process>,
}

impl Scene {
    async fn set(language: &'static str) -> Self {
        let port = free_port();
        let origin = format!("http://localhost:{port}");
        let origins = json!([origin]).to_string();
        let passlink = Passlink::with_mail_dir().on_localhost().generous();
        let passlink = passlink.set("webauthn.extra_origins", &origins);
        let passlink = passlink.set("limits.pages_per_minute", "1000").started().await;
        let (ada, token) = (passlink.ada(), BackEnd::new(&passlink).token);
        let app = launch(language, port, &passlink, &token);
        let browser = Browser::start().await;
        let scene = Self { passlink, ada, token, browser, origin, language, app: Some(app) };
        until("the application to answer", async || {
            let answer = Answer::try_to(client().get(format!("{}/", scene.origin))).await;
            answer.ok().filter(|answer| answer.status == 200)
        })
        .await;
        scene
    }

    /// The page of the application, on a device where Ada has just made a passkey.
    async fn device(&self) -> Page {
        let page = self.browser.page(json!({ "locale": "en-GB" })).await;
        page.authenticator(true).await;
        let link = self.own("_link").await;
        page.goto(link["link"].as_str().unwrap()).await;
        comes_to(&page, "register.ready").await;
        press(&page).await;
        comes_to(&page, "register.done").await;
        page.goto(&self.origin).await;
        shows(&page, "Sign in").await;
        page
    }

    /// What a call of Ada's about her passkeys is answered.
    async fn own(&self, call: &str) -> Value {
        let path = format!("{OWN}/{call}");
        post(&self.passlink, Some(&self.ada.token), &path, &json!({})).await.json()
    }

    /// The sessions of the installation.
    async fn sessions(&self) -> Vec<Session> {
        let listed = self.back_end().list(&json!({})).await.json();
        let listed = listed["sessions"].as_array().cloned().unwrap_or_default();
        let session = |it: &Value| Session {
            id: it["id"].as_str().unwrap().to_owned(),
            token: String::new(),
            options: Value::Null,
        };
        listed.iter().map(session).collect()
    }

    fn back_end(&self) -> BackEnd<'_> {
        BackEnd { passlink: &self.passlink, token: self.token.clone() }
    }

    /// What a page of `origin` posts to the application.
    async fn posts(&self, origin: Option<&str>, path: &str) -> Answer {
        let post = client().post(format!("{}{path}", self.origin)).body("{}");
        let post = origin.iter().fold(post, |post, origin| post.header("origin", *origin));
        Answer::to(post).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.passlink.dir().join("app.stderr")).unwrap()
    }
}

fn launch(language: &str, port: u16, passlink: &Passlink, token: &str) -> Process {
    let (program, file) = match language {
        "node" => (node::script(""), "node/server.mjs"),
        _ => (python::script(""), "python/server.py"),
    };
    let mut command = Command::new(program.get_program());
    command.arg(Path::new(ROOT).join(EXAMPLES).join(file));
    command.env("PASSLINK_URL", format!("http://localhost:{}", passlink.port()));
    command.env("PASSLINK_TOKEN", token).env("PORT", port.to_string()).env_remove("APP_ORIGIN");
    let [stdout, stderr] = ["app.stdout", "app.stderr"].map(|it| passlink.dir().join(it));
    Process::logged(command, &stdout, &stderr)
}

/// Waits until the page has a button of this name to press.
async fn shows(page: &Page, button: &str) {
    page.run(r#"await page.getByRole("button", { name: args }).waitFor()"#, button.into()).await;
}

/// Types a login name, or none, and signs in; answers what the browser was asked for.
async fn sign_in(page: &Page, login_name: &str) -> Value {
    let code = r#"
        await page.getByLabel("Username or e-mail address").fill(args);
        const asked = page.waitForResponse("**/sign-in/begin");
        await page.getByRole("button", { name: "Sign in" }).click();
        return (await asked).json();"#;
    page.run(code, login_name.into()).await
}

/// Waits until the page says something.
async fn says(page: &Page, text: &str) {
    page.run("await page.locator(`p:text-is('${args}')`).waitFor()", text.into()).await;
}

/// The cookies of the page, by name.
async fn cookies(page: &Page) -> Value {
    let code = "return Object.fromEntries((await context.cookies()).map((it) => [it.name, it]))";
    page.run(code, Value::Null).await
}

#[tokio::test]
async fn people_sign_in_on_the_page_of_an_example_and_out_again() {
    for language in LANGUAGES {
        let scene = Scene::set(language).await;
        let page = scene.device().await;
        page.looks_good(&format!("{language}.begin")).await;
        let options = sign_in(&page, "").await;
        assert_eq!(options["publicKey"]["rpId"], "localhost", "{options}");
        says(&page, "Signed in as Ada Example").await;
        page.looks_good(&format!("{language}.signed-in")).await;

        let kept = cookies(&page).await;
        assert_eq!(kept.as_object().unwrap().len(), 1, "{kept}");
        let session = &kept["session"];
        assert_eq!((&session["httpOnly"], &session["sameSite"]), (&json!(true), &json!("Lax")));
        let sessions = scene.sessions().await;
        assert_eq!(sessions.len(), 1);
        assert!(!kept.to_string().contains(&sessions[0].id), "{kept}");
        assert_eq!(user_of(&scene.back_end().get(&sessions[0]).await), json!(scene.ada.id));
        page.run("await page.reload()", Value::Null).await;
        says(&page, "Signed in as Ada Example").await;

        page.run(r#"await page.getByRole("button", { name: "Sign out" }).click()"#, Value::Null)
            .await;
        shows(&page, "Sign in").await;
        let ended = scene.back_end().get(&sessions[0]).await;
        ended.assert_error(404, 5, "Errors.Session.NotFound", "SESSION-NotFound");
        assert_eq!(cookies(&page).await, json!({}));
        page.run("await page.reload()", Value::Null).await;
        shows(&page, "Sign in").await;
        assert_eq!(page.run("return log", Value::Null).await, json!([]));

        let written = ["app.stdout", "app.stderr"].map(|it| scene.passlink.dir().join(it));
        let secrets = [&*scene.token, session["value"].as_str().unwrap()];
        assert_eq!(search(&written, &secrets), BTreeSet::new());
    }
}

#[tokio::test]
async fn a_passkey_that_is_removed_ends_its_session_in_the_example_and_is_refused() {
    for language in LANGUAGES {
        let scene = Scene::set(language).await;
        let page = scene.device().await;
        sign_in(&page, "").await;
        says(&page, "Signed in as Ada Example").await;
        let passkey = scene.own("_search").await["result"][0]["id"].as_str().unwrap().to_owned();
        remove(&scene.passlink, &scene.ada, &passkey).await.sequence();
        page.run("await page.reload()", Value::Null).await;
        shows(&page, "Sign in").await;
        for login_name in ["", "ada@example.com"] {
            sign_in(&page, login_name).await;
            says(&page, "That passkey did not work.").await;
        }
        page.looks_good(&format!("{language}.refused")).await;
        assert!(scene.passlink.log().contains("unknown_credential"), "{}", scene.passlink.log());
    }
}

#[tokio::test]
async fn a_login_name_that_nobody_has_looks_in_the_example_like_any_other() {
    for language in LANGUAGES {
        let scene = Scene::set(language).await;
        let page = scene.device().await;
        let mut asked = Vec::new();
        for login_name in ["nobody@example.com", "ada@example.com"] {
            if !asked.is_empty() {
                says(&page, "That passkey did not work.").await;
            }
            let mut options = sign_in(&page, login_name).await;
            options["publicKey"]["challenge"].take();
            asked.push(options);
        }
        says(&page, "Signed in as Ada Example").await;
        assert_eq!(asked[0], asked[1]);
        let refused = scene.passlink.log().matches("other_user").count();
        assert_eq!(refused, 1, "{}", scene.passlink.log());
    }
}

#[tokio::test]
async fn the_example_takes_no_posts_of_other_pages_and_no_cookies_that_it_did_not_give() {
    for language in LANGUAGES {
        let mut scene = Scene::set(language).await;
        for path in ["/sign-in/begin", "/sign-in/finish", "/sign-out"] {
            for origin in [None, Some("http://localhost"), Some("https://a.example"), Some("null")]
            {
                assert_eq!(scene.posts(origin, path).await.status, 403, "{path} {origin:?}");
            }
        }
        let ours = scene.origin.clone();
        assert_eq!(scene.posts(Some(&ours), "/sign-in/begin").await.status, 200);
        let finished = scene.posts(Some(&ours), "/sign-in/finish").await;
        assert_eq!(finished.status, 404, "no sign-in was begun: {finished:?}");
        assert_eq!(finished.json()["message"], "That took too long. Please start again.");

        let page = scene.device().await;
        let plant = r#"
            const { origin: url } = new URL(page.url());
            await context.addCookies(["session", "sign-in"].map((name) => ({ name, value: "planted", url })));"#;
        page.run(plant, Value::Null).await;
        sign_in(&page, "").await;
        says(&page, "Signed in as Ada Example").await;
        assert_ne!(cookies(&page).await["session"]["value"], "planted");

        scene.passlink.stop().await;
        page.run(r#"await page.getByRole("button", { name: "Sign out" }).click()"#, Value::Null)
            .await;
        says(&page, "That did not work. Please try again later.").await;
        assert!(scene.log().contains("POST /sign-out"), "{}", scene.log());
        assert!(scene.app.take().unwrap().ended().is_none(), "{} goes on", scene.language);
    }
}

#[tokio::test]
async fn the_line_for_autofill_offers_passkeys_before_anybody_presses_a_button() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/sign-in.md")).unwrap();
    let (_, section) = text.split_once("\n## Autofill\n").unwrap();
    let (_, code) = section.split_once("```js\n").unwrap();
    let (line, _) = code.split_once("```").unwrap();
    let scene = Scene::set("node").await;
    let page = scene.device().await;
    page.run("await page.evaluate(args)", line.into()).await;
    says(&page, "Signed in as Ada Example").await;
}
