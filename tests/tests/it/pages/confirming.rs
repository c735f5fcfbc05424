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
    press(&page).await;
    comes_to(&page, "revoke.done").await;
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
    press(&page).await;
    shows(&page, "revoke.invalid").await;
    assert_eq!(scene.passkeys().await.len(), 1);
}

#[tokio::test]
async fn a_registration_is_undone_by_its_own_code_only_and_is_so_however_often_it_is_asked() {
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    let undo = scene.next_mail(0).await.undo_link();
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
    let page = scene.open(&scene.link().await).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    let undo = scene.next_mail(0).await.undo_link();
    let mail = scene.mail().await;
    scene.passlink.cli(&["user", "lock", &scene.ada.id]).done();
    for (link, done) in [(mail.revoke_link(), "revoke.done"), (undo, "undo.done")] {
        page.goto("about:blank").await;
        page.goto(&link.whole).await;
        press(&page).await;
        comes_to(&page, done).await;
    }
    let passkeys = scene.passlink.cli(&["passkey", "list", "--user", &scene.ada.id]).lines();
    assert_eq!(passkeys, Vec::<Value>::new());
}

#[tokio::test]
async fn undo_offers_to_revoke_the_token_that_asked_for_the_link() {
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    let undo = scene.next_mail(0).await.undo_link();
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
    let said = shows(&page, "undo.ask").await;
    assert!(!said.contains("token"), "{said}");
}
