//! Signed-in reads a second: callers who list their own passkeys.

use super::{
    generator::{Caller, Plan, call},
    http1::Http1,
    installation::Installation,
    meter::Meter,
    people::token,
    report::{Action, Rate},
    settings::Settings,
};
use crate::passkeys::OWN;

/// How many read at a time.
pub const CALLERS: usize = 16;

/// Reads for a time.
pub async fn measure(installation: &Installation, settings: &Settings) -> Action {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    let plan = |time| {
        let people = people.clone();
        Plan { port, callers: CALLERS, time, most: usize::MAX, people }
    };
    call::<Reader>(plan(settings.time / 5)).await;
    let meter = Meter::read(installation);
    let calls = call::<Reader>(plan(settings.time)).await;
    let rate = Rate::new(&calls, meter.used(installation, calls.count()));
    Action { database: installation.kind, callers: CALLERS, rate }
}

struct Reader {
    connection: Http1,
    path: String,
}

impl Caller for Reader {
    async fn connect(port: u16) -> Self {
        Self { connection: Http1::connect(port).await, path: format!("{OWN}/_search") }
    }

    async fn call(&mut self, user: usize) {
        self.connection.post(&self.path, &token(user), b"{}").await;
    }
}
