//! In the browser of an app, the way out of the app is named, as far as the browser tells which it is.

use super::*;

const IOS: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const VIEW: &str = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 Mobile Safari/537.36";
const CHROME: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36";

#[tokio::test]
async fn the_app_around_the_page_is_told_by_what_its_browser_says() {
    let apps = [
        (IOS, "Mobile/15E148 [FBAN/FBIOS;FBAV/465.0.1;FBBV/602060281]", Some("Facebook")),
        (VIEW, "[FB_IAB/FB4A;FBAV/465.0.0.59.85;]", Some("Facebook")),
        (IOS, "Mobile/15E148 [FBAN/MessengerForiOS;FBAV/460.0;]", Some("Messenger")),
        (VIEW, "[FB_IAB/Orca-Android;FBAV/460.0;]", Some("Messenger")),
        (IOS, "Mobile/15E148 Instagram 334.0.4.32.98 (iPhone15,2)", Some("Instagram")),
        (VIEW, "Instagram 334.0.0.42.95 Android", Some("Instagram")),
        (IOS, "Mobile/15E148 Safari Line/14.8.0", Some("LINE")),
        (VIEW, "Line/14.8.1/IAB", Some("LINE")),
        (IOS, "Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI", Some("WeChat")),
        (VIEW, "Slack/24.05", Some("Slack")),
        (IOS, "Mobile/15E148 [LinkedInApp]/9.29.6500", Some("LinkedIn")),
        (VIEW, "musical_ly_2023405020 BytedanceWebview/d8a21c6", Some("TikTok")),
        (IOS, "Mobile/15E148 Snapchat/12.88.0.34", Some("Snapchat")),
        (IOS, "Mobile/15E148 [Pinterest/iOS]", Some("Pinterest")),
        (IOS, "Mobile/15E148 Twitter for iPhone/10.43", Some("X")),
        (VIEW, "TwitterAndroid", Some("X")),
        (VIEW, "Telegram-Android/10.13.0", Some("Telegram")),
        (VIEW, "KAKAOTALK/10.8.3 (INAPP)", Some("KakaoTalk")),
        (IOS, "Mobile/15E148 Outlook-iOS/2.0", Some("Outlook")),
        (IOS, "GSA/320.0.6 Mobile/15E148 Safari/604.1", Some("Google")),
        (VIEW, "", Some("")),
        (IOS, "Mobile/15E148", Some("")),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "",
            Some(""),
        ),
        (IOS, "Version/17.5 Mobile/15E148 Safari/604.1", None),
        (IOS, "CriOS/125.0.6422.51 Mobile/15E148 Safari/604.1", None),
        (IOS, "FxiOS/126.0 Mobile/15E148 Safari/605.1.15", None),
        (CHROME, "", None),
        (CHROME, "EdgA/125.0.0.0", None),
        (CHROME, "SamsungBrowser/25.0", None),
        ("Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0", "", None),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0", "", None),
    ];
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    let code = r#"
        return page.evaluate(async (agents) => {
            const { src } = document.querySelector("script[type=module]");
            const { surroundingApp } = await import(new URL("inapp.js", src));
            return agents.map((userAgent) => surroundingApp({ userAgent }) ?? null);
        }, args);"#;
    let agents: Vec<_> = apps.iter().map(|(start, end, _)| format!("{start} {end}")).collect();
    let told = page.run(code, json!(agents)).await;
    for ((agent, (.., expected)), told) in agents.iter().zip(apps).zip(told.as_array().unwrap()) {
        assert_eq!(told.as_str(), expected, "{agent}");
    }
}

/// What the card says in a browser that calls itself this, in a language.
async fn said_in(scene: &Scene, agent: &str, locale: &str, link: &Link) -> (Page, String) {
    let page = without_webauthn(scene, json!({ "locale": locale, "userAgent": agent })).await;
    page.goto(&link.whole).await;
    comes_to(&page, "register.unsupported").await;
    let said = card_text(&page).await;
    (page, said)
}

