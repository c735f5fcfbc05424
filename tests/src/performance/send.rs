//! Sends a second, beside the limit that the database sets.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::spawn_blocking;

use super::{
    generator::{Calls, Plan, call},
    installation::{Installation, Place},
    meter::{Meter, Used},
    null_mail_server::NullMailServer,
    postgres_limit,
    report::{Limit, MailsMeanwhile, Protocol, Rate, Report, Sends},
    senders::{ByGrpc, ByRest},
    settings::{Kind, Settings},
    sqlite_limit, statements, table,
};
use crate::until_within;

/// How long the mails of a row may take.
const MAILED_WITHIN: Duration = Duration::from_secs(1800);

/// Measures all rows of a database.
pub async fn measure(place: &Place, settings: &Settings, report: &mut Report) {
    let statements = statements::of_a_send(place).await;
    println!("\n{}: sends\n{}", place.kind.name(), table::SENDS);
    let bare = Arc::new(place.installation(settings));
    let server = NullMailServer::closed();
    let mut passlink = mailing_to(place.installation(settings), &server);
    passlink.start().await;
    warm_up(&passlink, settings).await;
    limit(&bare, 16, settings.time).await;
    for callers in settings.callers.iter().copied() {
        if settings.limit_callers().contains(&callers) {
            report.limits.push(limit(&bare, callers, settings.time).await);
        }
        for protocol in [Protocol::Rest, Protocol::Grpc] {
            let row = Row { protocol, mails: MailsMeanwhile::Wait, callers, statements };
            note(row.measure(&passlink, &server, settings).await, report);
        }
        if let Some(limit) = report.limits.last() {
            println!("{}", table::limit(limit));
        }
    }
    // The mails in its hand would hold it up.
    passlink.passlink.kill();
    with_mails(place, settings, statements, report).await;
}

/// The same while mails leave, each of which counts with its send.
async fn with_mails(place: &Place, settings: &Settings, statements: usize, report: &mut Report) {
    let server = NullMailServer::open();
    let mut passlink = mailing_to(place.installation(settings), &server);
    passlink.start().await;
    warm_up(&passlink, settings).await;
    all_mailed(&passlink).await;
    for callers in settings.limit_callers() {
        let mails = MailsMeanwhile::Leave;
        let row = Row { protocol: Protocol::Rest, mails, callers, statements };
        note(row.measure(&passlink, &server, settings).await, report);
    }
    assert!(passlink.passlink.stop().await.success());
}

/// Adds the limit of a row, prints it and keeps it.
fn note(mut sends: Sends, report: &mut Report) {
    let mut of_database = report.limits.iter().filter(|limit| limit.database == sends.database);
    // Of the most callers that have one, for more callers as well.
    let limit = of_database.rfind(|limit| limit.callers <= sends.callers);
    sends.limit_per_second = limit.map(|limit| limit.per_second);
    sends.of_limit = limit.map(|limit| sends.rate.per_second / limit.per_second);
    println!("{}", table::sends(&sends));
    report.sends.push(sends);
}

struct Row {
    protocol: Protocol,
    mails: MailsMeanwhile,
    callers: usize,
    statements: usize,
}

impl Row {
    async fn measure(
        &self,
        installation: &Installation,
        server: &NullMailServer,
        settings: &Settings,
    ) -> Sends {
        let process = installation.passlink.process();
        process.forget_peak();
        let (meter, mails_before, began) =
            (Meter::read(installation), server.count(), Instant::now());
        let calls = send(installation, self.protocol, self.callers, settings.time).await;
        let mailed = (server.count() - mails_before) as f64 / began.elapsed().as_secs_f64();
        let mut used = meter.used(installation, calls.count());
        if self.mails == MailsMeanwhile::Leave {
            all_mailed(installation).await;
            let Used { generator_ms, others, .. } = used;
            used = Used { generator_ms, others, ..meter.used(installation, calls.count()) };
        }
        Sends {
            database: installation.kind,
            protocol: self.protocol,
            mails: self.mails,
            callers: self.callers,
            rate: Rate::new(&calls, used),
            statements: self.statements,
            bytes: used.bytes,
            peak_mb: process.peak_kib() as f64 * 1024.0 / 1e6,
            mails_per_second: (self.mails == MailsMeanwhile::Leave).then_some(mailed),
            limit_per_second: None,
            of_limit: None,
        }
    }
}

async fn send(
    installation: &Installation,
    protocol: Protocol,
    callers: usize,
    time: Duration,
) -> Calls {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    let plan = Plan { port, callers, time, most: usize::MAX, people };
    match protocol {
        Protocol::Rest => call::<ByRest>(plan).await,
        Protocol::Grpc => call::<ByGrpc>(plan).await,
    }
}

/// What is used first takes longer: code, plans of statements, and pages, which PostgreSQL has in its
/// journal as a whole then.
async fn warm_up(installation: &Installation, settings: &Settings) {
    let most = settings.callers.iter().copied().max().unwrap_or(1);
    send(installation, Protocol::Rest, most, settings.time).await;
    send(installation, Protocol::Grpc, most, settings.time / 5).await;
}

pub async fn limit(bare: &Arc<Installation>, callers: usize, time: Duration) -> Limit {
    let bare = bare.clone();
    let work = move || match bare.kind {
        Kind::Sqlite => sqlite_limit::measure(&bare.passlink, &bare.people, callers, time),
        Kind::Postgres => postgres_limit::measure(&bare, callers, time),
    };
    spawn_blocking(work).await.unwrap()
}

/// Mails go to this server.
pub fn mailing_to(installation: Installation, server: &NullMailServer) -> Installation {
    installation.set(|passlink| {
        let passlink = passlink.without("mail.directory").set("mail.smtp_url", &server.url());
        passlink.set("mail.from", "Example Sign-in <no-reply@login.example.com>")
    })
}

/// Waits until no mail waits.
async fn all_mailed(installation: &Installation) {
    let waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
    until_within(MAILED_WITHIN, "the mails", async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (installation.passlink.sql(waiting, &[]) == [[0]]).then_some(())
    })
    .await;
}
