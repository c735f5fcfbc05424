//! `passlink demo`: one command, and everything can be seen.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, process::Command};

use passlink_tests::{
    Answer, Browser, Output, Passlink, Process, binary, client, free_port, until,
};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Demo {
    process: Process,
    dir: TempDir,
    base: String,
    told: String,
}

impl Demo {
    async fn start(dir: TempDir) -> Self {
        let port = free_port();
        let mut command = Command::new(binary());
        command.args(["demo", "--listen", &format!("127.0.0.1:{port}")]).current_dir(dir.path());
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| dir.path().join(name));
        for old in [&stdout, &stderr] {
            let _ = fs::remove_file(old);
        }
        let mut process = Process::logged(command, &stdout, &stderr);
        let told = until("the demo to say all", async || {
            let read = |path: &Path| fs::read_to_string(path).unwrap();
            assert!(process.ended().is_none(), "the demo ended: {}", read(&stderr));
            Some(read(&stdout)).filter(|told| told.contains("curl") && told.contains("Ctrl-C"))
        })
        .await;
        Self { process, dir, base: format!("http://localhost:{port}"), told }
    }

    /// The one URL that was printed and begins like this, but for those that `not` begins.
    fn url(&self, path: &str) -> String {
        let words = self.told.split_whitespace();
        let urls: Vec<_> =
            words.filter(|word| word.starts_with(&format!("{}{path}", self.base))).collect();
        assert_eq!(urls.len(), 1, "{path} in {}", self.told);
        urls[0].to_owned()
    }

    fn mailbox(&self) -> String {
        let words = self.told.split_whitespace().filter(|word| word.starts_with(&self.base));
        let others = |word: &&str| {
            !word.contains("/passkeys/")
                && !word.contains("/auth/v1/")
                && word.len() > self.base.len() + 5
        };
        let urls: Vec<_> = words.filter(others).collect();
        assert_eq!(urls.len(), 1, "{}", self.told);
        urls[0].to_owned()
    }

    /// The printed curl line with its token, as a shell takes them.
    fn curl(&self) -> Output {
        let start = self.told.find("export TOKEN=").unwrap();
        let line = self.told[start..].split("\n\n").next().unwrap();
        let line = line.replacen("curl ", "curl --silent --show-error --noproxy '*' ", 1);
        let output = Command::new("sh").args(["-c", &line]).output().expect("sh and curl");
        Output {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

async fn get(url: &str) -> Answer {
    Answer::to(client().get(url)).await
}

#[tokio::test]
async fn the_demo_shows_the_link_the_mailbox_and_the_curl_line_and_keeps_serving() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let link = demo.url("/passkeys/register?");
    assert!(
        link.contains("userID=") && link.contains("codeID=") && link.contains("#code="),
        "{link}"
    );
    let code = link.split("#code=").nth(1).unwrap();

    let mailbox = get(&demo.mailbox()).await;
    assert_eq!(mailbox.status, 200);
    assert!(mailbox.header("content-type").unwrap().starts_with("text/html"));
    assert!(mailbox.text.contains("ada@example.com"), "{}", mailbox.text);
    assert_eq!(mailbox.header("cache-control"), Some("no-store"), "it shows codes");

    // As often as somebody needs who tries a call in all languages.
    for sequence in 3..15 {
        let answer: Value = serde_json::from_str(&demo.curl().done()).unwrap();
        assert_eq!(answer["details"]["sequence"], sequence.to_string(), "{answer}");
        assert_eq!(answer["details"]["resourceOwner"], "default", "{answer}");
    }
    assert_eq!(get(&format!("{}/readyz", demo.base)).await.status, 200);
    let origins = get(&format!("{}/.well-known/webauthn", demo.base)).await.json();
    assert_eq!(origins["origins"], json!(["http://localhost:3000"]), "docs/sign-in.md says so");

    let pages = mail_pages(&demo).await;
    assert!(pages.iter().any(|page| page.contains("Add a passkey") || page.contains("mails/1")));
    let first = |view: &str| format!("{}mails/1/{view}", demo.mailbox());
    for view in ["text", "source", "body.html", "message.eml"] {
        let page = get(&first(view)).await;
        assert_eq!(page.status, 200, "{view}");
        let plain = page.text.replace("=\r\n", "").replace("=\n", "");
        assert!(plain.contains(code), "{view} shows the link: {plain}");
    }
    let status = demo.process.stop().await;
    assert!(status.success(), "{status}");
}

/// All pages of the mailbox, once there are two mails in it.
async fn mail_pages(demo: &Demo) -> Vec<String> {
    let mailbox = demo.mailbox();
    let links = until("two mails", async || {
        let page = get(&mailbox).await.text;
        let links: Vec<_> = page
            .split("href=\"")
            .flat_map(|part| part.split("src=\""))
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
            .filter(|link| !link.starts_with('#') && !link.starts_with("data:"))
            .collect();
        (links.len() >= 2).then_some(links)
    })
    .await;
    let base = reqwest::Url::parse(&mailbox).unwrap();
    let mut pages = Vec::new();
    for link in links {
        let url = base.join(&link).unwrap();
        assert!(url.path().starts_with(base.path().trim_end_matches('/')), "{url} leads elsewhere");
        let answer = get(url.as_str()).await;
        assert_eq!(answer.status, 200, "{url}");
        pages.push(answer.text);
    }
    pages
}

#[tokio::test]
async fn new_mails_appear_by_themselves_and_what_is_in_them_runs_no_script() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let browser = Browser::start().await;
    let page = browser.page(json!({ "colorScheme": "dark" })).await;
    page.goto(&demo.mailbox()).await;
    let code = r#"
        const first = await page.locator("nav li").count();
        const shown = page.frameLocator("iframe").locator("h1");
        const heading = await shown.textContent();
        return { first, heading, sandbox: await page.locator("iframe").getAttribute("sandbox") };"#;
    let seen = page.run(code, Value::Null).await;
    assert_eq!(seen["first"], 1, "{seen}");
    assert_eq!(seen["heading"], "Add a passkey");
    assert_eq!(seen["sandbox"], "allow-popups allow-popups-to-escape-sandbox");

    demo.curl().done();
    let code = r#"
        await page.locator("nav li").nth(1).waitFor();
        const open = page.locator("main");
        await page.waitForFunction(() => document.querySelector("main").dataset.number === "2");
        const texts = {};
        for (const side of ["Text", "Source"]) {
            await open.getByRole("link", { name: side, exact: true }).click();
            texts[side] = await page.locator("pre").textContent();
        }
        await page.waitForLoadState();
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        return { texts, background, log };"#;
    let seen = page.run(code, Value::Null).await;
    assert!(seen["texts"]["Text"].as_str().unwrap().contains("#code="), "{seen}");
    assert!(seen["texts"]["Source"].as_str().unwrap().starts_with("From: Passlink"), "{seen}");
    assert_eq!(seen["background"], "rgb(18, 23, 27)", "dark where that is preferred");
    assert_eq!(seen["log"], json!([]), "nothing was refused or went wrong");

    let page = browser.page(json!({ "colorScheme": "light" })).await;
    page.goto(&demo.mailbox()).await;
    let code = r#"
        const mail = page.frameLocator("iframe");
        await mail.locator("h1").waitFor();
        const colour = (element) => getComputedStyle(element).backgroundColor;
        const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
        return [background, await mail.locator("body").evaluate(colour)];"#;
    let seen = page.run(code, Value::Null).await;
    assert_eq!(seen, json!(["rgb(243, 245, 244)", "rgb(243, 245, 244)"]), "light elsewhere");
}

