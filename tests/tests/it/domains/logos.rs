//! A logo is a file of the operator's, in which nothing runs.

use passlink_tests::Browser;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const SCRIPTED: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" onload="globalThis.ran = true">
<script>globalThis.ran = true; fetch("URL/by-script");</script>
<image href="URL/by-image" width="10" height="10"/>
<style>path { fill: url(URL/by-style) } @import "URL/by-import";</style>
<rect width="120" height="40" fill="#b3123f"/></svg>"##;

/// An installation without users whose first domain has this file for a logo.
fn with_logo(name: &str, content: &[u8]) -> Passlink {
    let passlink = Passlink::with_mail_dir();
    let path = passlink.dir().join(name);
    fs::write(&path, content).unwrap();
    let brand = json!({ "brand": { "name": "Acme", "logo": path.display().to_string() } });
    let domains = [domain(&passlink, ACME, "acme", brand)];
    with_domains(passlink, &domains)
}

#[tokio::test]
async fn the_script_in_a_logo_runs_nowhere_and_loads_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let first = tokio::spawn(first_request(listener));
    let svg = SCRIPTED.replace("URL", &url);
    let passlink = with_logo("acme.svg", svg.as_bytes()).started().await;
    let page = Browser::start().await.page(json!({})).await;
    let code = r##"
        await page.goto(args);
        const logo = await page.locator("header img").evaluate(async (img) => {
            await img.decode();
            return [img.src, img.naturalWidth > 0];
        });
        const response = await page.goto(logo[0]);
        const ran = await page.evaluate(() => ({ ran: globalThis.ran ?? false, origin: globalThis.origin }));
        return { logo, headers: response.headers(), ran };"##;
    let register = format!("{}/passkeys/register", passlink.at(ACME).url());
    let seen = page.run(code, register.into()).await;
    assert_eq!(seen["logo"][1], true, "{seen}");
    assert_eq!(seen["ran"], json!({ "ran": false, "origin": "null" }), "{seen}");
    let policy = seen["headers"]["content-security-policy"].as_str().unwrap();
    let words: Vec<_> = policy.split("; ").collect();
    assert!(words.contains(&"sandbox") && words.contains(&"default-src 'none'"), "{policy}");
    assert_eq!(seen["headers"]["x-content-type-options"], "nosniff");
    assert_eq!(seen["headers"]["content-type"], "image/svg+xml");
    page.goto(&format!("{url}/by-the-test")).await;
    let first = first.await.unwrap();
    assert!(first.starts_with("GET /by-the-test "), "the logo loaded something: {first}");
}

/// The first request that comes, which is answered.
async fn first_request(listener: TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 1024];
    let length = stream.read(&mut request).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    String::from_utf8_lossy(&request[..length]).into_owned()
}

#[tokio::test]
async fn a_file_that_is_no_logo_is_told_by_the_check_and_stops_the_start() {
    let png = BASE64_STANDARD.decode(PNG).unwrap();
    for (name, content, why) in [
        ("large.png", vec![0; 20 << 20], "has 20480 KiB, and a logo has at most 256 KiB: make it"),
        ("logo.txt", b"A logo.".to_vec(), "is neither an SVG nor a PNG: save it as one of these"),
        ("broken.png", png[..40].to_vec(), "is a PNG that can't be read, maybe a part is missing"),
        (
            "empty.svg",
            SVG.replace("path", "text").into_bytes(),
            "draws nothing: text in an SVG must",
        ),
    ] {
        let passlink = with_logo(name, &content);
        let checked = passlink.cli(&["config", "check"]).failed(1);
        assert!(checked.contains(why), "{name}: {checked}");
        assert!(checked.contains("domains[0].brand.logo"), "{name}: {checked}");
        let served = passlink.cli(&["serve"]).failed(1);
        assert!(served.contains(why) && served.contains("domains[0].brand.logo"), "{served}");
    }
    let passlink = with_logo("gone.svg", b"");
    fs::remove_file(passlink.dir().join("gone.svg")).unwrap();
    let checked = passlink.cli(&["config", "check"]).failed(1);
    assert!(
        checked.contains("domains[0].brand.logo") && checked.contains("can't be read"),
        "{checked}"
    );
}
