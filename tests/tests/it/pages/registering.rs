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
    register(Some(&"Donaudampfschifffahrt".repeat(20))).await;
    let long = "Donaudampfschifffahrt".repeat(20)[..200].to_owned();
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
