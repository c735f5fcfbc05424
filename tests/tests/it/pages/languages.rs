//! The pages in the user's language, in every direction and with every name.

use super::*;

/// The language and the direction of the page.
async fn language(page: &Page) -> Value {
    let code = "const { lang, dir } = document.documentElement; return [lang, dir];";
    page.run(&format!("return page.evaluate(() => {{ {code} }})"), Value::Null).await
}

#[tokio::test]
async fn a_page_is_in_the_language_of_the_user_and_in_another_for_who_chooses_one() {
    let scene = Scene::with_user(&[], &["--language", "de-AT"]).await;
    let page = scene.open(&scene.mail().await.register_link()).await;
    let said = shows_as(&page, "register.ready", "register.ready-de").await;
    assert!(said.contains("Passkey hinzufügen"), "{said}");
    assert_eq!(language(&page).await, json!(["de", "ltr"]));

    let choose = r##"
        const choice = page.locator("#language");
        if (args.name) await page.locator("#name").fill(args.name);
        await choice.focus();
        await choice.selectOption({ label: args.label });
        await page.locator("html[lang=" + args.language + "]").waitFor();
        return page.evaluate(() => document.activeElement.id);"##;
    let args = json!({ "name": "Handy", "label": "العربية", "language": "ar" });
    assert_eq!(page.run(choose, args).await, "language", "who chose is not led away");
    let said = shows_as(&page, "register.ready", "register.ready-ar").await;
    assert!(said.contains("إضافة مفتاح مرور"), "{said}");
    assert_eq!(language(&page).await, json!(["ar", "rtl"]));
    press(&page).await;
    let said = shows_as(&page, "register.done", "register.done-ar").await;
    assert!(said.contains("Handy") && said.contains("تمت"), "{said}");
    assert_eq!(scene.passkeys().await, ["Handy"]);

    page.goto(&scene.next_mail(1).await.undo_link().whole).await;
    comes_to(&page, "undo.ask").await;
    assert_eq!(language(&page).await, json!(["de", "ltr"]), "it knows whose passkey it is");
    let args = json!({ "label": "Français", "language": "fr" });
    page.run(choose, args).await;
    press(&page).await;
    let said = shows_as(&page, "undo.done", "undo.done-fr").await;
    assert!(said.contains("clé d’accès"), "{said}");
}

