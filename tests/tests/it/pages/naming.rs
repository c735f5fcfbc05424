//! The passkey's name: chosen before it is made, and told when it is.

use super::*;

/// Writes a name into the field, as a paste does.
async fn fill(page: &Page, name: &str) {
    page.run(r##"await page.locator("#name").fill(args)"##, name.into()).await;
}

/// What is wrong with the name, as it is seen, and as assistive technology has it.
async fn fault(page: &Page) -> Value {
    let code = r##"
        const field = page.locator("#name");
        const { node } = await devtools.send("DOM.getDocument").then(({ root }) => ({ node: root.nodeId }));
        const { nodeId } = await devtools.send("DOM.querySelector", { nodeId: node, selector: "#name" });
        const { nodes } = await devtools.send("Accessibility.getPartialAXTree", { nodeId, fetchRelatives: false });
        const invalid = nodes[0].properties.find(({ name }) => name === "invalid").value.value;
        const told = nodes[0].description.value;
        const seen = await page.getByRole("alert").allInnerTexts();
        return { seen: seen.join(), invalid, told };"##;
    page.run(code, Value::Null).await
}

#[tokio::test]
async fn a_name_that_is_too_long_is_told_and_not_cut_and_can_be_mended() {
    let scene = Scene::set(&[]).await;
    let (page, _) = scene.ready().await;
    let good = fault(&page).await;
    assert_eq!((&good["seen"], &good["invalid"]), (&json!(""), &json!("false")), "{good}");
    // Characters as the server counts them, of which each is two to JavaScript.
    let longest = "📱".repeat(200);
    let too_long = format!("{longest}📱");
    fill(&page, &too_long).await;
    let told = "The name can have at most 200 characters.";
    let wrong = fault(&page).await;
    assert_eq!((&wrong["seen"], &wrong["invalid"]), (&json!(told), &json!("true")), "{wrong}");
    assert!(wrong["told"].as_str().unwrap().starts_with(told), "{wrong}");
    shows_as(&page, "register.ready", "register.ready.too_long").await;

    let enter = r##"
        await page.locator("#card form button").focus();
        await page.keyboard.press("Enter");
        return page.evaluate(() => [card.dataset.state, document.activeElement.id, document.activeElement.value]);"##;
    let stays = page.run(enter, Value::Null).await;
    assert_eq!(
        stays,
        json!(["register.ready", "name", too_long]),
        "the cursor is where to mend it"
    );
    let choose = r##"
        await page.locator("#language").selectOption("ar");
        await page.locator("html[lang=ar]").waitFor();"##;
    page.run(choose, Value::Null).await;
    let wrong = fault(&page).await;
    assert!(wrong["seen"].as_str().unwrap().contains("200 حرف"), "{wrong}");
    shows_as(&page, "register.ready", "register.ready.too_long-ar").await;

    page.run(
        r##"await page.locator("#name").focus(); await page.keyboard.press("End"); await page.keyboard.press("Backspace");"##,
        Value::Null,
    )
    .await;
    let mended = fault(&page).await;
    assert_eq!((&mended["seen"], &mended["invalid"]), (&json!(""), &json!("false")), "{mended}");
    page.run(r#"await page.keyboard.press("Enter")"#, Value::Null).await;
    let said = shows_as(&page, "register.done", "register.done.long-ar").await;
    assert!(said.contains(&longest), "{said}");
    assert_eq!(scene.passkeys().await, [longest]);
}

#[tokio::test]
async fn blanks_around_a_name_do_not_count() {
    let scene = Scene::set(&[]).await;
    let (page, _) = scene.ready().await;
    fill(&page, &format!("{0}{1}{0}", " ".repeat(20), "a".repeat(200))).await;
    assert_eq!(fault(&page).await["seen"], "");
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["a".repeat(200)]);
}

#[tokio::test]
async fn the_page_tells_the_name_that_the_server_keeps() {
    let scene = Scene::set(&[]).await;
    for (name, kept) in
        [("  Ada's\u{7}phone ", "Ada's phone"), ("<b>Ada</b> & {name}", "<b>Ada</b> & {name}")]
    {
        let (page, _) = scene.ready().await;
        fill(&page, name).await;
        press(&page).await;
        comes_to(&page, "register.done").await;
        let told = r##"return page.locator("#words bdi").innerText()"##;
        assert_eq!(page.run(told, Value::Null).await, kept);
        assert_eq!(scene.passkeys().await.last().unwrap(), kept);
    }
}

#[tokio::test]
async fn the_page_that_undoes_names_a_passkey_as_it_is_called_by_then() {
    let scene = Scene::set(&[]).await;
    let (page, undo) = scene.added().await;
    page.goto(&undo.whole).await;
    assert!(shows(&page, "undo.ask").await.contains("Linux"));
    let rename = ["passkey", "rename", &undo.query["passkeyID"], "Ada's work phone"];
    scene.passlink.cli(&rename).done();
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "undo.ask").await;
    let said = card_text(&page).await;
    assert!(said.contains("Ada's work phone") && !said.contains("Linux"), "{said}");
    press(&page).await;
    comes_to(&page, "undo.done").await;
    assert!(card_text(&page).await.contains("Ada's work phone"));
    let removed = scene.next_mail(1).await;
    assert!(removed.text().text.contains("Passkey: Ada's work phone"), "{removed:?}");
}