#[tokio::test]
async fn each_app_has_its_way_out_named() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let dots = "Tap ⋯ at the top right, then choose to open the page in the browser: the link goes";
    let upright = dots.replace('⋯', "⋮");
    let below = upright.replace("top", "bottom");
    let compass =
        "Tap the compass at the bottom right: the page opens in the browser, and the link";
    let menu = "Choose in its menu to open it in the browser: the link goes";
    for (mark, app, on_apple, on_android) in [
        ("Gmail/6.0", "the app Gmail", compass, &*upright),
        ("Outlook-iOS/2.0", "the app Outlook", compass, &upright),
        ("Instagram 334.0.4.32.98", "the app Instagram", dots, dots),
        ("[FBAN/FBIOS;FBAV/465.0.1]", "the app Facebook", dots, dots),
        ("[FB_IAB/Orca-Android;FBAV/460.0;]", "the app Messenger", dots, dots),
        ("Barcelona 334.0.0.42.95", "the app Threads", dots, dots),
        ("Line/14.8.0", "the app LINE", &below, &upright),
        ("MicroMessenger/8.0.49(0x18003137)", "the app WeChat", dots, dots),
        ("Slack/24.05", "the app Slack", compass, &upright),
        ("Snapchat/12.88.0.34", "the app Snapchat", menu, menu),
        ("", "another app", menu, menu),
    ] {
        for (system, way) in [(IOS, on_apple), (VIEW, on_android)] {
            let agent = format!("{system} {mark}");
            let (_, said) = said_in(&scene, &agent, "en-GB", &link).await;
            let app = format!("This page is open inside {app}.");
            assert!(said.contains(&app) && said.contains(way), "{way} in {agent}: {said}");
        }
    }
}

#[tokio::test]
async fn the_way_out_of_an_app_looks_good_in_all_directions() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    for (system, mark, locale, way) in [
        (IOS, "Instagram 334.0.4.32.98", "en-GB", "⋯ at the top right"),
        (IOS, "Slack/24.05", "en-GB", "the compass"),
        (VIEW, "MicroMessenger/8.0.49(0x18003137)", "zh-CN", "右上角的 ⋯"),
        (VIEW, "Outlook-Android/2.0", "ar", "⋮ في الزاوية العليا"),
        (VIEW, "", "en-GB", "another app"),
    ] {
        let (page, said) = said_in(&scene, &format!("{system} {mark}"), locale, &link).await;
        assert!(said.contains(way), "{way} in {said}");
        let mark = mark.split(['/', ' ']).next().unwrap();
        page.looks_good(&format!("register.unsupported.in-{mark}-{locale}")).await;
    }
}

#[tokio::test]
async fn line_is_asked_to_open_the_browser_by_itself() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let agent = format!("{IOS} Mobile/15E148 Safari Line/14.8.0");
    let page = without_webauthn(&scene, json!({ "locale": "he-IL", "userAgent": agent })).await;
    page.goto(&link.whole).await;
    shows_as(&page, "register.unsupported", "register.unsupported.line-he").await;
    let code = r##"
        const asked = page.waitForRequest(/openExternalBrowser=1/);
        await page.locator("#card").evaluate((card) => (card.dataset.state = "pressed"));
        await page.locator(".elsewhere button").first().click();
        return (await asked).url();"##;
    let asked = page.run(code, Value::Null).await;
    assert!(asked.as_str().unwrap().contains(&link.query["codeID"]), "{asked}");
    // It does not follow here, and nothing is lost.
    comes_to(&page, "register.unsupported").await;
    assert_eq!(url(&page).await, link.whole.replace('#', "&openExternalBrowser=1#"));
}

#[tokio::test]
async fn in_an_app_that_may_create_a_passkey_the_link_can_be_taken_out_of_it_until_it_is_used() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let agent = format!("{IOS} Mobile/15E148 Instagram 334.0.4.32.98 (iPhone15,2)");
    let page = scene.browser.page(json!({ "locale": "en-GB", "userAgent": agent })).await;
    let authenticator = page.authenticator(true).await;
    authenticator_is(&page, &authenticator, false, true).await;
    let unreachable = r#"await page.route("**/_inspect", (route) => route.abort(), { times: 1 })"#;
    page.run(unreachable, Value::Null).await;
    page.goto(&link.whole).await;
    for state in ["common.unreachable", "register.ready", "register.waiting", "register.cancelled"]
    {
        comes_to(&page, state).await;
        assert_eq!(url(&page).await, link.whole, "{state}");
        press(&page).await;
    }
    comes_to(&page, "register.waiting").await;
    assert_eq!(url(&page).await, link.whole);
    page.run("await page.reload()", Value::Null).await;
    let said = shows_as(&page, "register.ready", "register.ready.in-Instagram").await;
    assert!(said.contains("inside the app Instagram") && said.contains("Tap ⋯"), "{said}");
    let offered = r##"return page.locator("#link, svg.code").count()"##;
    assert_eq!(page.run(offered, Value::Null).await, 0, "{said}");

    let other = scene.browser.page(json!({ "locale": "en-GB" })).await;
    other.goto(&url(&page).await).await;
    comes_to(&other, "register.ready").await;
    assert!(!card_text(&other).await.contains("inside"), "it is in no app");
    assert_eq!(url(&other).await, link.page);

    authenticator_is(&page, &authenticator, true, true).await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(url(&page).await, named(&link));
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "register.done").await;
    assert_eq!(url(&page).await, named(&link));
}

