use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use axum::body::{Body, to_bytes};
use http::{
    Method, Request,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER},
};
use jiff::Timestamp;
use passlink_application::ports::Clock;
use serde_json::Value;
use tower::ServiceExt;

use super::*;

/// What a state may say.
const PARTS: [&str; 4] = ["heading", "text", "button", "note"];

/// Time stands still, so that a minute never ends.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }
}

/// The pages, of which a client gets so many in a minute.
fn pages(most: u32) -> Router {
    let site = shown_by(most);
    site.pages.merge(site.assets)
}

fn shown_by(most: u32) -> Site {
    site_of(&Brand::named("Example <b>"), most)
}

fn site_of(brand: &Brand, most: u32) -> Site {
    site(brand.clone(), Arc::new(Limiter::per_minute(most, Arc::new(Still))))
}

/// Where the assets are whose brand has a name alone.
fn base() -> String {
    assets::Assets::of(&Brand::named("Example")).base()
}

async fn answer(method: Method, path: &str, languages: &str) -> (StatusCode, HeaderMap, String) {
    answer_of(pages(1), method, path, languages).await
}

async fn answer_of(
    router: Router,
    method: Method,
    path: &str,
    languages: &str,
) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).header(ACCEPT_LANGUAGE, languages);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

/// All texts of a language, by dotted keys.
fn texts(language: &str) -> BTreeMap<String, String> {
    fn collect(value: &Value, key: String, texts: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    let separator = if key.is_empty() { "" } else { "." };
                    collect(value, format!("{key}{separator}{name}"), texts);
                }
            }
            Value::String(text) => {
                texts.insert(key, text.clone());
            }
            other => panic!("{key} is {other}"),
        }
    }
    let mut texts = BTreeMap::new();
    let catalogue = assets::texts(language).unwrap();
    collect(&serde_json::from_slice(&catalogue).expect(language), String::new(), &mut texts);
    texts
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split_once('}').expect(text).0).collect()
}

/// What stands between quotation marks in the scripts.
fn quoted_in_scripts() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/inbound/web/assets");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts = files.filter(|path| path.extension().is_some_and(|it| it == "js"));
    let quoted = scripts.flat_map(|path| {
        let script = std::fs::read_to_string(path).unwrap();
        script.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    });
    quoted.collect()
}

/// What looks like a key of the texts in the scripts.
fn keys_in_scripts() -> BTreeSet<String> {
    let sections = ["common.", "labels.", "register.", "revoke.", "undo."];
    let quoted = quoted_in_scripts().into_iter();
    quoted.filter(|key| sections.iter().any(|it| key.starts_with(it))).collect()
}

#[test]
fn every_language_says_all_that_english_says_with_the_same_values() {
    let english = texts("en");
    for language in assets::languages() {
        let texts = texts(&language);
        assert_eq!(
            texts.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "{language}"
        );
        for (key, text) in &texts {
            assert_eq!(placeholders(text), placeholders(&english[key]), "{language} {key}");
            assert!(!text.trim().is_empty() && text.trim() == text, "{language} {key}: {text:?}");
        }
    }
}

#[test]
fn the_scripts_say_every_text_and_there_is_one_for_all_that_they_say() {
    let english = texts("en");
    let mut known = BTreeSet::new();
    let of_frame = |key: &str| {
        let sections = ["direction", "name", "noscript.", "stuck.", "common.no_page."];
        sections.iter().any(|it| key.starts_with(it))
    };
    for key in english.keys().filter(|key| !of_frame(key)) {
        let (state, part) = key.rsplit_once('.').unwrap();
        match state {
            "labels" => known.insert(key.clone()),
            _ => {
                assert!(PARTS.contains(&part), "{key}");
                assert!(english.contains_key(&format!("{state}.heading")), "{key}");
                known.insert(state.to_owned())
            }
        };
    }
    assert_eq!(keys_in_scripts(), known);
}

