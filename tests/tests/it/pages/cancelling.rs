//! Who cancels while the server is asked need not wait for it, and is told what came of it.

use super::*;

const BEGIN: &str = "**/v2/users/*/passkeys";

/// Cancels what the page asks of the server, before it has an answer.
async fn cancel(page: &Page, url: &str, reached: bool) {
    keep(page, url, reached).await;
    press(page).await;
    arrived(page).await;
    press(page).await;
}

#[tokio::test]
async fn a_ceremony_that_the_server_does_not_begin_is_cancelled_at_once() {
    let scene = Scene::set(&[]).await;
    for reached in [false, true] {
        let (page, authenticator) = scene.ready().await;
        cancel(&page, BEGIN, reached).await;
        comes_to(&page, "register.cancelled").await;
        assert_eq!(held(&page, &authenticator).await, 0);
        press(&page).await;
        comes_to(&page, "register.done").await;
    }
    assert_eq!(scene.passkeys().await.len(), 2);
}

#[tokio::test]
async fn a_passkey_that_the_server_has_not_added_is_dropped_and_one_that_it_has_is_told() {
    let scene = Scene::set(&[]).await;
    let (page, authenticator) = scene.ready().await;
    keep(&page, FINISH, false).await;
    press(&page).await;
    arrived(&page).await;
    shows_as(&page, "common.loading", "common.loading.cancel").await;
    press(&page).await;
    comes_to(&page, "register.cancelled").await;
    assert_eq!((scene.passkeys().await.len(), held(&page, &authenticator).await), (0, json!(0)));
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "register.ready").await;

    cancel(&page, FINISH, true).await;
    comes_to(&page, "register.done").await;
    assert_eq!((scene.passkeys().await.len(), held(&page, &authenticator).await), (1, json!(1)));
}

#[tokio::test]
async fn a_link_that_another_used_is_told_as_used_to_who_cancels() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let (page, other) = (scene.open(&link).await, scene.open(&link).await);
    comes_to(&page, "register.ready").await;
    keep(&page, FINISH, false).await;
    press(&page).await;
    arrived(&page).await;
    press(&other).await;
    comes_to(&other, "register.done").await;
    press(&page).await;
    comes_to(&page, "register.redeemed").await;
}

#[tokio::test]
async fn a_passkey_that_waits_for_its_name_is_dropped_by_who_cancels() {
    let scene = Scene::set(&[]).await;
    let page = scene.browser.page(json!({ "locale": "en-GB" })).await;
    let authenticator = page.authenticator(true).await;
    let code = r#"
        await context.addInitScript(() => (AbortSignal.timeout = () => new AbortController().signal));
        await page.route("**/aaguids.json", () => {});"#;
    page.run(code, Value::Null).await;
    page.goto(&scene.link().await.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.waiting").await;
    let created = async || (held(&page, &authenticator).await == 1).then_some(());
    passlink_tests::until("the passkey", created).await;
    press(&page).await;
    comes_to(&page, "register.cancelled").await;
    assert_eq!((scene.passkeys().await.len(), held(&page, &authenticator).await), (0, json!(0)));
}

#[tokio::test]
async fn who_cancels_the_removal_of_a_passkey_or_a_link_is_told_whether_it_is_gone() {
    let scene = Scene::set(&[]).await;
    // The removal comes last: the mail that tells of it is not taken for the one with the link.
    for (kind, url) in [("revoke", "**/_revoke"), ("undo", "**/_undo")] {
        let link = match kind {
            "undo" => scene.added().await.1,
            _ => scene.mail().await.revoke_link(),
        };
        let page = scene.open(&link).await;
        for (reached, state) in [(false, "ask"), (true, "gone")] {
            comes_to(&page, &format!("{kind}.ask")).await;
            cancel(&page, url, reached).await;
            comes_to(&page, &format!("{kind}.{state}")).await;
        }
    }
    assert_eq!(scene.passkeys().await, [""; 0]);
}