#[tokio::test]
async fn line_opens_the_browser_by_itself_also_where_it_may_create_a_passkey() {
    let scene = Scene::set(&[]).await;
    let agent = format!("{IOS} Mobile/15E148 Safari Line/14.8.0");
    let page = scene.browser.page(json!({ "locale": "en-GB", "userAgent": agent })).await;
    page.authenticator(true).await;
    page.goto(&scene.link().await.whole).await;
    shows_as(&page, "register.ready", "register.ready.in-Line").await;
    let code = r##"
        const asked = page.waitForRequest(/openExternalBrowser=1/);
        await page.locator("#card").evaluate((card) => (card.dataset.state = "pressed"));
        await page.locator(".elsewhere button").click();
        await asked;"##;
    page.run(code, Value::Null).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
}

/// A page in an app, whose browser never creates anything: `ends` says how it takes an end to that.
async fn hanging(scene: &Scene, ends: &str) -> (Page, String) {
    let agent = format!("{IOS} Mobile/15E148 Instagram 334.0.4.32.98 (iPhone15,2)");
    let page = scene.browser.page(json!({ "locale": "en-GB", "userAgent": agent })).await;
    let authenticator = page.authenticator(true).await;
    let code = r#"
        await page.clock.install();
        await context.addInitScript((ends) => {
            const { create } = CredentialsContainer.prototype;
            CredentialsContainer.prototype.create = async function ({ publicKey, signal }) {
                const created = ends === "late" && (await create.call(this, { publicKey }));
                document.documentElement.dataset.asked = "";
                return new Promise((resolve, reject) => {
                    globalThis.release = () => resolve(created);
                    const error = new DOMException("ended", "AbortError");
                    if (ends === "heeds") signal.addEventListener("abort", () => reject(error));
                });
            };
        }, args);"#;
    page.run(code, ends.into()).await;
    (page, authenticator)
}

#[tokio::test]
async fn a_browser_in_an_app_that_never_creates_a_passkey_shows_the_link_when_the_wait_ends() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    for (ends, cancelled) in
        [("heeds", true), ("never", true), ("heeds", false), ("never", false), ("late", true)]
    {
        let (page, authenticator) = hanging(&scene, ends).await;
        page.goto(&link.whole).await;
        comes_to(&page, "register.ready").await;
        press(&page).await;
        comes_to(&page, "register.waiting").await;
        let asked = r#"await page.locator("html[data-asked]").waitFor({ state: "attached" })"#;
        page.run(asked, Value::Null).await;
        if cancelled {
            press(&page).await;
        } else {
            page.run("await page.clock.fastForward(args)", (5 * 60 * 1000).into()).await;
        }
        comes_to(&page, "register.cancelled").await;
        assert!(card_text(&page).await.contains("inside the app Instagram"), "{ends}");
        assert_eq!(page.code_in("svg.code").await, short(&link), "{ends}");
        assert_eq!(url(&page).await, link.whole, "{ends}");
        if ends == "late" {
            // What is created after all is of no use, and does not stay on the device.
            assert_eq!(held(&page, &authenticator).await, 1);
            page.run("await page.evaluate(() => globalThis.release())", Value::Null).await;
            let gone = async || (held(&page, &authenticator).await == 0).then_some(());
            passlink_tests::until("the passkey to be forgotten", gone).await;
        }
    }
    assert_eq!(scene.passkeys().await, [""; 0]);
}