#[tokio::test]
async fn texts_that_can_not_be_had_leave_the_page_in_the_language_it_has() {
    let scene = Scene::with_user(&[], &["--language", "de"]).await;
    let page = scene.device().await;
    page.run(r#"await page.route("**/de.json", (route) => route.abort())"#, Value::Null).await;
    page.goto(&scene.link().await.whole).await;
    let said = shows(&page, "register.ready").await;
    assert!(said.contains("Add a passkey"), "{said}");
}

#[tokio::test]
async fn long_names_and_long_words_and_all_directions_fit() {
    let long = format!("{} عدا المثال", "Donaudampfschifffahrtsgesellschaft".repeat(4));
    let scene = Scene::set(&[]).await;
    for (tag, name) in [
        ("de", long.as_str()),
        ("ar", "Ada Example"),
        ("he", "עדה לדוגמה"),
        ("ja", "例 愛田"),
        ("hu", &long),
    ] {
        let change = ["user", "update", &scene.ada.id, "--display-name", name, "--language", tag];
        scene.passlink.cli(&change).done();
        let page = scene.open(&scene.mail().await.register_link()).await;
        let shown = shows_as(&page, "register.ready", &format!("register.ready-{tag}-long")).await;
        assert!(shown.contains(name), "{shown}");
        let direction = if matches!(tag, "ar" | "he") { "rtl" } else { "ltr" };
        assert_eq!(language(&page).await, json!([tag, direction]));
        let before = scene.mails.count();
        press(&page).await;
        shows_as(&page, "register.done", &format!("register.done-{tag}")).await;
        page.goto(&scene.next_mail(before).await.undo_link().whole).await;
        shows_as(&page, "undo.ask", &format!("undo.ask-{tag}")).await;
    }
}

#[tokio::test]
async fn a_link_that_works_until_another_day_says_which() {
    for (lifetime, minutes) in [("24h", 24 * 60), ("1m", 1)] {
        let scene = Scene::set(&[("links.lifetime", lifetime)]).await;
        let page = scene.open(&scene.link().await).await;
        comes_to(&page, "register.ready").await;
        let code = r#"
            const end = new Date(Date.now() + args * 60_000);
            const today = end.toDateString() === new Date().toDateString();
            const note = await page.locator(".note").innerText();
            return [note, note.includes(end.getFullYear()) !== today];"#;
        let seen = page.run(code, minutes.into()).await;
        assert_eq!(seen[1], json!(true), "{seen}");
    }
}

#[tokio::test]
async fn the_page_of_a_user_without_a_language_is_in_that_of_the_browser() {
    let scene = Scene::with_user(&[], &["--language", "de"]).await;
    for given in [json!(""), Value::Null] {
        let page = scene.browser.page(json!({ "locale": "fr-CA" })).await;
        let code = r#"
            await page.route("**/_inspect*", async (route) => {
                const response = await route.fetch();
                const json = await response.json();
                if (json.language !== "de") throw new Error(JSON.stringify(json));
                await route.fulfill({ response, json: { ...json, language: args ?? undefined } });
            });"#;
        page.run(code, given).await;
        let mail = scene.mail().await;
        for (link, state) in
            [(mail.register_link(), "register.ready"), (mail.revoke_link(), "revoke.ask")]
        {
            page.goto(&link.whole).await;
            comes_to(&page, state).await;
            assert_eq!(language(&page).await, json!(["fr", "ltr"]));
        }
    }
}

#[tokio::test]
async fn a_language_without_data_in_the_browser_has_its_name_and_its_times() {
    let settings = [("links.cooldown", "10m"), ("links.max_per_hour", "100")];
    let scene = Scene::with_user(&settings, &["--language", "mk"]).await;
    let page = scene.open(&scene.link().await).await;
    let said = shows_as(&page, "register.ready", "register.ready-mk").await;
    let code = r##"
        const unknown = await page.evaluate(() => Intl.DateTimeFormat.supportedLocalesOf("mk").length === 0);
        const names = await page.locator("#language option").allInnerTexts();
        const note = await page.locator(".note").innerText();
        return { unknown, names, note };"##;
    let seen = page.run(code, Value::Null).await;
    assert_eq!(seen["unknown"], json!(true), "another language is needed for this test");
    let names: Vec<_> =
        seen["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in ["Македонски", "Deutsch", "Español", "日本語", "العربية"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let note = seen["note"].as_str().unwrap();
    assert!(!note.contains("AM") && !note.contains("PM"), "{note}");
    assert!(said.contains("Врската важи до"), "{said}");

    scene.mail().await;
    page.goto(&scene.passlink.expired(&scene.link().await).whole).await;
    press(&page).await;
    let said = shows_as(&page, "register.later", "register.later-mk").await;
    assert!(said.contains("за 10 мин."), "the full stop is the sentence's: {said}");
    assert!(!said.contains(".."), "{said}");

    scene.passlink.sql("UPDATE links SET requested_at = 1769432700000", &[]);
    page.goto(&scene.mails.until_mails(1).await.remove(0).mail.revoke_link().whole).await;
    let said = shows_as(&page, "revoke.ask", "revoke.ask-mk").await;
    let code = r##"
        return page.evaluate(() => new Date(1769432700000).toTimeString().slice(0, 5));"##;
    let time = page.run(code, Value::Null).await;
    assert!(said.contains(&format!("26.01.2026, {}", time.as_str().unwrap())), "{said}");
}
