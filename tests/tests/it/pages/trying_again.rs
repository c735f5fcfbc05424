//! Whatever goes wrong on the way to a passkey is explained, uses nothing up and can be tried again.

use super::*;

/// Holds the answer to the next ceremony back, from the server.
async fn hold(page: &Page) {
    be_patient(page).await;
    let code = r#"
        page.arrived = new Promise((arrive) => {
            const released = new Promise((release) => (page.release = release));
            page.route(args, async (route) => {
                arrive();
                await released;
                await route.continue();
            }, { times: 1 });
        });"#;
    page.run(code, FINISH.into()).await;
}

/// Lets the answer go that is held back.
async fn release(page: &Page) {
    page.run("page.release()", Value::Null).await;
}

#[tokio::test]
async fn who_cancels_or_is_not_recognised_tries_again_as_often_as_need_be() {
    let scene = Scene::set(&[]).await;
    let (page, authenticator) = scene.ready().await;
    authenticator_is(&page, &authenticator, false, true).await;
    press(&page).await;
    shows(&page, "register.waiting").await;
    press(&page).await;
    shows(&page, "register.cancelled").await;
    authenticator_is(&page, &authenticator, true, false).await;
    for _ in 0..12 {
        press(&page).await;
        comes_to(&page, "register.cancelled").await;
    }
    assert_eq!(scene.passkeys().await, [""; 0]);
    authenticator_is(&page, &authenticator, true, true).await;
    press(&page).await;
    shows(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["Linux"]);
}

#[tokio::test]
async fn a_device_that_has_a_passkey_of_the_account_is_told_and_another_can_be_taken() {
    let scene = Scene::set(&[]).await;
    let (page, authenticator) = scene.ready().await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    page.goto(&scene.link().await.whole).await;
    press(&page).await;
    shows(&page, "register.exists").await;
    let remove = r#"await devtools.send("WebAuthn.removeVirtualAuthenticator", args)"#;
    page.run(remove, json!({ "authenticatorId": authenticator })).await;
    page.authenticator(false).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await.len(), 2);
}

