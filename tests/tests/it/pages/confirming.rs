//! The pages that ask once, and then do what their link is for.

use super::*;

#[tokio::test]
async fn this_was_not_me_asks_once_and_then_the_link_is_useless() {
    let scene = Scene::set(&[]).await;
    let mail = scene.mail().await;
    let page = scene.open(&mail.revoke_link()).await;
    shows(&page, "revoke.ask").await;
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "revoke.ask").await;
    let other = scene.open(&mail.register_link()).await;
    comes_to(&other, "register.ready").await;

    press(&page).await;
    shows(&page, "revoke.done").await;
    press(&other).await;
    comes_to(&other, "register.revoked").await;
    page.goto(&mail.revoke_link().whole).await;
    shows(&page, "revoke.gone").await;
}

/// What a page says that names what it ends.
async fn facts(page: &Page) -> Vec<(String, String)> {
    let code = r##"
        const lines = await page.locator("#facts div").all();
        return Promise.all(lines.map((line) => line.locator("dt, dd").allInnerTexts()));"##;
    let facts = page.run(code, Value::Null).await;
    serde_json::from_value(facts).unwrap()
}

/// An instant as the pages write it in German.
async fn in_german(page: &Page, passlink: &Passlink, instant: &str, row: (&str, &str)) -> String {
    let (table, id) = row;
    let sql = format!("SELECT {instant} FROM {table} WHERE id = ?");
    let at = &passlink.sql(&sql, &[id])[0][0];
    let code = r#"
        const styles = { dateStyle: "medium", timeStyle: "short" };
        return page.evaluate(([at, styles]) => new Intl.DateTimeFormat("de", styles).format(at), [args, styles]);"#;
    page.run(code, at.clone()).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_pages_name_what_they_end_in_the_language_of_the_user() {
    let scene = Scene::with_user(&[], &["--display-name", "Ada Example", "--language", "de"]).await;
    let passlink = &scene.passlink;
    let mail = scene.mail().await;
    let page = scene.open(&mail.revoke_link()).await;
    let said = shows_as(&page, "revoke.ask", "revoke.ask-de").await;
    assert!(said.contains("Ada Example") && said.contains("a•••@example.com"), "{said}");
    let link = mail.register_link();
    let row = ("links", link.query["codeID"].as_str());
    let requested = in_german(&page, passlink, "requested_at", row).await;
    let expires = in_german(&page, passlink, "expires_at", row).await;
    let expected = [("Angefordert am", requested), ("Link gültig bis", expires)];
    assert_eq!(facts(&page).await, expected.map(|(label, value)| (label.to_owned(), value)));

    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
    page.run(r##"await page.locator("#name").fill("Adas Handy")"##, Value::Null).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    let undo = scene.next_mail(1).await.undo_link();
    page.goto(&undo.whole).await;
    let said = shows_as(&page, "undo.ask", "undo.ask-de").await;
    assert!(said.contains("Ada Example") && said.contains("a•••@example.com"), "{said}");
    let row = ("passkeys", undo.query["passkeyID"].as_str());
    let added = in_german(&page, passlink, "created_at", row).await;
    let until = in_german(&page, passlink, "undo_until", row).await;
    let named = [("Passkey", "Adas Handy".to_owned()), ("Hinzugefügt am", added)];
    let named = named.map(|(label, value)| (label.to_owned(), value));
    let facts_before = facts(&page).await;
    assert_eq!(facts_before[..2], named);
    assert_eq!(facts_before[2], ("Link gültig bis".to_owned(), until));

    press(&page).await;
    comes_to(&page, "undo.done").await;
    assert_eq!(facts(&page).await, named);
    page.run("await page.reload()", Value::Null).await;
    let said = shows_as(&page, "undo.gone", "undo.gone-de").await;
    assert!(said.contains("schon entfernt") && said.contains("Ada Example"), "{said}");
    assert_eq!(facts(&page).await, named);
}

#[tokio::test]
async fn a_link_that_a_newer_one_replaced_or_that_is_too_old_to_undo_says_so() {
    let scene = Scene::set(&[]).await;
    let first = scene.mail().await;
    scene.mail().await;
    let page = scene.open(&first.revoke_link()).await;
    let said = shows_as(&page, "register.replaced", "revoke.replaced").await;
    assert!(said.contains("a•••@example.com"), "{said}");

    let (page, undo) = scene.added().await;
    page.goto(&undo.whole).await;
    comes_to(&page, "undo.ask").await;
    scene.passlink.sql("UPDATE passkeys SET undo_until = created_at", &[]);
    press(&page).await;
    comes_to(&page, "undo.invalid").await;
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "undo.invalid").await;
    assert_eq!(scene.passkeys().await.len(), 1);
}

#[tokio::test]
async fn this_was_not_me_on_an_expired_link_keeps_it_from_being_mailed_again() {
    let scene = Scene::set(&[]).await;
    let mail = scene.mail().await;
    let expired = scene.passlink.expired(&mail.register_link());
    let revoke = scene.passlink.code(&expired.query["codeID"], "revoke");
    let page = scene.open(&expired).await;
    comes_to(&page, "register.expired").await;
    let other = scene.device().await;
    let asked = mail.revoke_link();
    other.goto(&asked.whole.replace(&asked.code, &revoke)).await;
    press(&other).await;
    comes_to(&other, "revoke.done").await;
    press(&page).await;
    comes_to(&page, "register.not_resent").await;
    assert_eq!(scene.mails.count(), 1);
}

#[tokio::test]
async fn a_link_that_was_used_can_not_be_revoked() {
    let scene = Scene::set(&[]).await;
    let mail = scene.mail().await;
    let page = scene.open(&mail.register_link()).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    page.goto(&mail.revoke_link().whole).await;
    shows_as(&page, "register.redeemed", "revoke.redeemed").await;

    // One that is used while the question is read. The mail about the passkey comes before its own.
    scene.mails.until_mails(2).await;
    let mail = scene.mail().await;
    page.goto(&mail.revoke_link().whole).await;
    comes_to(&page, "revoke.ask").await;
    let other = scene.open(&mail.register_link()).await;
    comes_to(&other, "register.ready").await;
    press(&other).await;
    comes_to(&other, "register.done").await;
    press(&page).await;
    comes_to(&page, "register.redeemed").await;
    page.goto("about:blank").await;
    let revoke = mail.revoke_link();
    page.goto(&revoke.whole[..revoke.whole.len() - 1]).await;
    shows(&page, "revoke.invalid").await;
    assert_eq!(scene.passkeys().await.len(), 2);
}

#[tokio::test]
async fn a_registration_is_undone_by_its_own_code_only_and_is_so_however_often_it_is_asked() {
    let scene = Scene::set(&[]).await;
    let (page, undo) = scene.added().await;
    let other_code = scene.link().await.code;
    for wrong in [&other_code, &undo.code.repeat(10)] {
        page.goto("about:blank").await;
        page.goto(&undo.whole.replace(&undo.code, wrong)).await;
        comes_to(&page, "undo.invalid").await;
    }
    shows(&page, "undo.invalid").await;
    assert_eq!(scene.passkeys().await.len(), 1);

    page.goto("about:blank").await;
    page.goto(&undo.whole).await;
    let lose = r#"
        await page.route("**/_undo", async (route) => {
            await route.fetch();
            await route.abort();
        }, { times: 1 });"#;
    page.run(lose, Value::Null).await;
    press(&page).await;
    comes_to(&page, "common.unreachable").await;
    assert_eq!(scene.passkeys().await, [""; 0]);
    press(&page).await;
    comes_to(&page, "undo.done").await;
    page.goto("about:blank").await;
    page.goto(&undo.page).await;
    comes_to(&page, "common.incomplete").await;
}

#[tokio::test]
async fn this_was_not_me_works_for_a_user_who_is_locked() {
    let scene = Scene::set(&[]).await;
    let (page, undo) = scene.added().await;
    let mail = scene.mail().await;
    scene.passlink.cli(&["user", "lock", &scene.ada.id]).done();
    // Locking has ended the link already.
    page.goto(&mail.revoke_link().whole).await;
    comes_to(&page, "revoke.gone").await;
    page.goto(&undo.whole).await;
    press(&page).await;
    comes_to(&page, "undo.done").await;
    let passkeys = scene.passlink.cli(&["passkey", "list", "--user", &scene.ada.id]).lines();
    assert_eq!(passkeys, Vec::<Value>::new());
}

#[tokio::test]
async fn undo_offers_to_revoke_the_token_that_asked_for_the_link() {
    let scene = Scene::set(&[]).await;
    let (page, undo) = scene.added().await;
    page.goto(&undo.whole).await;
    let said = shows_as(&page, "undo.ask", "undo.ask.token").await;
    assert!(said.contains("revoke the access token") && said.contains("Ada Example"), "{said}");
    let tick = r##"await page.locator("#card input[type=checkbox]").check()"##;
    page.run(tick, Value::Null).await;
    press(&page).await;
    comes_to(&page, "undo.done").await;
    scene.passlink.send_link(&scene.ada.token).await.assert_error(
        401,
        16,
        "Errors.Token.Invalid",
        "AUTH-Invalid",
    );

    // Nothing is left to revoke, and nothing offered.
    page.goto("about:blank").await;
    page.goto(&undo.whole).await;
    let said = shows(&page, "undo.gone").await;
    assert!(!said.contains("token"), "{said}");
}

#[tokio::test]
async fn the_token_can_still_be_revoked_when_the_passkey_is_gone() {
    let scene = Scene::set(&[]).await;
    let (page, undo) = scene.added().await;
    page.goto(&undo.whole).await;
    press(&page).await;
    comes_to(&page, "undo.done").await;
    page.run("await page.reload()", Value::Null).await;
    let said = shows_as(&page, "undo.gone", "undo.gone.token").await;
    assert!(said.contains("Revoke the access token"), "{said}");
    press(&page).await;
    comes_to(&page, "undo.done").await;
    let answer = scene.passlink.send_link(&scene.ada.token).await;
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}
