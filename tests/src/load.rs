//! Load: many callers who each send a link, and the frame of the benchmarks that measure it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{Answer, Api, Caller, Passlink, client};

/// Measures, if `cargo bench` asks for figures: `cargo test --benches` runs benchmarks too, and has
/// not.
pub fn benchmark(measure: impl Future<Output = ()>) {
    if std::env::args().any(|argument| argument == "--bench") {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap().block_on(measure);
    }
}

/// The number that a variable of the environment sets.
pub fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// The lower quartile, the median and the upper quartile.
pub fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|share| values[((values.len() - 1) as f64 * share).round() as usize])
}

/// Sends a link to each user, `callers` at a time, spread over the nodes: each caller its next one as
/// soon as the last one was answered, on a connection of its own. Returns how long all took, and each.
pub async fn send_links(
    nodes: &[&Passlink],
    users: Vec<Caller>,
    callers: usize,
) -> (Duration, Vec<Duration>) {
    let users = Arc::new(Mutex::new(users));
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for node in nodes.iter().cycle().take(callers) {
        let (client, users) = (client(), users.clone());
        let url = node.sending("").build().unwrap().url().clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            loop {
                let Some(user) = users.lock().unwrap().pop() else { return times };
                let request = client.post(url.clone()).bearer_auth(&user.token).body("{}");
                let sent = Instant::now();
                let answer = Answer::to(request).await;
                times.push(sent.elapsed());
                assert_eq!(answer.status, 200, "{answer:?}");
            }
        });
    }
    let times = tasks.join_all().await;
    (started.elapsed(), times.into_iter().flatten().collect())
}
