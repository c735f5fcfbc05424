//! Pages of other origins register passkeys for a domain, and browsers are told which.

use super::*;

const WELL_KNOWN: &str = "/.well-known/webauthn";
const APP: &str = "https://app.acme.localhost";
const SHOP: &str = "https://shop.globex.localhost:8443";
const OTHER: &str = "https://other.example.com";
const ANDROID: &str = "android:apk-key-hash:abcDEF-_123";

async fn taking(origins: &[&str]) -> Estate {
    let origins = json!(origins).to_string();
    Estate::with(|passlink| passlink.set("webauthn.extra_origins", &origins)).await
}

async fn listed(site: &Site<'_>) -> Value {
    let answer = site.get(WELL_KNOWN).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn each_domain_lists_the_pages_below_its_relying_party_and_those_of_nobody() {
    let estate = taking(&[APP, SHOP, OTHER, ANDROID]).await;
    assert_eq!(listed(&estate.acme()).await, json!({ "origins": [APP, OTHER] }));
    assert_eq!(listed(&estate.globex()).await, json!({ "origins": [SHOP, OTHER] }));
    let nowhere = estate.passlink.at(UNKNOWN).get(WELL_KNOWN).await;
    assert_eq!(nowhere.status, 404, "{nowhere:?}");
    assert!(!nowhere.text.contains("example.com"), "{nowhere:?}");
}

#[tokio::test]
async fn without_such_pages_there_is_no_list() {
    let estate = taking(&[APP]).await;
    assert_eq!(listed(&estate.acme()).await, json!({ "origins": [APP] }));
    assert_eq!(estate.globex().get(WELL_KNOWN).await.status, 404);
    let estate = Estate::set().await;
    assert_eq!(estate.acme().get(WELL_KNOWN).await.status, 404);
}

#[tokio::test]
async fn a_passkey_is_registered_from_a_listed_page_and_from_no_other() {
    let estate = taking(&[APP, SHOP, OTHER, ANDROID]).await;
    let (acme, globex) = (estate.acme(), estate.globex());
    for (site, user, good, bad) in [
        (
            &acme,
            &estate.ada,
            [&*acme.url(), APP, OTHER, ANDROID],
            [SHOP, &*globex.url(), "https://a.example"],
        ),
        (
            &globex,
            &estate.bob,
            [&*globex.url(), SHOP, OTHER, ANDROID],
            [APP, &*acme.url(), "https://a.example"],
        ),
    ] {
        for origin in bad {
            let begun = begin(site, user).await;
            let answer = HandMade::answer(&begun.options, origin, begun.id.as_bytes());
            let finished = begun.finish(site, Some(&user.token), &answer.credential()).await;
            assert_not_verified(&finished);
        }
        for origin in good {
            let begun = begin(site, user).await;
            let answer = HandMade::answer(&begun.options, origin, begun.id.as_bytes());
            let finished = begun.finish(site, Some(&user.token), &answer.credential()).await;
            assert_eq!(finished.status, 200, "{origin}: {finished:?}");
        }
    }
}
