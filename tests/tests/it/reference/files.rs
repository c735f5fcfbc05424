//! What can be fetched beside the page, and how it is kept.

use std::process::Command;

use passlink_tests::client;
use tempfile::TempDir;

use super::*;

const ALL: [(&str, &str); 6] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/openapi.json", "application/json"),
    ("/openapi.yaml", "application/yaml"),
    ("/docs/passlink.postman_collection.json", "application/json"),
    ("/docs/passlink-proto.tar.gz", "application/gzip"),
    ("/docs/proto/zitadel/auth.proto", "text/plain; charset=utf-8"),
];

#[tokio::test]
async fn who_has_it_already_gets_it_no_second_time() {
    let (passlink, _) = server().await;
    for (path, media_type) in ALL {
        let first = passlink.request(Method::GET, path).send().await.unwrap();
        assert_eq!(first.status(), 200, "{path}");
        assert_eq!(first.headers()["content-type"], media_type);
        assert_eq!(first.headers()["cache-control"], "no-cache");
        assert_eq!(first.headers()["x-content-type-options"], "nosniff");
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        for (known, status) in [
            (tag.clone(), 304),
            (format!("W/\"other\", {tag}"), 304),
            ("*".to_owned(), 304),
            ("W/\"other\"".to_owned(), 200),
        ] {
            let request = passlink.request(Method::GET, path).header("if-none-match", &known);
            let again = Answer::to(request).await;
            assert_eq!((again.status, again.header("etag")), (status, Some(&*tag)), "{path}");
            assert_eq!(again.text.is_empty(), status == 304, "{path}");
        }
    }
}

#[tokio::test]
async fn who_takes_gzip_gets_a_tenth_of_the_page() {
    let (passlink, _) = server().await;
    let html = html(&passlink).await;
    let (_, rest) = html.split_once("<script type=\"module\" src=\"").unwrap();
    let script = format!("/{}", rest.split_once('"').unwrap().0);
    for (path, least) in [("/docs", 8), ("/openapi.json", 8), ("/openapi.yaml", 8), (&script, 2)] {
        let plain = Answer::to(passlink.request(Method::GET, path)).await;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert!(plain.header("vary").unwrap().contains("accept-encoding"), "{path}");
        let request = passlink.request(Method::GET, path).header("accept-encoding", "br, gzip");
        let packed = request.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
        let packed = packed.bytes().await.unwrap().len();
        assert!(packed * least < plain.text.len(), "{path}: {packed} of {}", plain.text.len());
    }
}

#[tokio::test]
async fn the_proto_files_are_those_that_the_server_was_built_from() {
    let (passlink, _) = server().await;
    let request = passlink.request(Method::GET, "/docs/passlink-proto.tar.gz");
    // As it is, also for who takes it compressed once more.
    let request = request.header("accept-encoding", "gzip");
    let archive = Answer::octets(request).await;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("archive"), archive).unwrap();
    let mut command = Command::new("tar");
    command.args(["--extract", "--file", "archive"]).current_dir(folder.path());
    Output::of(command).done();
    let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/proto");
    let mut compared = 0;
    for file in passlink_tests::secrets::files(&ours) {
        let name = file.strip_prefix(&ours).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text, "{name:?}");
        let served = passlink.get(&format!("/docs/proto/{}", name.display())).await;
        assert_eq!(served.text, text, "{name:?}");
        compared += 1;
    }
    assert!(compared > 8, "{compared}");
    for path in ["/docs/proto/none.proto", "/docs/proto/%2e%2e/Cargo.toml", "/docs/proto/%ff"] {
        let answer = passlink.get(path).await;
        answer.assert_error(404, 5, "Errors.Request.NotFound", "REQUEST-NotFound");
    }
}

/// By paths that also lead there behind a proxy that puts a path before all.
#[tokio::test]
async fn the_root_leads_to_the_page() {
    let (passlink, _) = server().await;
    for (path, page) in [("/", "docs"), ("/docs/", "../docs")] {
        for accept in ["text/html", "*/*"] {
            let request = passlink.request(Method::GET, path).header("accept", accept);
            let answer = Answer::to(request).await;
            assert_eq!((answer.status, answer.header("location")), (307, Some(page)));
        }
    }
}

#[tokio::test]
async fn the_page_can_be_switched_off_and_the_document_stays() {
    let passlink = Passlink::with_mail_dir().set("server.docs", "false").started().await;
    for path in ["/", "/docs", "/docs/passlink-proto.tar.gz", "/docs/proto/zitadel/auth.proto"] {
        passlink.get(path).await.assert_error(
            404,
            5,
            "Errors.Request.NotFound",
            "REQUEST-NotFound",
        );
        let request = passlink.request(Method::GET, path).header("accept", "text/html");
        assert_eq!(Answer::to(request).await.status, 404, "{path}");
    }
    for path in ["/openapi.json", "/openapi.yaml"] {
        assert_eq!(passlink.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn nobody_gets_more_pages_than_the_limit() {
    let passlink = Passlink::with_mail_dir().set("limits.pages_per_minute", "3").started().await;
    for _ in 0..3 {
        assert_eq!(passlink.get("/docs").await.status, 200);
    }
    for (path, _) in ALL {
        let answer = passlink.get(path).await;
        assert_eq!(answer.status, 429, "{path}");
        // Its page finds what it loads from there.
        let (_, style) = answer.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
        let style = style.split_once('"').unwrap().0;
        let url: url::Url = format!("{}{path}", passlink.url()).parse().unwrap();
        let style = passlink.get(url.join(style).unwrap().path()).await;
        assert_eq!(style.status, 200, "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
}

#[tokio::test]
async fn each_domain_tells_of_itself() {
    let domains = json!([
        { "host": "acme.localhost", "organisation": "acme", "brand": { "name": "Acme <Sign-in>" } },
        { "host": "globex.localhost", "organisation": "globex" },
    ]);
    let passlink = Passlink::with_mail_dir().without("server.public_url");
    let passlink = passlink.set("domains", &domains.to_string()).started().await;
    for (host, name) in [("acme.localhost", "Acme &lt;Sign-in&gt;"), ("globex.localhost", "")] {
        let site = passlink.at(host);
        let document = site.get("/openapi.json").await.json();
        let server = document["servers"][0]["url"].as_str().unwrap().to_owned();
        assert!(server.contains(host), "{server}");
        let page = site.get("/docs").await.text;
        assert!(page.contains(name) && page.contains(&server), "{host}");
        assert!(code(&page, &["<h3>grpcurl</h3>"]).contains(&format!("{host}:")), "{host}");
    }
    let unknown = client().get(format!("http://unknown.localhost:{}/docs", passlink.port()));
    let answer = Answer::to(unknown).await;
    answer.assert_error(404, 5, "Errors.Instance.NotFound", "INSTANCE-NotFound");
}