#[tokio::test]
async fn times_in_the_mailbox_are_those_of_the_browser_or_plain_where_it_has_no_data_for_its_own() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let browser = Browser::start().await;
    for (locale, zone, day) in
        [("mk", "Europe/Skopje", "26.01.2026, "), ("en-GB", "UTC", "26 Jan 2026, ")]
    {
        let page = browser.page(json!({ "locale": locale, "timezoneId": zone })).await;
        let code = r#"
            await page.route(args, async (route) => {
                const response = await route.fetch();
                const body = (await response.text()).replaceAll(/datetime="[^"]*"/g, 'datetime="2026-01-26T13:05:00Z"');
                await route.fulfill({ response, body });
            });
            await page.goto(args);
            return page.locator("time").allInnerTexts();"#;
        let times = page.run(code, demo.mailbox().into()).await;
        let hour = if zone == "UTC" { "13" } else { "14" };
        let expected = format!("{day}{hour}:05:00");
        let times = times.as_array().unwrap();
        assert!(!times.is_empty() && times.iter().all(|it| *it == *expected), "{times:?}");
    }
}

#[tokio::test]
async fn new_mails_leave_the_keyboards_focus_where_it_is_and_are_announced_once() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let page = Browser::start().await.page(json!({})).await;
    page.goto(&demo.mailbox()).await;
    let code = r#"
        await page.evaluate(() => {
            window.said = [];
            const state = document.querySelector("[aria-live=polite]");
            const hear = () => window.said.push(state.textContent);
            const what = { childList: true, characterData: true, subtree: true };
            new MutationObserver(hear).observe(state, what);
        });
        await page.locator("nav li a").first().focus();
        return page.evaluate("document.activeElement.getAttribute('href')");"#;
    let first = page.run(code, Value::Null).await;
    for (mails, focus) in [("2", None), ("3", Some("Source")), ("4", Some("iframe"))] {
        let code = r#"
            if (args === "iframe") { await page.locator("iframe").focus(); }
            else if (args) { await page.locator("main").getByRole("link", { name: args }).focus(); }"#;
        page.run(code, json!(focus)).await;
        demo.curl().done();
        let code = r#"
            await page.waitForFunction((n) => document.querySelector("main").dataset.number === n, args);
            const it = await page.evaluate(() => {
                const { tagName, textContent } = document.activeElement;
                return [tagName, document.activeElement.getAttribute("href"), textContent.trim()];
            });
            const count = await page.locator("nav li").count();
            const open = await page.locator("nav li a[aria-current]").count();
            return { it, count, open };"#;
        let seen = page.run(code, json!(mails)).await;
        match focus {
            None => assert_eq!(seen["it"][1], first, "{seen}"),
            Some("iframe") => assert_eq!(seen["it"][0], "IFRAME", "{seen}"),
            Some(name) => assert_eq!(seen["it"][2], name, "{seen}"),
        }
        assert_eq!((&seen["count"].to_string(), &seen["open"]), (&mails.to_owned(), &json!(1)));
    }
    // Whoever hears of the third mail has heard all that was said before, several looks later as well.
    let code = r#"
        await page.waitForFunction(() => window.said.length >= 3, null, { timeout: 120_000 });
        for (let looks = 0; looks < 3; looks++) { await page.waitForResponse(/arrived$/); }
        return page.evaluate("window.said");"#;
    let said = page.run(code, Value::Null).await;
    let said: Vec<_> = said.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(said.len(), 3, "each is announced, and once: {said:?}");
    let announced = |it: &&str| {
        it.starts_with("New at ") && it.ends_with(": Your link to add a passkey · Passlink")
    };
    assert!(said.iter().all(announced), "{said:?}");
}

