//! How long a server takes from its start on a database that is there, and what it holds when idle.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{installation::Installation, report::Start, settings::Settings};
use crate::load::quartiles;

/// Starts the server some times; the last time it goes on to run.
pub async fn measure(installation: &mut Installation, settings: &Settings) -> Start {
    let mut times = Vec::new();
    for start in 0..settings.starts {
        if start > 0 {
            assert!(installation.passlink.stop().await.success());
        }
        times.push(ready_ms(installation).await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = installation.passlink.process().resident_kib();
    Start {
        database: installation.kind,
        ready_ms: quartiles(times)[1],
        idle_mb: idle as f64 * 1024.0 / 1e6,
    }
}

/// Starts the server; returns how long it took until it was ready.
async fn ready_ms(installation: &mut Installation) -> f64 {
    let started = Instant::now();
    installation.passlink.launch();
    while !is_ready(installation.passlink.port()).await {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if started.elapsed() > Duration::from_secs(10) {
            // Something is wrong, and this says what.
            installation.passlink.until_ready().await;
        }
    }
    started.elapsed().as_secs_f64() * 1000.0
}

async fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let request = "GET /readyz HTTP/1.1\r\nhost: login.example.com\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.is_ok() && answer.starts_with("HTTP/1.1 200 ")
}
