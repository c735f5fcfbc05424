use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::*;

/// Counts how often it was rung.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rung(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Only PostgreSQL has many nodes; SQLite has the one that wakes itself.
#[tokio::test]
async fn mail_that_one_node_queues_wakes_the_others() {
    let (_folder, url) = new_database().await;
    let (here, there) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let stores =
        [SeaStore::connect(&url, 1).await.unwrap(), SeaStore::connect(&url, 1).await.unwrap()];
    let wake = stores[0].wake_everywhere(here.clone());
    stores[1].wake_everywhere(there.clone());
    wake.wake();
    assert!(here.rung());
    let has_nodes = matches!(stores[0].0, store::Database::Postgres(_));
    for _ in 0..200 {
        if there.rung() || !has_nodes {
            break;
        }
        // Whoever did not listen yet has not heard.
        tokio::time::sleep(Duration::from_millis(50)).await;
        wake.wake();
    }
    assert_eq!(there.rung(), has_nodes);
    // The connection that listens is none of those that work.
    stores[1].migrate(&|_| ()).await.unwrap();
}
