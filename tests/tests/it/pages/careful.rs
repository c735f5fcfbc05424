//! What the pages load, send and leave behind, and that opening them changes nothing.

use super::*;

/// All that a page asked for, and by which header fields.
async fn watched(scene: &Scene) -> Page {
    let page = scene.device().await;
    let code = r#"
        page.asked = [];
        context.on("request", (request) => page.asked.push(
            request.allHeaders().then((headers) => ({ method: request.method(), url: request.url(), headers })),
        ));"#;
    page.run(code, Value::Null).await;
    page
}

#[tokio::test]
async fn a_code_leaves_the_address_bar_and_is_in_no_referer_and_nothing_comes_from_elsewhere() {
    let scene = Scene::set(&[]).await;
    let mail = scene.mail().await;
    let register = mail.register_link();
    let in_query = register.whole.replace("#code=", "&code=");
    let page = watched(&scene).await;
    page.goto(&in_query).await;
    comes_to(&page, "register.ready").await;
    page.goto(&register.whole).await;
    comes_to(&page, "register.ready").await;
    let place = page.run("return [page.url(), await page.title()]", Value::Null).await;
    assert_eq!(place, json!([register.page, "Add a passkey · Passlink"]));
    press(&page).await;
    comes_to(&page, "register.done").await;
    let undo = scene.next_mail(1).await.undo_link();
    let revoke = mail.revoke_link();
    let other = scene.mail().await.revoke_link();
    for (link, states) in [
        (&undo, ["undo.ask", "undo.done"].as_slice()),
        (&revoke, &["register.redeemed"]),
        (&other, &["revoke.ask", "revoke.done"]),
    ] {
        page.goto(&link.whole).await;
        comes_to(&page, states[0]).await;
        assert_eq!(page.run("return page.url()", Value::Null).await, link.page.as_str());
        for state in &states[1..] {
            press(&page).await;
            comes_to(&page, state).await;
        }
    }

    let code = r#"return { asked: await Promise.all(page.asked), log }"#;
    let seen = page.run(code, Value::Null).await;
    let asked = seen["asked"].as_array().unwrap();
    assert!(asked.len() > 20, "{asked:?}");
    let codes = [&register.code, &undo.code, &revoke.code, &other.code];
    for request in asked {
        let url = request["url"].as_str().unwrap();
        assert!(url.starts_with(&scene.passlink.url().replace("127.0.0.1", "localhost")), "{url}");
        let headers = request["headers"].to_string();
        assert!(matches!(request["headers"]["referer"].as_str(), None | Some("")), "{headers}");
        assert!(request["headers"].get("cookie").is_none(), "{headers}");
        for code in codes {
            assert!(!headers.contains(code.as_str()), "{url}: {headers}");
            assert!(!url.contains(code.as_str()) || url == in_query, "{url}");
        }
    }
    assert_eq!(seen["log"], json!([]));
    let kept =
        "return page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])";
    assert_eq!(page.run(kept, Value::Null).await, json!([0, 0, ""]));
}

#[tokio::test]
async fn what_a_page_does_not_hold_itself_is_forbidden_and_told() {
    let scene = Scene::set(&[]).await;
    let page = scene.open(&scene.link().await).await;
    comes_to(&page, "register.ready").await;
    assert_eq!(page.run("return log", Value::Null).await, json!([]), "every state so far is clean");
    let code = r##"
        await page.evaluate(() => {
            const script = document.createElement("script");
            try { script.src = "https://elsewhere.test/x.js" } catch {}
            const image = new Image();
            image.src = "https://elsewhere.test/x.png";
            document.body.append(image);
            const frame = document.createElement("iframe");
            frame.src = "/healthz";
            document.body.append(frame);
            document.body.setAttribute("style", "color: red");
            fetch("https://elsewhere.test/").catch(() => {});
        });
        for (let look = 0; look < 500; look++) {
            if (log.filter((line) => line.startsWith("error: forbidden by")).length >= 5) break;
            await page.waitForTimeout(20);
        }
        return log.filter((line) => line.startsWith("error: forbidden by")).join("\n");"##;
    let told = page.run(code, Value::Null).await;
    for kind in
        ["require-trusted-types-for", "img-src", "frame-src", "connect-src", "style-src-attr"]
    {
        assert!(told.as_str().unwrap().contains(kind), "{kind} in {told}");
    }
    // And nothing frames it, not even what is at home there.
    let other = scene.browser.page(json!({})).await;
    let code = r#"
        const [home, link] = args;
        const inner = `${home}/inner`;
        await page.route(inner, (route) => route.fulfill({ contentType: "text/html", body: "" }));
        await page.route(`${home}/outer`, (route) => route.fulfill({
            contentType: "text/html",
            body: [link, inner].map((address) => `<iframe src="${address}"></iframe>`).join(""),
        }));
        await page.goto(`${home}/outer`);
        return page.frames().slice(1).map((frame) => frame.url().replace(home, ""));"#;
    let link = scene.link().await.whole;
    let home = link.split("/passkeys/").next().unwrap();
    let framed = other.run(code, json!([home, link])).await;
    assert_eq!(framed, json!(["chrome-error://chromewebdata/", "/inner"]));
}

#[tokio::test]
async fn however_often_a_page_is_opened_nothing_changes() {
    let scene = Scene::set(&[("limits.pages_per_minute", "10000")]).await;
    let mail = scene.mail().await;
    let used = scene.open(&scene.link().await).await;
    press(&used).await;
    comes_to(&used, "register.done").await;
    let undo = scene.next_mail(1).await.undo_link();
    let settled = async || {
        let rows = scene.passlink.sql("SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL", &[]);
        (rows == [[0]]).then_some(())
    };
    passlink_tests::until("the mails to be settled", settled).await;
    let before = contents(&scene.passlink);
    let links = [mail.register_link(), mail.revoke_link(), undo];
    for link in &links {
        let query: Vec<_> =
            link.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let path = url_path(&link.page);
        let path = format!("{path}?{}&code={}", query.join("&"), link.code);
        for round in 0..500 {
            let method = if round % 2 == 0 { Method::GET } else { Method::HEAD };
            let answer = Answer::to(scene.passlink.request(method, &path)).await;
            assert_eq!(answer.status, 200);
        }
        let page = scene.open(link).await;
        for _ in 0..3 {
            page.run("await page.reload({ waitUntil: 'networkidle' })", Value::Null).await;
        }
    }
    assert_eq!(contents(&scene.passlink), before);
    let page = scene.open(&links[0]).await;
    comes_to(&page, "register.ready").await;
}

fn url_path(url: &str) -> String {
    format!("/{}", url.splitn(4, '/').nth(3).unwrap())
}

/// All rows that pages could have changed.
fn contents(passlink: &Passlink) -> Vec<Vec<Vec<Value>>> {
    let tables = ["users", "links", "passkeys", "ceremonies", "events", "outbox"];
    tables.map(|table| passlink.sql(&format!("SELECT * FROM {table} ORDER BY 1, 2"), &[])).to_vec()
}
