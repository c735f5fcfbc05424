//! What it costs the server to check the JWT of an issuer whose keys it has, beside a token of its own:
//!
//!     cargo build --release
//!     cargo bench -p passlink-tests --bench identity
//!
//! People list their passkeys, in turn with each kind of token, so that whatever else the machine does meets
//! all kinds. What counts is the processor time of the server for a call. `PASSLINK_BENCH_ROUNDS` sets how
//! many turns each kind has (default 20).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends it"
)]

use std::fs;

use passlink_tests::{
    Answer, Api, IdentityProvider, Passlink, client,
    identity_provider::{AUDIENCE, Kind},
    load::{benchmark, quartiles, setting},
};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

/// Calls of a turn, and how many callers make them.
const TURN: usize = 2000;
const CALLERS: usize = 8;
const LIST: &str = "/auth/v1/users/me/passwordless/_search";

fn main() {
    benchmark(measure());
}

async fn measure() {
    let provider = IdentityProvider::start();
    let issuers = json!([{ "issuer": provider.url(), "audience": AUDIENCE }]);
    let passlink = Passlink::with_mail_dir()
        .set_variable("RUST_LOG", "warn")
        .set("identity.issuers", &issuers.to_string());
    passlink.cli(&["migrate"]).done();
    let added = ["user", "add", "--id=ada", "--email=ada@example.com"];
    let known_as = ["--subject=ada", "--issuer", provider.url()];
    passlink.cli(&[&added[..], &known_as[..]].concat()).done();
    let own = passlink.cli(&["token", "create", "--user=ada"]).done().trim().to_owned();
    let passlink = passlink.started().await;
    let rs256 = provider.sign_in("ada", Kind::Jwt).await.access;
    let es256 = provider.sign_in("ada", Kind::JwtEs256).await.access;
    let tokens = [("a token of its own", own), ("JWT, RS256", rs256), ("JWT, ES256", es256)];

    let rounds = setting("PASSLINK_BENCH_ROUNDS", 20);
    let mut spent = vec![Vec::new(); tokens.len()];
    for round in 0..=rounds {
        for place in 0..tokens.len() {
            let place = (round + place) % tokens.len();
            let before = processor_time(&passlink);
            turn(&passlink, &tokens[place].1).await;
            let micros = (processor_time(&passlink) - before) as f64 / 1000.0 / TURN as f64;
            // The first turn is for warming up.
            if round > 0 {
                spent[place].push(micros);
            }
        }
    }
    println!(
        "{rounds} turns of {TURN} calls by {CALLERS} callers, in turn; medians, with quartiles\n"
    );
    println!("{:20}{:>12}{:>24}", "token", "CPU µs/call", "more than its own");
    for (place, (name, _)) in tokens.iter().enumerate() {
        let pairs = spent[place].iter().zip(&spent[0]).map(|(of, own)| of - own);
        let [low, more, high] = quartiles(pairs.collect());
        let [_, median, _] = quartiles(spent[place].clone());
        println!("{name:20}{median:12.1}{more:10.1}  ({low:.1} to {high:.1})");
    }
    let ratio = |place: usize| quartiles(spent[place].clone())[1] / quartiles(spent[0].clone())[1];
    println!("\nto a token of its own: RS256 {:.2}, ES256 {:.2}", ratio(1), ratio(2));
}

async fn turn(passlink: &Passlink, token: &str) {
    let mut calls = JoinSet::new();
    let url = passlink.request(Method::POST, LIST).build().unwrap().url().clone();
    for _ in 0..CALLERS {
        let (client, url, token) = (client(), url.clone(), token.to_owned());
        calls.spawn(async move {
            for _ in 0..TURN / CALLERS {
                let request = client.post(url.clone()).bearer_auth(&token).body("{}");
                let answer = Answer::to(request).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
        });
    }
    calls.join_all().await;
}

/// The processor time of all threads of the server, in nanoseconds.
fn processor_time(passlink: &Passlink) -> u64 {
    let tasks = format!("/proc/{}/task", passlink.process().id());
    let tasks = fs::read_dir(tasks).unwrap().flatten();
    let spent = tasks.map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        text.split_whitespace().next().and_then(|spent| spent.parse::<u64>().ok()).unwrap_or(0)
    });
    spent.sum()
}