#[tokio::test]
async fn the_link_leads_to_a_passkey_and_the_mail_about_that_takes_it_away_again() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let page = Browser::start().await.page(json!({ "locale": "en-GB" })).await;
    page.authenticator(true).await;
    page.goto(&demo.url("/passkeys/register?")).await;
    let code = r#"
        await page.getByRole("button", { name: "Create passkey" }).click();
        await page.getByRole("heading", { name: "Passkey added" }).waitFor();
        await page.goto(args);
        await page.waitForFunction(() => document.querySelector("main").dataset.number === "2");
        await page.locator("main").getByRole("link", { name: "Text", exact: true }).click();
        const text = await page.locator("pre").textContent();
        await page.goto(text.match(/http\S+\/passkeys\/undo\S+/)[0]);
        await page.getByRole("button", { name: "Remove the passkey" }).click();
        await page.getByRole("heading", { name: "The passkey is removed" }).waitFor();"#;
    page.run(code, demo.mailbox().into()).await;
}

#[tokio::test]
async fn the_mailbox_opens_to_nobody_who_does_not_know_its_path_or_comes_by_another_host() {
    let demo = Demo::start(TempDir::new().unwrap()).await;
    let mailbox = demo.mailbox();
    for host in ["evil.example", "evil.example:80", "localhost.evil.example"] {
        let answer = Answer::to(client().get(&mailbox).header("host", host)).await;
        assert!((400..500).contains(&answer.status), "{host}: {}", answer.status);
        assert!(!answer.text.contains("Ada"), "{host}");
    }
    let secret = mailbox.trim_end_matches('/').rsplit('/').next().unwrap();
    assert!(secret.len() >= 22, "{secret} can be guessed");
    let other: String = secret.chars().rev().collect();
    assert_eq!(get(&mailbox.replace(secret, &other)).await.status, 404);
    assert_eq!(get(&format!("{}/mailbox", demo.base)).await.status, 404);
    let log = fs::read_to_string(demo.dir.path().join("stderr")).unwrap();
    assert!(!log.contains(secret), "{log}");
}

