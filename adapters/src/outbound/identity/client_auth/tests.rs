use base64::prelude::BASE64_STANDARD;
use passlink_application::fakes::World;
use reqwest::Client;
use ring::{rand::SystemRandom, signature::Ed25519KeyPair};
use serde_json::Value;

use super::*;
use crate::outbound::identity::ring_crypto;

const ISSUER: &str = "https://login.example.com";

fn pem() -> String {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let encoded = BASE64_STANDARD.encode(pkcs8.as_ref());
    let lines: Vec<_> =
        encoded.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn with(secret: &str) -> Result<ClientAuth, String> {
    ring_crypto::install();
    let world = World::new();
    let settings =
        Introspection { client_id: "pass link".to_owned(), secret: secret.to_owned().into() };
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (world.clone(), world);
    ClientAuth::new(&settings, &clock, &random)
}

/// The header `Authorization` and the body of a request that asks about a token.
fn asked(client: &ClientAuth) -> (Option<String>, String) {
    let request = Client::new().post(ISSUER);
    let request = client.form(request, ISSUER, &[("token", "t")]).unwrap().build().unwrap();
    let header = request.headers().get("authorization");
    let header = header.map(|header| header.to_str().unwrap().to_owned());
    let body = request.body().unwrap().as_bytes().unwrap();
    (header, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn a_password_goes_into_the_header_as_a_form_encodes_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (header, body) = asked(&with("100%+ of: it").unwrap());
    let expected = BASE64_STANDARD.encode("pass+link:100%25%2B+of%3A+it");
    assert_eq!((header.unwrap(), &*body), (format!("Basic {expected}"), "token=t"));
}

#[test]
fn a_private_key_signs_an_assertion_that_is_new_for_each_question() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = pem();
    let file = serde_json::json!({ "type": "application", "keyId": "17", "key": pem }).to_string();
    for (secret, kid) in [(&pem, None), (&file, Some("17"))] {
        let client = with(secret).unwrap();
        let assertions = [asked(&client), asked(&client)].map(|(header, body)| {
            assert_eq!(header, None);
            let fields = url::form_urlencoded::parse(body.as_bytes()).into_owned();
            let fields: std::collections::BTreeMap<_, _> = fields.collect();
            assert_eq!(fields["client_id"], "pass link");
            assert_eq!(fields["client_assertion_type"], JWT_BEARER);
            let assertion = &fields["client_assertion"];
            let read = jsonwebtoken::dangerous::insecure_decode::<Value>(assertion).unwrap();
            assert_eq!((read.header.alg, read.header.kid.as_deref()), (Algorithm::EdDSA, kid));
            let claims = read.claims;
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!("pass link"), &json!(ISSUER)));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
            claims["jti"].clone()
        });
        assert_ne!(assertions[0], assertions[1]);
    }
}

#[test]
fn what_looks_like_a_key_and_is_none_is_refused_without_being_shown() {
    let broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    let refused = with(broken).err().unwrap();
    assert!(refused.contains("private key that can sign"), "{refused}");
    assert!(!refused.contains("c2VjcmV0"), "{refused}");
}
