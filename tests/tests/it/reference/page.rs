//! The page in a browser: found, read, and calls sent from it.

use passlink_tests::{Browser, Page};

use super::*;

/// An open page, and the hosts that it asks for anything.
async fn open(browser: &Browser, passlink: &Passlink, options: Value) -> Page {
    let page = browser.page(options).await;
    let code = r##"
        globalThis.asked ??= new Map();
        const hosts = new Set();
        asked.set(page, hosts);
        page.on("request", (request) => hosts.add(new URL(request.url()).host));
        await page.goto(args);"##;
    page.run(code, format!("{}/docs", home(passlink)).into()).await;
    page
}

/// Nothing was asked of another host, and nothing was forbidden.
async fn assert_quiet(page: &Page, passlink: &Passlink) {
    let seen = page.run("return [[...asked.get(page)], log]", Value::Null).await;
    let host = home(passlink).trim_start_matches("http://").to_owned();
    assert_eq!(seen, json!([[host], []]));
}

/// Fills the form of a call, sends it, and answers what came back: status line and body.
async fn send(page: &Page, call: &str, fields: Value) -> Vec<Value> {
    let code = r##"
        const form = page.locator(`#${args.call} .try`);
        for (const [name, value] of Object.entries(args.fields)) {
            await form.locator(`[name=${name}]`).fill(value);
        }
        await form.getByRole("button", { name: "Send" }).click();
        await form.locator(".answer p").waitFor();
        await page.waitForFunction((it) => !document.querySelector(`#${it} .try > button`).ariaDisabled, args.call);
        const [headers, body] = await form.locator(".answer code").allTextContents();
        return [await form.locator(".answer p").innerText(), headers, JSON.parse(body)];"##;
    let answer = page.run(code, json!({ "call": call, "fields": fields })).await;
    answer.as_array().unwrap().clone()
}

async fn authorise(page: &Page, token: &str) {
    page.run(r##"await page.locator("#token").fill(args)"##, token.into()).await;
}

#[tokio::test]
async fn a_reader_authorises_once_and_sends_calls_and_sees_the_answers() {
    let (passlink, ada) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({ "locale": "en-GB" })).await;
    let [status, _, body] = &send(&page, "SendMyPasswordlessLink", json!({})).await[..] else {
        panic!()
    };
    assert!(status.as_str().unwrap().starts_with("401 "), "{status}");
    assert!(
        status.as_str().unwrap().ends_with("Put a token into the field at the top."),
        "{status}"
    );
    assert_eq!(body["details"][0]["id"], "AUTH-Missing");

    authorise(&page, &ada.token).await;
    let [status, headers, body] = &send(&page, "SendMyPasswordlessLink", json!({})).await[..]
    else {
        panic!()
    };
    assert!(status.as_str().unwrap().starts_with("200 OK in "), "{status}");
    assert!(status.as_str().unwrap().ends_with(" ms"), "{status}");
    assert!(headers.as_str().unwrap().contains("content-type: application/json"), "{headers}");
    assert_eq!(body["details"]["sequence"], "2");
    until_mails(&passlink, 1).await;

    let fields = json!({ "user_id": ada.id, "body": r#"{"returnCode":{}}"# });
    let sent = send(&page, "CreatePasskeyRegistrationLink", fields).await;
    assert_eq!(sent[2]["details"]["sequence"], "3", "{sent:?}");
    let code = &sent[2]["code"];
    let fields =
        json!({ "link_id": code["id"], "body": json!({ "code": code["code"] }).to_string() });
    let sent = send(&page, "InspectLink", fields).await;
    assert_eq!(sent[2]["state"], "LINK_STATE_OPEN", "{sent:?}");
    let sent = send(&page, "RemoveMyPasswordless", json!({ "token_id": "a/b?c#d" })).await;
    assert_eq!(sent[2]["details"][0]["id"], "PASSKEY-NotFound", "{sent:?}");
    let log = page.run("return log", Value::Null).await;
    let log: Vec<_> = log.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(log.iter().all(|line| line.contains("status of 40")), "{log:?}");
}

#[tokio::test]
async fn the_token_is_forgotten_with_the_page() {
    let (passlink, ada) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({})).await;
    authorise(&page, &ada.token).await;
    let kept = r##"
        await page.reload();
        return page.evaluate(() => [
            document.querySelector("#token").value,
            localStorage.length + sessionStorage.length,
            document.cookie,
        ]);"##;
    assert_eq!(page.run(kept, Value::Null).await, json!(["", 0, ""]));
    let log = passlink.log();
    assert!(!log.contains(&ada.token), "{log}");
}

/// Chromium keeps pages to show them again as they were; the tests' browser is told not to, so the event
/// that comes before stands for it.
#[tokio::test]
async fn nothing_of_a_token_stays_in_a_page_that_was_left() {
    let (passlink, ada) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({})).await;
    authorise(&page, &ada.token).await;
    send(&page, "AddMyPasswordlessLink", json!({})).await;
    let code = r##"
        await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
        return [await page.locator("#token").inputValue(), await page.locator(".answer *").count()];"##;
    assert_eq!(page.run(code, Value::Null).await, json!(["", 0]));
}

