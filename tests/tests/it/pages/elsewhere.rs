//! In a browser that can't create passkeys, the link is there to be taken to another one.

use passlink_tests::read_code;

use super::*;

#[tokio::test]
async fn without_webauthn_the_link_is_in_the_address_bar_in_a_field_and_in_a_code() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = without_webauthn(&scene, json!({ "locale": "en-GB" })).await;
    let code = r#"
        page.asked = [];
        context.on("request", (request) => page.asked.push(
            request.allHeaders().then((headers) => request.url() + JSON.stringify(headers)),
        ));
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);"#;
    page.run(code, Value::Null).await;
    page.goto(&link.whole).await;
    let said = shows(&page, "register.unsupported").await;
    assert!(!said.contains("inside"), "it is in no app: {said}");
    for way in ["await page.reload()", "await page.goto('about:blank'); await page.goBack()"] {
        page.run(way, Value::Null).await;
        comes_to(&page, "register.unsupported").await;
        assert_eq!(url(&page).await, link.whole, "{way}");
    }
    assert_eq!(page.code_in("svg.code").await, short(&link));
    page.run(r#"await page.emulateMedia({ colorScheme: "dark" })"#, Value::Null).await;
    assert_eq!(page.code_in("svg.code").await, short(&link));

    let code = r##"
        const field = page.locator("#link");
        const focused = await page.evaluate(() => document.activeElement.localName);
        await page.keyboard.press("Tab");
        const selected = await field.evaluate((it) =>
            [document.activeElement === it, it.value.slice(it.selectionStart, it.selectionEnd), it.readOnly]);
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await page.locator("#announcement", { hasText: "The link is copied." }).waitFor();
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        return { focused, selected, copied };"##;
    let seen = page.run(code, Value::Null).await;
    assert_eq!(seen["focused"], "h1");
    assert_eq!(seen["selected"], json!([true, link.whole, true]));
    assert_eq!(seen["copied"], link.whole);
    page.looks_good("register.unsupported.copied").await;

    // Files that are loaded from now on don't tell it to anybody.
    let code = r##"
        await page.locator("#language").selectOption("ar");
        await page.locator("html[lang=ar]").waitFor();"##;
    page.run(code, Value::Null).await;
    shows_as(&page, "register.unsupported", "register.unsupported-ar").await;
    let asked = page.run("return Promise.all(page.asked)", Value::Null).await;
    let asked = asked.to_string();
    assert!(asked.contains("ar.json") && !asked.contains(&link.code), "{asked}");
    assert_eq!(page.run("return log", Value::Null).await, json!([]));
    let kept = "return page.evaluate(() => [localStorage.length, sessionStorage.length])";
    assert_eq!(page.run(kept, Value::Null).await, json!([0, 0]));

    let elsewhere = scene.open(&Link { whole: url(&page).await, ..link }).await;
    comes_to(&elsewhere, "register.ready").await;
    press(&elsewhere).await;
    comes_to(&elsewhere, "register.done").await;
}

#[tokio::test]
async fn where_copying_is_refused_the_link_is_marked_and_where_it_has_no_new_way_the_old_one_goes()
{
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    for (missing, old, announced) in [
        (true, true, "The link is copied."),
        (false, true, "The link is copied."),
        (true, false, "Please copy the marked link yourself."),
        (false, false, "Please copy the marked link yourself."),
    ] {
        let page = without_webauthn(&scene, json!({ "locale": "en-GB" })).await;
        let code = r#"
            await context.addInitScript(([missing, old]) => {
                const refuse = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
                const clipboard = missing ? undefined : { writeText: refuse };
                Object.defineProperty(navigator, "clipboard", { value: clipboard });
                document.execCommand = () => old;
            }, args);"#;
        page.run(code, json!([missing, old])).await;
        page.goto(&link.whole).await;
        comes_to(&page, "register.unsupported").await;
        let code = r##"
            await page.locator(".elsewhere button").click();
            await page.locator("#announcement", { hasText: args }).waitFor();
            return page.locator("#link").evaluate((it) =>
                [document.activeElement === it, it.value.slice(it.selectionStart, it.selectionEnd)]);"##;
        let selected = page.run(code, announced.into()).await;
        if !old {
            assert_eq!(selected, json!([true, link.whole]));
            page.looks_good("register.unsupported.refused").await;
        }
    }
}

