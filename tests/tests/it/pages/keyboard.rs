//! The pages without a mouse, and as a screen reader tells them.

use super::*;

#[tokio::test]
async fn the_keyboard_leads_from_the_link_to_the_passkey() {
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    comes_to(&page, "register.ready").await;
    let focused = r#"
        for (const key of args) await page.keyboard.press(key);
        return page.evaluate(() => {
            const { localName, id } = document.activeElement;
            const { outlineStyle } = getComputedStyle(document.activeElement);
            return [localName, id, outlineStyle];
        });"#;
    assert_eq!(
        page.run(focused, json!([])).await,
        json!(["h1", "", "none"]),
        "what is new is read"
    );
    assert_eq!(page.run(focused, json!(["Tab"])).await, json!(["input", "name", "solid"]));
    assert_eq!(page.run(focused, json!(["Tab"])).await[0], "button");
    assert_eq!(page.run(focused, json!([])).await[2], "solid", "where one is can be seen");
    page.run(
        r#"await page.keyboard.press("Shift+Tab"); await page.keyboard.press("End");"#,
        Value::Null,
    )
    .await;
    page.run(
        r#"await page.keyboard.type(" of Ada"); await page.keyboard.press("Enter");"#,
        Value::Null,
    )
    .await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["Linux of Ada"]);

    page.goto(&scene.next_mail(0).await.undo_link().whole).await;
    comes_to(&page, "undo.ask").await;
    let box_to_tick = page.run(focused, json!(["Tab"])).await;
    assert_eq!((&box_to_tick[0], &box_to_tick[2]), (&json!("input"), &json!("solid")));
    page.run(
        r#"await page.keyboard.press("Tab"); await page.keyboard.press("Space");"#,
        Value::Null,
    )
    .await;
    comes_to(&page, "undo.done").await;
}

#[tokio::test]
async fn a_screen_reader_is_told_all_that_can_be_seen() {
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    comes_to(&page, "register.ready").await;
    let tree = page.run(r#"return page.locator("body").ariaSnapshot()"#, Value::Null).await;
    let tree = tree.as_str().unwrap();
    for line in [
        "- banner: Passlink",
        "- main:",
        "- heading \"Add a passkey\" [level=1]",
        "- region \"Your account\":",
        "- textbox \"Name of the passkey\": Linux",
        "- button \"Create passkey\"",
    ] {
        assert!(tree.contains(line), "{line} in {tree}");
    }
    let code = r##"
        const { node } = await devtools.send("DOM.getDocument").then(({ root }) => ({ node: root.nodeId }));
        const told = {};
        for (const [name, selector] of Object.entries({ heading: "h1", field: "#name" })) {
            const { nodeId } = await devtools.send("DOM.querySelector", { nodeId: node, selector });
            const { nodes } = await devtools.send("Accessibility.getPartialAXTree", { nodeId, fetchRelatives: false });
            told[name] = nodes[0].description?.value;
        }
        return told;"##;
    let told = page.run(code, Value::Null).await;
    assert!(told["heading"].as_str().unwrap().starts_with("Your device will ask"), "{told}");
    let hint = told["field"].as_str().unwrap();
    assert!(hint.trim_start().starts_with("So that you recognise it later. If you"), "{told}");
}
