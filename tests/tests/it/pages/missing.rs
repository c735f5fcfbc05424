//! Paths without a page: browsers are shown one that says so, programs get JSON.

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn a_browser_is_shown_a_page_in_its_language_wherever_there_is_none() {
    let scene = Scene::set(&[]).await;
    let home = scene.passlink.url().replace("127.0.0.1", "localhost");
    let page = scene.browser.page(json!({ "locale": "de-AT" })).await;
    let code = r##"
        const response = await page.goto(args);
        const { lang } = await page.evaluate(() => ({ lang: document.documentElement.lang }));
        const { fontFamily } = await page.locator("h1").evaluate((it) => getComputedStyle(it));
        return [response.status(), lang, fontFamily.includes("system-ui")];"##;
    for (path, status) in [
        ("/index.html", 404),
        ("/passkeys", 404),
        ("/passkeys/", 404),
        ("/passkeys/registrieren?codeID=1", 404),
        ("/wp-admin/setup.php/a", 404),
        ("/wordpress.old/login", 404),
        ("/a//b/%F0%9F%94%91/", 404),
        ("/auth/v1/users/me/passwordless/_send_link", 405),
        ("/v2/users/ada/passkeys", 405),
    ] {
        let seen = page.run(code, format!("{home}{path}").into()).await;
        assert_eq!(seen, json!([status, "de", true]), "{path}");
        comes_to(&page, "common.no_page").await;
    }
    let said = shows(&page, "common.no_page").await;
    assert!(said.contains("Hier ist keine Seite"), "{said}");
    let log = page.run("return log", Value::Null).await;
    let log: Vec<_> = log.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(log.iter().all(|line| line.contains("status of 40")), "{log:?}");

    let page = scene.browser.page(json!({ "locale": "ar", "javaScriptEnabled": false })).await;
    page.goto(&format!("{home}/nowhere")).await;
    let said = card_text(&page).await;
    assert!(said.contains("لا توجد صفحة هنا"), "{said}");
}

#[tokio::test]
async fn a_program_gets_json_and_nobody_gets_more_pages_than_the_limit() {
    let passlink = Passlink::with_mail_dir().set("limits.pages_per_minute", "3").started().await;
    let get = async |method: Method, path: &str, accept: Option<&str>| {
        let request = passlink.request(method, path);
        Answer::to(match accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        })
        .await
    };
    for (method, accept) in [
        (Method::GET, None),
        (Method::GET, Some("*/*")),
        (Method::GET, Some("application/json, text/plain, */*")),
        (Method::GET, Some("application/json, text/html")),
        (Method::POST, Some(BROWSER)),
        (Method::PUT, Some(BROWSER)),
    ] {
        for path in ["/nowhere/", "/nothing", "/nothing.at/all"] {
            let answer = get(method.clone(), path, accept).await;
            let rest = !path.contains('.');
            assert!(!rest || answer.json()["code"] == 5, "{method} {path} {accept:?}: {answer:?}");
            assert!(!rest || answer.status == 404, "{method} {path} {accept:?}: {answer:?}");
            assert!(!answer.headers["content-type"].to_str().unwrap().contains("html"));
        }
    }
    // Calls are answered as before, whatever their callers say they take.
    let answer = get(Method::GET, "/healthz", Some(BROWSER)).await;
    assert_eq!(answer.status, 200);
    for (method, status) in
        [(Method::HEAD, 404), (Method::GET, 404), (Method::GET, 404), (Method::GET, 429)]
    {
        let answer = get(method, "/nothing/at/all", Some(BROWSER)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers.contains_key("content-security-policy"));
    }
    let log = passlink.log();
    assert!(!log.contains("/nothing"), "paths may hold what is not to be told: {log}");
}