#[tokio::test]
async fn a_link_is_put_back_with_all_that_came_with_it_whatever_a_mail_program_did_to_it() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let more = "?loginname=ada%40example.com&prompt=a%23b&";
    let whole = link.whole.replace('?', more);
    let page = without_webauthn(&scene, json!({ "locale": "en-GB" })).await;
    for came in [
        whole.clone(),
        whole.replace("#code=", "%23code="),
        whole.replace("#code=", "&code="),
        format!("{whole}."),
    ] {
        page.goto("about:blank").await;
        page.goto(&came).await;
        comes_to(&page, "register.unsupported").await;
        assert_eq!(url(&page).await, whole, "{came}");
        assert_eq!(page.code_in("svg.code").await, short(&link), "the code is easy to read");
    }
}

/// Has the browser refuse the next passkey with an error, or with nothing at all where that has no
/// name, after so many milliseconds.
async fn refuse(page: &Page, error: &str, after: u32) {
    let code = r#"
        await page.evaluate(([error, after]) => {
            const { create } = CredentialsContainer.prototype;
            CredentialsContainer.prototype.create = async () => {
                CredentialsContainer.prototype.create = create;
                if (after) await new Promise((resolve) => setTimeout(resolve, after));
                if (!error) return null;
                throw new DOMException("refused", error);
            };
        }, args);"#;
    page.run(code, json!([error, after])).await;
}

#[tokio::test]
async fn a_browser_that_refuses_at_once_shows_the_link_and_hides_it_for_another_try() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.open(&link).await;
    let offered = r##"return page.locator("#link").count()"##;
    for (error, after, state, offers) in [
        ("NotAllowedError", 0, "register.cancelled", 1),
        ("NotAllowedError", 1500, "register.cancelled", 0),
        ("", 0, "register.cancelled", 1),
        ("", 1500, "register.cancelled", 0),
        ("UnknownError", 0, "register.failed", 1),
        ("ConstraintError", 0, "register.unsuitable", 1),
        ("InvalidStateError", 0, "register.exists", 1),
        ("SecurityError", 0, "register.wrong_site", 1),
    ] {
        page.goto("about:blank").await;
        page.goto(&link.whole).await;
        comes_to(&page, "register.ready").await;
        refuse(&page, error, after).await;
        press(&page).await;
        shows_as(&page, state, &format!("{state}.link-{offers}")).await;
        assert_eq!(page.run(offered, Value::Null).await, offers, "{error} after {after} ms");
        let place = if offers == 1 { &link.whole } else { &link.page };
        assert_eq!(&url(&page).await, place, "{error} after {after} ms");
        page.run("await page.reload()", Value::Null).await;
        comes_to(&page, "register.ready").await;
        assert_eq!(url(&page).await, link.page);
    }
    refuse(&page, "NotAllowedError", 0).await;
    press(&page).await;
    comes_to(&page, "register.cancelled").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(url(&page).await, named(&link));
}

#[tokio::test]
async fn a_camera_reads_codes_of_every_size() {
    // What fits into each version at the lowest level of correction (ISO/IEC 18004, table 7).
    let most = [
        17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792,
        858, 929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068, 2188,
        2303, 2431, 2563, 2699, 2809, 2953,
    ];
    let letters = |length: usize| -> String {
        (0..length).map(|at| char::from(b'!' + ((at * at + 7 * at) % 94) as u8)).collect()
    };
    let mut texts: Vec<_> = most.into_iter().map(letters).collect();
    texts.extend(["a".to_owned(), letters(18), "https://例え.example/#code=é".to_owned()]);
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    let code = r#"
        return page.evaluate(async (texts) => {
            const { src } = document.querySelector("script[type=module]");
            const { qrCode } = await import(new URL("qr.js", src));
            if (qrCode("x".repeat(2954)) !== undefined) throw new Error("too long for a code");
            return texts.map((text) => qrCode(text).map((row) => row.join("")));
        }, args);"#;
    let codes = page.run(code, json!(texts)).await;
    for (index, text) in texts.iter().enumerate() {
        let rows: Vec<_> = codes[index].as_array().unwrap().iter().collect();
        let dark = |y: usize, x: usize| rows[y].as_str().unwrap().as_bytes()[x] == b'1';
        if index < most.len() {
            assert_eq!(rows.len(), 4 * (index + 1) + 17, "{} octets", text.len());
        }
        let size = rows.len();
        let module = |pixel: usize| (pixel / 3).checked_sub(4).filter(|at| *at < size);
        let read = read_code(3 * (size + 8), 3 * (size + 8), |x, y| match (module(y), module(x)) {
            (Some(y), Some(x)) if dark(y, x) => 20,
            _ => 230,
        });
        assert_eq!(&read, text);
    }
}