#[tokio::test]
async fn a_second_demo_beside_the_first_one_is_refused() {
    let first = Demo::start(TempDir::new().unwrap()).await;
    let mut command = Command::new(binary());
    let listen = format!("127.0.0.1:{}", free_port());
    command.args(["demo", "--listen", &listen]).current_dir(first.dir.path());
    let stderr = first.dir.path().join("stderr of the second");
    let mut second = Process::logged(command, &first.dir.path().join("stdout"), &stderr);
    let status = until("the second demo to end", async || second.ended()).await;
    assert_eq!(status.code(), Some(1));
    let told = fs::read_to_string(&stderr).unwrap();
    assert!(told.contains("passlink-demo/passlink.db: another `passlink serve` or"), "{told}");
    assert_eq!(get(&first.mailbox()).await.status, 200);
    let folder = fs::metadata(first.dir.path().join("passlink-demo")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

/// What a demo in this folder, that can't start, says.
fn refused(dir: &Path, listen: &str) -> String {
    let mut command = Command::new(binary());
    command.args(["demo", "--listen", listen]).current_dir(dir);
    Output::of(command).failed(1)
}

#[test]
fn a_demo_whose_port_is_taken_says_how_to_choose_another_and_leaves_nothing() {
    let (dir, taken) = (TempDir::new().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let listen = taken.local_addr().unwrap().to_string();
    let told = refused(dir.path(), &listen);
    assert!(told.contains(&format!("can't listen on {listen}: ")), "{told}");
    assert!(told.contains("`passlink demo --listen localhost:9090`"), "{told}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_demo_that_can_not_use_its_folder_names_what_is_in_the_way() {
    for (make, named) in [
        ("echo > passlink-demo", "passlink: passlink-demo: File exists"),
        ("ln -s nowhere passlink-demo", "passlink: passlink-demo: File exists"),
        ("mkdir -p passlink-demo/passlink.db", "/passlink-demo/passlink.db: "),
        (
            "mkdir passlink-demo; printf '%4096d' 7 > passlink-demo/passlink.db",
            "/passlink-demo/passlink.db: ",
        ),
        ("mkdir -p passlink-demo/passlink.key", "passlink-demo/passlink.key"),
    ] {
        let dir = TempDir::new().unwrap();
        let made = Command::new("sh").args(["-c", make]).current_dir(dir.path()).status();
        assert!(made.unwrap().success(), "{make}");
        let told = refused(dir.path(), &format!("127.0.0.1:{}", free_port()));
        assert!(told.contains(named), "{make}: {told}");
    }
}

#[tokio::test]
async fn a_second_demo_goes_on_with_what_the_first_one_left() {
    let dir = TempDir::new().unwrap();
    let first = Demo::start(dir).await;
    let (first_mailbox, told) = (first.mailbox(), first.told.clone());
    first.process.stop().await;
    let again = Demo::start(first.dir).await;
    assert_ne!(again.told, told);
    assert_ne!(again.mailbox().rsplit(':').next(), first_mailbox.rsplit(':').next());
    let answer: serde_json::Value = serde_json::from_str(&again.curl().done()).unwrap();
    assert_eq!(answer["details"]["sequence"], "4", "{answer}");
}

#[tokio::test]
async fn the_demo_takes_no_configuration_and_listens_on_this_machine_only() {
    let passlink = Passlink::new();
    passlink.cli(&["demo", "--listen", "here"]).failed(2);
    let stderr = passlink.cli(&["demo", "--listen", "0.0.0.0:0"]).failed(2);
    assert!(stderr.contains("loopback") || stderr.contains("localhost"), "{stderr}");
}