#[tokio::test]
async fn an_account_with_as_many_passkeys_as_can_be_makes_room_and_tries_again() {
    let scene = Scene::set(&[("passkeys.max_per_user", "1")]).await;
    let (first, _) = scene.ready().await;
    let (second, _) = scene.ready().await;
    let (third, _) = scene.ready().await;
    hold(&third).await;
    press(&third).await;
    arrived(&third).await;
    press(&first).await;
    comes_to(&first, "register.done").await;
    press(&second).await;
    shows(&second, "register.full").await;
    // This one had begun before, and is refused at the end.
    release(&third).await;
    comes_to(&third, "register.full").await;

    let undo = scene.next_mail(0).await.undo_link();
    first.goto(&undo.whole).await;
    press(&first).await;
    comes_to(&first, "undo.done").await;
    press(&third).await;
    comes_to(&third, "register.done").await;
    press(&second).await;
    comes_to(&second, "register.full").await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_and_one_that_never_came_is_sent_again() {
    let scene = Scene::set(&[]).await;
    for (reached, before) in [(false, 0), (true, 1)] {
        let (page, authenticator) = scene.ready().await;
        let code = r#"
            const [url, reached] = args;
            await page.route(url, async (route) => {
                if (reached) await route.fetch();
                await route.abort();
            }, { times: 1 });"#;
        page.run(code, json!([FINISH, reached])).await;
        press(&page).await;
        comes_to(&page, "register.unsaved").await;
        assert_eq!(scene.passkeys().await.len(), before + usize::from(reached));
        if !reached {
            page.looks_good("register.unsaved").await;
        }
        press(&page).await;
        comes_to(&page, "register.done").await;
        assert_eq!(scene.passkeys().await.len(), before + 1);
        assert_eq!(held(&page, &authenticator).await, 1, "what was registered stays on the device");
    }
}

#[tokio::test]
async fn a_page_that_is_loaded_again_before_the_answer_came_still_has_the_passkey() {
    let scene = Scene::set(&[]).await;
    for reached in [false, true] {
        let (page, authenticator) = scene.ready().await;
        let before = scene.passkeys().await.len();
        keep(&page, FINISH, reached).await;
        press(&page).await;
        arrived(&page).await;
        page.run("await page.reload()", Value::Null).await;
        if !reached {
            comes_to(&page, "register.unsaved").await;
            assert_eq!(scene.passkeys().await.len(), before);
            press(&page).await;
        }
        comes_to(&page, "register.done").await;
        assert_eq!(scene.passkeys().await.len(), before + 1);
        assert_eq!(held(&page, &authenticator).await, 1);
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_forgotten_by_the_device_and_the_next_try_succeeds() {
    let scene = Scene::set(&[]).await;
    let (page, authenticator) = scene.ready().await;
    // Another challenge than the one that was asked.
    let code = r#"
        await page.route(args, async (route) => {
            const body = route.request().postDataJSON();
            const { response } = body.publicKeyCredential;
            const data = JSON.parse(Buffer.from(response.clientDataJSON, "base64url"));
            data.challenge = data.challenge.replace(/^./, (first) => (first === "A" ? "B" : "A"));
            response.clientDataJSON = Buffer.from(JSON.stringify(data)).toString("base64url");
            await route.continue({ postData: JSON.stringify(body) });
        }, { times: 1 });"#;
    page.run(code, FINISH.into()).await;
    press(&page).await;
    shows(&page, "register.failed").await;
    assert_eq!(scene.passkeys().await, [""; 0]);
    assert_eq!(held(&page, &authenticator).await, 0);
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(scene.passkeys().await, ["Linux"]);
}

#[tokio::test]
async fn a_link_that_ends_between_the_ceremony_and_its_answer_adds_nothing_and_says_why() {
    let scene = Scene::set(&[]).await;
    let link = scene.mail().await.register_link();
    let page = scene.open(&link).await;
    comes_to(&page, "register.ready").await;
    hold(&page).await;
    press(&page).await;
    arrived(&page).await;
    scene.passlink.cli(&["link", "revoke", &link.query["codeID"]]).done();
    release(&page).await;
    comes_to(&page, "register.revoked").await;
    assert_eq!(scene.passkeys().await, [""; 0]);
}

#[tokio::test]
async fn a_link_that_another_used_meanwhile_is_told_as_used_however_long_the_ceremony_took() {
    let scene = Scene::set(&[]).await;
    for answered in [true, false] {
        let link = scene.link().await;
        let (own, other) = (scene.device().await, scene.open(&link).await);
        own.goto(&link.whole).await;
        comes_to(&own, "register.ready").await;
        if answered {
            hold(&own).await;
        } else {
            let lose = "await page.route(args, (route) => route.abort(), { times: 1 })";
            own.run(lose, FINISH.into()).await;
        }
        press(&own).await;
        if answered {
            arrived(&own).await;
        } else {
            comes_to(&own, "register.unsaved").await;
        }
        press(&other).await;
        comes_to(&other, "register.done").await;
        scene.passlink.sql("UPDATE ceremonies SET expires_at = begun_at", &[]);
        let before = scene.passkeys().await.len();
        if answered {
            release(&own).await;
        } else {
            press(&own).await;
        }
        comes_to(&own, "register.redeemed").await;
        assert_eq!(scene.passkeys().await.len(), before);
    }
}

#[tokio::test]
async fn where_the_connection_is_not_secure_the_link_leads_to_where_it_is() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let insecure = link.whole.replace("//localhost:", "//login.test:");
    page.goto(&insecure).await;
    shows(&page, "register.insecure").await;
    let field = page.run(r##"return page.locator("#link").inputValue()"##, Value::Null).await;
    assert_eq!(field, insecure.replace("http:", "https:"));
    let code = r#"
        await context.route(/^https:/, (route) => route.fulfill({ body: "secure" }));
        await page.locator("form button").click();
        await page.waitForURL(/^https:/);
        return page.url();"#;
    let secure = page.run(code, Value::Null).await;
    let secure = Link::parse(secure.as_str().unwrap());
    assert!(secure.page.starts_with("https://login.test:"), "{secure:?}");
    assert_eq!((&secure.query["codeID"], &secure.code), (&link.query["codeID"], &link.code));
}

#[tokio::test]
async fn devices_that_can_not_keep_a_passkey_and_sites_that_have_none_are_told_apart() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    page.goto(&link.whole.replace("//localhost:", "//127.0.0.1:")).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    let said = shows(&page, "register.wrong_site").await;
    assert!(said.contains("127.0.0.1:") && said.contains("Copy link"), "{said}");

    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
    // What phones without a screen lock say.
    let code = r#"
        await page.evaluate(() => {
            const { create } = CredentialsContainer.prototype;
            CredentialsContainer.prototype.create = () => {
                CredentialsContainer.prototype.create = create;
                return Promise.reject(new DOMException("no screen lock", "ConstraintError"));
            };
        });"#;
    page.run(code, Value::Null).await;
    press(&page).await;
    let said = shows(&page, "register.unsuitable").await;
    assert!(said.contains("Copy link"), "{said}");
    press(&page).await;
    comes_to(&page, "register.done").await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_or_has_had_enough_is_asked_again() {
    let scene = Scene::set(&[("limits.wrong_codes_per_minute", "1")]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let code = r#"await page.route("**/_inspect", (route) => route.abort(), { times: 1 });"#;
    page.run(code, Value::Null).await;
    page.goto(&link.whole).await;
    shows(&page, "common.unreachable").await;
    press(&page).await;
    comes_to(&page, "register.ready").await;

    let wrong = &link.whole[..link.whole.len() - 1];
    page.goto(wrong).await;
    comes_to(&page, "register.invalid").await;
    page.goto("about:blank").await;
    page.goto(wrong).await;
    shows(&page, "common.too_many").await;
    page.goto("about:blank").await;
    page.goto(&link.whole).await;
    comes_to(&page, "register.ready").await;
}

#[tokio::test]
async fn a_page_too_many_offers_to_try_again_and_keeps_the_link() {
    let mut scene = Scene::set(&[]).await;
    scene.passlink.stop().await;
    scene.passlink = scene.passlink.set("limits.pages_per_minute", "1");
    scene.passlink.start().await;
    let link = scene.link().await;
    let page = scene.open(&link).await;
    comes_to(&page, "register.ready").await;
    page.goto("about:blank").await;
    page.goto(&link.whole).await;
    shows(&page, "common.too_many").await;
    scene.passlink.stop().await;
    scene.passlink = scene.passlink.set("limits.pages_per_minute", "60");
    scene.passlink.start().await;
    press(&page).await;
    comes_to(&page, "register.ready").await;
}

#[tokio::test]
async fn a_page_whose_scripts_or_texts_do_not_come_says_what_to_do() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    for missing in ["**/register.js", "**/api.js", "**/en.json"] {
        let page = scene.device().await;
        let code = r##"
            await page.route(args[0], (route) => route.abort());
            await page.goto(args[1]);
            const words = page.locator(".late");
            if (await words.isVisible()) throw new Error("at once");
            await words.evaluate((it) => it.getAnimations().forEach((animation) => animation.finish()));
            if (!(await words.isVisible())) throw new Error("never");"##;
        page.run(code, json!([missing, link.whole])).await;
        page.looks_good("start").await;
        page.run(r#"await page.unrouteAll(); await page.reload();"#, Value::Null).await;
        comes_to(&page, "register.ready").await;
    }
    let page = scene.browser.page(json!({ "locale": "en-GB", "javaScriptEnabled": false })).await;
    page.goto(&link.whole).await;
    let said = card_text(&page).await;
    assert!(said.starts_with("This page needs JavaScript"), "{said}");
    assert!(!said.contains("One moment"), "{said}");
}
