//! The same calls with few users and with many, each of whom had ten links last year.

use std::{fs, sync::Arc};

use super::{
    generator::{Plan, call},
    installation::{Installation, Place},
    meter::Meter,
    null_mail_server::NullMailServer,
    people::{OLD_LINKS, People},
    reads,
    report::{Growth, Rate},
    send::{limit, mailing_to},
    senders::ByRest,
    settings::{Kind, Settings},
    start,
};

/// How many send at a time.
const CALLERS: usize = 16;
/// Links of a user at the most, so that few users are not those with many links.
const LINKS: usize = 5;

/// Measures an installation with so many users.
pub async fn measure(place: &Place, users: usize, settings: &Settings) -> Growth {
    let passlink = place.empty();
    let people = People::settle_with_old_links(&passlink, users);
    let server = NullMailServer::closed();
    let mut installation = mailing_to(place.with(passlink, people), &server);
    let size_mb = size_mb(&installation);
    let ready_ms = start::measure(&mut installation, settings).await.ready_ms;
    let reads = reads::measure(&installation, settings).await.rate;
    let process = installation.passlink.process();
    process.forget_peak();
    let sends = sends(&installation, settings).await;
    let peak_mb = process.peak_kib() as f64 * 1024.0 / 1e6;
    installation.passlink.kill();
    let limit = limit(&Arc::new(installation), CALLERS, settings.time / 5).await;
    Growth {
        database: place.kind,
        users,
        old_links: OLD_LINKS * users,
        size_mb,
        ready_ms,
        of_limit: sends.per_second / limit.per_second,
        limit_per_second: limit.per_second,
        sends,
        reads,
        peak_mb,
    }
}

async fn sends(installation: &Installation, settings: &Settings) -> Rate {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    let plan = |time, most| {
        let people = people.clone();
        Plan { port, callers: CALLERS, time, most, people }
    };
    call::<ByRest>(plan(settings.time / 5, people.count)).await;
    let meter = Meter::read(installation);
    let calls = call::<ByRest>(plan(settings.time, LINKS * people.count)).await;
    Rate::new(&calls, meter.used(installation, calls.count()))
}

/// How large the database is.
fn size_mb(installation: &Installation) -> f64 {
    let octets = match installation.kind {
        Kind::Sqlite => fs::metadata(installation.passlink.database_file()).unwrap().len() as f64,
        Kind::Postgres => {
            let size = "SELECT pg_database_size(current_database())";
            installation.passlink.sql(size, &[])[0][0].as_f64().unwrap()
        }
    };
    octets / 1e6
}
