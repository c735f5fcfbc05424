use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports below those that the system gives to outgoing connections, so that a port stays free
/// while what listened on it is down, and above 10080, the last one that browsers refuse to open
/// (the Fetch standard's "bad ports").
const FIRST: u16 = 10_100;
const COUNT: u16 = 20_000;

/// A port of 127.0.0.1 on which nobody listens, and that no other test of this process is given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time begin far from each other: nextest numbers them.
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().and_then(|slot| slot.parse().ok());
    let process = std::process::id();
    let start = slot.unwrap_or(process) % 20 * 1000 + process % 10 * 100;
    let start = u16::try_from(start).unwrap();
    for _ in 0..COUNT {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(next) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