#[tokio::test]
async fn a_token_that_can_be_none_is_told_and_not_sent() {
    let (passlink, ada) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({})).await;
    let code = r##"
        await page.locator("#token").fill(args);
        const form = page.locator("#ListMyPasswordless .try");
        await form.getByRole("button", { name: "Send" }).click();
        await form.locator(".answer p").waitFor();
        const focused = await page.evaluate(() => document.activeElement.textContent);
        return [await form.locator(".answer p").innerText(), focused];"##;
    let told = page.run(code, "passlink_“quoted”".into()).await;
    assert_eq!(told, json!(["The token holds a character that no token has.", "Send"]));
    assert_quiet(&page, &passlink).await;
    authorise(&page, &format!(" Bearer {} ", ada.token)).await;
    let sent = send(&page, "SendMyPasswordlessLink", json!({})).await;
    assert!(sent[0].as_str().unwrap().starts_with("200 OK"), "{sent:?}");
}

#[tokio::test]
async fn a_reader_finds_a_call_by_words_and_one_language_for_all_calls() {
    let (passlink, _) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({ "locale": "en-GB" })).await;
    let code = r##"
        await page.keyboard.press("/");
        const ids = (selector) =>
            page.locator(selector).filter({ visible: true }).evaluateAll((all) => all.map(({ id }) => id));
        await page.keyboard.type("GRPCURL");
        const section = await ids(".call, .text");
        await page.keyboard.press("Control+A");
        await page.keyboard.type("url_template OrgID");
        const found = await ids(".call");
        const told = await page.locator("#found").innerText();
        await page.keyboard.press("Enter");
        const reached = await page.evaluate(() => location.hash);
        const contents = await page.locator("#contents a:visible").allInnerTexts();
        // A link to what is hidden shows it, also to where the reader is already.
        for (const again of [1, 2]) {
            await page.getByRole("searchbox").fill("url_template OrgID");
            await page.evaluate(() => {
                const link = document.createElement("a");
                link.href = "#UndoRegistration";
                document.body.append(link);
                link.click();
            });
            await page.locator("#UndoRegistration").waitFor();
        }
        const undo = page.locator("#UndoRegistration");
        await undo.getByRole("radio", { name: "PowerShell", exact: true }).check();
        const shown = await page.locator("[data-tab=powershell]:visible").count();
        const others = await page.locator("[data-tab=curl]:visible").count();
        return [section, found, told, reached, contents, shown, others];"##;
    let seen = page.run(code, Value::Null).await;
    let call = "CreatePasskeyRegistrationLink";
    let contents = ["Make a passkey link for a user"];
    assert_eq!(
        seen,
        json!([["grpc"], [call], "1 place found", format!("#{call}"), contents, 23, 0])
    );
    assert_quiet(&page, &passlink).await;
}

#[tokio::test]
async fn a_sample_is_copied() {
    let (passlink, _) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({})).await;
    let code = r##"
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);
        const call = page.locator("#SendMyPasswordlessLink");
        await call.getByRole("radio", { name: "Ruby", exact: true }).check();
        await call.getByRole("button", { name: "Copy" }).first().click();
        // The button says so for a moment only, which a slow machine may miss.
        const copied = await page.waitForFunction(() => navigator.clipboard.readText());
        return copied.jsonValue();"##;
    let copied = page.run(code, Value::Null).await;
    let html = html(&passlink).await;
    let shown = super::code(&html, &[&article("SendMyPasswordlessLink"), &tab("ruby")]);
    assert_eq!(copied, shown);
}

#[tokio::test]
async fn the_page_looks_good_and_asks_nobody_else() {
    let (passlink, ada) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({ "locale": "en-GB" })).await;
    page.looks_good("reference").await;
    let tabs = r##"
        const call = page.locator("#SendMyPasswordlessLink");
        for (const name of ["Java", "application/grpc"]) {
            await call.getByRole("radio", { name, exact: true }).check();
        }
        for (const errors of await page.locator(".errors summary").all()) await errors.click();"##;
    page.run(tabs, Value::Null).await;
    authorise(&page, &ada.token).await;
    send(&page, "SendMyPasswordlessLink", json!({})).await;
    page.looks_good("reference-used").await;
    assert_quiet(&page, &passlink).await;
}

#[tokio::test]
async fn the_page_can_be_read_without_scripts() {
    let (passlink, _) = server().await;
    let browser = Browser::start().await;
    let page = open(&browser, &passlink, json!({ "javaScriptEnabled": false })).await;
    let code = r##"
        const visible = (selector) => page.locator(selector).filter({ visible: true }).count();
        const call = page.locator("#SendMyPasswordlessLink");
        const before = await call.locator("[data-tab=curl]").isVisible();
        await call.getByRole("radio", { name: "Go", exact: true }).check();
        const after = await call.locator("[data-tab=go]").isVisible();
        await call.getByRole("radio", { name: "application/grpc-web+proto", exact: true }).check();
        const media = await call.locator("[data-tab=grpc-web]").isVisible();
        return [await visible(".call"), before, after, media, await visible(".try, header div, .copy")];"##;
    assert_eq!(page.run(code, Value::Null).await, json!([23, true, true, true, 0]));
}

#[tokio::test]
async fn the_page_is_html_by_the_standard() {
    let (passlink, _) = server().await;
    let file = passlink.dir().join("docs.html");
    fs::write(&file, html(&passlink).await).unwrap();
    let told = passlink_tests::node::run("html_check.mjs", &[file.to_str().unwrap()]).done();
    assert_eq!(told, "");
}
