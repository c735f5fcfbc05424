//! `passlink serve`: the server and its mail worker.

use std::{error::Error as StdError, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use passlink_adapters::{
    outbound::process,
    telemetry::{Telemetry, report_vitals},
};
use passlink_application::{links::ExpireLinks, mails::DeliverMail, ports::Mailer};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    client_address::TrustedProxies,
    config::Config,
    http, lifecycle, observability, preflight,
    tls::{self, Tls},
    wiring::{App, KnownTemplates, Pending, configured_mailer},
    worker::{self, Bell, Pulse},
};

type Serving = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// How often it is noted which links expired.
const EXPIRY: Duration = Duration::from_secs(15);

pub(crate) async fn run(config: Config, no_migrate: bool) -> Result<(), Error> {
    let templates = preflight::check(&config)?;
    let telemetry = observability::start(&config.telemetry, "info")?;
    let served = serve(config, no_migrate, templates, &telemetry).await;
    telemetry.flush().await;
    served
}

async fn serve(
    config: Config,
    no_migrate: bool,
    templates: KnownTemplates,
    telemetry: &Telemetry,
) -> Result<(), Error> {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    if let Some(passed_over) = config.passed_over() {
        tracing::info!("{passed_over}");
    }
    let mailer = Arc::new(configured_mailer(&config, templates)?);
    let pending = if no_migrate { Pending::Refuse } else { Pending::Migrate };
    // Where the address is taken, no database is made.
    drop(bind(&config, "server.listen", config.server.listen).await?);
    let app = App::open_for_server(config, pending).await?;
    if app.is_new {
        tracing::info!("set up a new database: {}", app.whereabouts());
    }
    let config = &app.config;
    let listener = bind(config, "server.listen", config.server.listen).await?;
    let serving = start(listener, &app, telemetry, mailer, |router| router).await?;
    tls::outlive_hangups(&config.server)?;
    tracing::info!(
        listen = %config.server.listen,
        public_url = public_urls(config),
        version = env!("CARGO_PKG_VERSION"),
        database = app.whereabouts(),
        "ready"
    );
    serving.await
}

/// Where people reach it: those of all domains.
fn public_urls(config: &Config) -> String {
    let domains = config.all_domains();
    let urls: Vec<_> = domains.iter().map(|domain| domain.public_url.as_str()).collect();
    urls.join(", ")
}

async fn bind(config: &Config, key: &str, address: SocketAddr) -> Result<TcpListener, Error> {
    http::bind(address).await.map_err(|error| config.fault(key, &error).into())
}

/// Takes the listener and starts the worker; `extend` may add routes. What is returned serves until a
/// signal asks to stop, and finishes what is in hand.
pub(crate) async fn start(
    listener: TcpListener,
    app: &App,
    telemetry: &Telemetry,
    mailer: Arc<dyn Mailer>,
    extend: impl FnOnce(axum::Router) -> axum::Router,
) -> Result<Serving, Error> {
    let config = &app.config;
    let keys = app.held_keys().await?;
    let tls = Tls::start(&config.server)?;
    let (bell, stop) = (Arc::new(Bell::default()), CancellationToken::new());
    let deliver = Arc::new(app.deliver_mail(keys.clone(), mailer)?);
    free_mails(&deliver, app).await;
    let concurrency = usize::try_from(config.mail.max_connections)?;
    let pulse = Pulse::default();
    let working = worker::run(deliver, bell.clone(), pulse.clone(), concurrency, stop.clone());
    let worker = tokio::spawn(working);
    let (handle, turns) = (worker.abort_handle(), pulse.clone());
    let worker_alive = move || !handle.is_finished() && turns.is_alive();
    let wake = app.wake_everywhere(bell);
    if let Some((listen, page)) = config.telemetry.metrics_listen.zip(telemetry.metrics_page()) {
        let listener = bind(config, "telemetry.metrics_listen", listen).await?;
        tokio::spawn(http::serve(listener, None, page, TrustedProxies::none(), stop.clone()));
    }
    if telemetry.is_metered() {
        tokio::spawn(report_vitals(
            worker_alive.clone(),
            move || pulse.age(),
            app.outbox(wake.clone()),
            app.ports().clock,
            stop.clone(),
        ));
    }
    tokio::spawn(note_expiries(ExpireLinks(app.ports()), stop.clone()));
    let issuers = app.issuers()?;
    let (kept, until) = (issuers.clone(), stop.clone());
    tokio::spawn(async move { kept.keep_fresh(&until).await });
    let router = extend(app.router(keys, issuers, wake, worker_alive, stop.clone())?);
    let proxies = TrustedProxies::parse(&config.server.trusted_proxies)?;
    let server = http::serve(listener, tls, router, proxies, stop.clone());
    Ok(Box::pin(lifecycle::run(server, worker, stop)))
}

/// Takes back at once what a killed server had in hand. If that fails, the leases end by themselves.
async fn free_mails(deliver: &DeliverMail, app: &App) {
    let only = app.is_only_server;
    let is_gone = |holder: Option<&str>| only || holder.is_some_and(process::is_gone);
    if let Err(error) = deliver.free_mails(is_gone).await {
        let error = &error as &dyn StdError;
        tracing::warn!(error, "mails that a killed server had in hand wait for their leases");
    }
}

async fn note_expiries(expire: ExpireLinks, stop: CancellationToken) {
    let note = async {
        loop {
            if let Err(error) = expire.run().await {
                let error = &error as &dyn StdError;
                tracing::warn!(error, "expired links were not noted");
            }
            sleep(EXPIRY).await;
        }
    };
    stop.run_until_cancelled(note).await;
}