#[test]
fn a_page_is_in_the_language_that_the_browser_likes_best() {
    let languages = ["de", "en", "he", "id", "zh"].map(str::to_owned);
    for (wanted, best) in [
        ("de", "de"),
        ("de-CH, en;q=0.5", "de"),
        ("tlh, en;q=0.4, zh-Hant-TW;q=0.8", "zh"),
        ("DE", "de"),
        ("iw", "he"),
        ("iw-IL, en;q=0.5", "he"),
        ("in, en;q=0.5", "id"),
        ("cmn-Hans, en;q=0.5", "zh"),
        ("de;q=0, zh;q=0.1", "zh"),
        ("tlh", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;,=,-,q=x", "en"),
    ] {
        assert_eq!(pages::best(wanted, &languages), best, "{wanted}");
    }
}

#[tokio::test]
async fn a_page_loads_its_own_assets_only_and_holds_no_script_or_style_itself() {
    for page in ["register", "revoke", "undo"] {
        let (status, headers, html) = answer(Method::GET, &format!("/passkeys/{page}"), "en").await;
        assert_eq!(
            (status, &headers[CONTENT_TYPE]),
            (StatusCode::OK, &HeaderValue::from_static("text/html; charset=utf-8"))
        );
        assert!(html.contains("Example &lt;b&gt;"), "{html}");
        assert!(!html.contains("<style") && !html.contains("style=") && !html.contains("://"));
        assert_eq!(html.matches("<script").count(), 1);
        let loaded = html.split("\"assets/").skip(1).map(|rest| rest.split('"').next().unwrap());
        let loaded: Vec<_> = loaded.collect();
        assert!(loaded.iter().any(|it| it.ends_with(&format!("/{page}.js"))), "{loaded:?}");
        for asset in loaded {
            let path = format!("/passkeys/assets/{asset}");
            let (status, headers, _) = answer(Method::GET, &path, "en").await;
            assert_eq!((status, &headers[CACHE_CONTROL]), (StatusCode::OK, &FOREVER), "{path}");
        }
    }
}

#[tokio::test]
async fn every_file_that_the_scripts_name_is_there() {
    let files =
        quoted_in_scripts().into_iter().filter(|it| it.ends_with(".js") || it.ends_with(".json"));
    let files: BTreeSet<_> = files.map(|it| it.trim_start_matches("./").to_owned()).collect();
    assert!(files.contains("api.js") && files.contains("aaguids.json"), "{files:?}");
    for file in files {
        let path = format!("/passkeys/{}/{file}", base());
        let (status, ..) = answer(Method::GET, &path, "en").await;
        assert_eq!(status, StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let base = base();
    for path in
        ["register", "revoke", "undo", &format!("{base}/page.css"), &format!("{base}/none.js")]
    {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let (_, answered, _) = answer(method, &format!("/passkeys/{path}"), "en").await;
            for (name, value) in headers().into_iter().skip(1) {
                assert_eq!(answered.get(&name), Some(&value), "{path} {name}");
            }
        }
    }
    let (_, headers, _) = answer(Method::GET, "/passkeys/register", "en").await;
    assert_eq!(headers[CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_page_only_shows_itself() {
    let (status, _, body) = answer(Method::HEAD, "/passkeys/register", "en").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    let (status, ..) = answer(Method::POST, "/passkeys/register", "en").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn where_there_is_no_page_it_says_so_in_the_language_of_the_browser_and_finds_its_assets() {
    let (deep, deeper, up) = ("/".repeat(33), "/".repeat(60_000), "../".repeat(32));
    for (path, up) in [
        ("/", ""),
        ("/a", ""),
        ("/a/b?c=/d/", "../"),
        ("//a/b/", "../../../"),
        (&deep, &up),
        (&deeper, "/"),
    ] {
        let request = Request::get(path).header(ACCEPT_LANGUAGE, "de").body(Body::empty()).unwrap();
        let response = shown_by(1).missing.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        assert_eq!(parts.status, StatusCode::NOT_FOUND, "{path}");
        for (name, value) in headers() {
            assert_eq!(parts.headers.get(&name), Some(&value), "{path} {name}");
        }
        let html = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        assert!(html.contains(&texts("de")["common.no_page.heading"]), "{html}");
        let style = format!("href=\"{up}passkeys/{}/page.css\"", base());
        assert!(html.contains(&style) && !html.contains("<script"), "{style} in {html}");
    }
}

#[tokio::test]
async fn who_opens_too_many_paths_without_a_page_is_told_when_to_come_back() {
    let router = shown_by(1).missing;
    for status in [StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS] {
        let client = ClientAddress("192.0.2.1".parse().unwrap());
        let request = Request::get("/nothing").extension(client).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn an_asset_is_known_by_the_hash_of_all_and_by_no_other_name() {
    for path in ["assets/0000000000000000/page.css", "assets/page.css"] {
        let (status, ..) = answer(Method::GET, &format!("/passkeys/{path}"), "en").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    for name in ["../page.hbs", "texts/../page.hbs", "%2e%2e/page.hbs", "texts/en", ""] {
        let path = format!("/passkeys/{}/{name}", base());
        let (status, ..) = answer(Method::GET, &path, "en").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_asks_for_too_many_pages_is_told_when_to_come_back() {
    let router = pages(2);
    let get = async |client: &str| {
        let client = ClientAddress(client.parse().unwrap());
        let request = Request::get("/passkeys/register").header(ACCEPT_LANGUAGE, "de");
        let request = request.extension(client).body(Body::empty()).unwrap();
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts, String::from_utf8(body.to_vec()).unwrap())
    };
    for _ in 0..2 {
        assert_eq!(get("192.0.2.1").await.0.status, StatusCode::OK);
    }
    let (parts, html) = get("192.0.2.1").await;
    assert_eq!(parts.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(parts.headers[RETRY_AFTER], "30");
    assert!(html.contains(&texts("de")["common.too_many.heading"]), "{html}");
    assert!(html.contains(&texts("de")["common.too_many.button"]), "{html}");
    assert!(html.contains("/reload.js\"") && html.matches("<script").count() == 1, "{html}");
    assert_eq!(get("192.0.2.2").await.0.status, StatusCode::OK);
}

mod brands;
