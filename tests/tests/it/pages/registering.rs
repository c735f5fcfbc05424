//! From the mail to the passkey, and back.

use super::*;

#[tokio::test]
async fn the_link_in_the_mail_adds_a_passkey_and_the_next_mail_takes_it_away_again() {
    let scene = Scene::set(&[]).await;
    let link = scene.mail().await.register_link();
    let page = scene.open(&link).await;
    let said = shows(&page, "register.ready").await;
    for words in ["Ada Example", "a•••@example.com", "Create passkey"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let field = r##"return page.locator("#name").inputValue()"##;
    assert_eq!(page.run(field, Value::Null).await, "Linux", "suggested from the device");
    press(&page).await;
    let said = shows(&page, "register.done").await;
    assert!(said.contains("“Linux”"), "{said}");
    assert_eq!(scene.passkeys().await, ["Linux"]);

    let added = scene.next_mail(1).await;
    assert!(added.text().text.contains("Linux"), "{}", added.text().text);
    page.goto(&added.undo_link().whole).await;
    shows(&page, "undo.ask").await;
    assert_eq!(scene.passkeys().await, ["Linux"], "opened is not undone");
    press(&page).await;
    shows(&page, "undo.done").await;
    assert_eq!(scene.passkeys().await, [""; 0]);
    scene.mails.until_mails(3).await;
    page.goto(&link.whole).await;
    comes_to(&page, "register.redeemed").await;
}

#[tokio::test]
async fn a_passkey_is_called_as_its_owner_wants_else_as_its_authenticator_is_known() {
    let scene = Scene::set(&[]).await;
    let register = async |name: Option<&str>| {
        let page = scene.device().await;
        // The browser's authenticator has an AAGUID that is in no list: it gets a name here.
        let code = r##"
            await page.route("**/aaguids.json", async (route) => {
                const response = await route.fetch();
                const { names } = await response.json();
                if (!Object.values(names).includes("Windows Hello")) throw new Error("no names");
                names["01020304-0506-0708-0102-030405060708"] = "Example Keychain";
                await route.fulfill({ response, json: { names } });
            });"##;
        page.run(code, Value::Null).await;
        page.goto(&scene.link().await.whole).await;
        comes_to(&page, "register.ready").await;
        let fill = r##"if (args !== null) await page.locator("#name").fill(args);"##;
        page.run(fill, name.into()).await;
        press(&page).await;
        comes_to(&page, "register.done").await;
    };
    register(None).await;
    register(Some("")).await;
    register(Some("  Ada\u{7}'s\u{202e} phone ")).await;
    let long = "Donaudampfschifffahrt".repeat(20)[..200].to_owned();
    register(Some(&long)).await;
    let expected = ["Example Keychain", "Example Keychain", "Ada 's\u{202e} phone", &long];
    assert_eq!(scene.passkeys().await, expected);
}

#[tokio::test]
async fn names_of_authenticators_that_do_not_come_keep_nobody_waiting() {
    let scene = Scene::set(&[]).await;
    let page = scene.device().await;
    page.run(r#"await page.route("**/aaguids.json", () => {});"#, Value::Null).await;
    page.goto(&scene.link().await.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["Linux"]);
}

#[tokio::test]
async fn a_security_key_registers_as_well_and_an_authenticator_that_tells_no_model() {
    let scene = Scene::set(&[]).await;
    let page = scene.browser.page(json!({ "locale": "en-GB" })).await;
    page.authenticator(false).await;
    page.goto(&scene.link().await.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["Linux"]);
}

#[tokio::test]
async fn the_first_of_two_devices_gets_the_passkey_and_the_other_is_told() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let (first, second) = (scene.open(&link).await, scene.open(&link).await);
    for page in [&first, &second] {
        comes_to(page, "register.ready").await;
    }
    press(&first).await;
    comes_to(&first, "register.done").await;
    press(&second).await;
    shows(&second, "register.redeemed").await;
    assert_eq!(scene.passkeys().await.len(), 1);
}

#[tokio::test]
async fn the_page_that_added_a_passkey_says_so_again_and_another_is_told_that_the_link_was_used() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.open(&link).await;
    comes_to(&page, "register.ready").await;
    page.run(r##"await page.locator("#name").fill("Ada's phone")"##, Value::Null).await;
    press(&page).await;
    let said = shows(&page, "register.done").await;
    let ways = ["await page.reload()", "await page.goto('about:blank'); await page.goBack()"];
    for way in ways.into_iter().chain(ways) {
        page.run(way, Value::Null).await;
        comes_to(&page, "register.done").await;
        let again = card_text(&page).await;
        assert_eq!(again, said, "{way}");
    }
    let other = scene.open(&link).await;
    comes_to(&other, "register.redeemed").await;
    other.run("await page.reload()", Value::Null).await;
    comes_to(&other, "register.redeemed").await;
    // Another link that this tab opens has nothing to do with it.
    page.goto(&scene.link().await.whole).await;
    comes_to(&page, "register.ready").await;
}

/// Opens an address in a second tab of the page's browser; answers the state that it comes to and
/// what its card says.
async fn second_tab(page: &Page, url: &str) -> (String, String) {
    let code = r##"
        const tab = await context.newPage();
        await tab.goto(args);
        const card = tab.locator('#card:not([data-state="start"], [data-state="common.loading"])');
        const seen = [await card.getAttribute("data-state"), await card.innerText()];
        await tab.close();
        return seen;"##;
    serde_json::from_value(page.run(code, url.into()).await).unwrap()
}

/// All that the page's browser keeps of the site.
async fn kept(page: &Page) -> String {
    let code = "return page.evaluate(() => JSON.stringify({ ...localStorage }))";
    page.run(code, Value::Null).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_tab_of_the_browser_that_added_a_passkey_says_so_for_as_long_as_it_can_be_undone() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.open(&link).await;
    comes_to(&page, "register.ready").await;
    page.run(r##"await page.locator("#name").fill("Ada's phone")"##, Value::Null).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(url(&page).await, named(&link));
    for address in [&link.whole, &short(&link), &named(&link), &link.whole, &named(&link)] {
        let (state, said) = second_tab(&page, address).await;
        assert_eq!(state, "register.done", "{address}");
        assert!(said.contains("“Ada's phone”"), "{said}");
        page.goto("about:blank").await;
        page.goto(address).await;
        comes_to(&page, "register.done").await;
        // As the address bar does at the Enter key.
        page.goto(&url(&page).await).await;
        comes_to(&page, "register.done").await;
    }
    let keeps = kept(&page).await;
    assert!(keeps.contains("Ada's phone"), "{keeps}");
    for private in [&link.code, &scene.ada.id, "Ada Example", "example.com"] {
        assert!(!keeps.contains(private), "{private} in {keeps}");
    }

    let other = scene.open(&link).await;
    comes_to(&other, "register.redeemed").await;
    other.goto(&named(&link)).await;
    comes_to(&other, "common.incomplete").await;

    let age = r#"
        await page.evaluate((day) => {
            for (const [key, text] of Object.entries({ ...localStorage })) {
                const entry = JSON.parse(text);
                const until = entry.until - 7 * day;
                localStorage.setItem(key, JSON.stringify({ ...entry, until }));
            }
            localStorage.setItem("passkey-added:broken", "{");
        }, 24 * 60 * 60 * 1000);"#;
    page.run(age, Value::Null).await;
    page.goto("about:blank").await;
    page.goto(&link.whole).await;
    comes_to(&page, "register.redeemed").await;
    assert_eq!(kept(&page).await, "{}");
}

#[tokio::test]
async fn a_tab_that_another_of_the_same_browser_was_faster_than_says_that_the_passkey_is_added() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.open(&link).await;
    comes_to(&page, "register.ready").await;
    let code = r##"
        const tab = await context.newPage();
        await tab.goto(args);
        await tab.locator('#card[data-state="register.ready"]').waitFor();
        page.slower = tab;
        await page.bringToFront();"##;
    page.run(code, link.whole.clone().into()).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    let code = r##"
        await page.slower.locator("#card form button").click();
        await page.slower.locator('#card[data-state="register.done"]').waitFor();"##;
    page.run(code, Value::Null).await;
    assert_eq!(scene.passkeys().await.len(), 1);
}

#[tokio::test]
async fn a_passkey_that_was_removed_is_no_longer_said_to_be_added() {
    let scene = Scene::set(&[]).await;
    for (mails, here) in [(2, true), (4, false)] {
        let (page, undo) = scene.added().await;
        let added = url(&page).await;
        let remover = if here { page.clone() } else { scene.device().await };
        remover.goto(&undo.whole).await;
        press(&remover).await;
        comes_to(&remover, "undo.done").await;
        // The mail that tells of it is not taken for that about the next passkey.
        scene.mails.until_mails(mails).await;
        if !here {
            page.goto(&undo.whole).await;
            comes_to(&page, "undo.gone").await;
        }
        page.goto(&added).await;
        comes_to(&page, "common.incomplete").await;
        assert_eq!(kept(&page).await, "{}");
    }
}

#[tokio::test]
async fn a_browser_that_keeps_nothing_adds_passkeys_all_the_same() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let code = r#"
        await context.addInitScript(() => {
            const refuse = () => { throw new DOMException("refused", "SecurityError") };
            Object.defineProperty(globalThis, "localStorage", { get: refuse });
        });"#;
    page.run(code, Value::Null).await;
    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "register.done").await;
    assert_eq!(second_tab(&page, &link.whole).await.0, "register.redeemed");
    assert_eq!(page.run("return log", Value::Null).await, json!([]));
}
