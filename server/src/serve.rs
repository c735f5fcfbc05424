//! `passlink serve`: the server and its mail worker.

use std::sync::Arc;

use passlink_adapters::{outbound::process, telemetry::Telemetry};
use passlink_application::{mails::DeliverMail, ports::Mailer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    client_address::TrustedProxies,
    config::Config,
    expiry, http, lifecycle, observability, preflight,
    tls::{self, Tls},
    vitals,
    wiring::{App, Pending, configured_mailer},
    worker::{self, Bell, Pulse},
};

/// Serves until a signal asks to stop.
pub(crate) async fn run(config: Config, no_migrate: bool) -> Result<(), Error> {
    preflight::check(&config)?;
    let telemetry = observability::start(&config.telemetry, "info")?;
    let served = serve(config, no_migrate, &telemetry).await;
    telemetry.flush().await;
    served
}

async fn serve(config: Config, no_migrate: bool, telemetry: &Telemetry) -> Result<(), Error> {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    if let Some(passed_over) = config.passed_over() {
        tracing::info!("{passed_over}");
    }
    let mailer = Arc::new(configured_mailer(&config)?);
    let pending = if no_migrate { Pending::Refuse } else { Pending::Migrate };
    // Where the address is taken, no database is made.
    drop(listener(&config).await?);
    let app = App::open_for_server(config, pending).await?;
    if app.is_new() {
        tracing::info!("set up a new database: {}", app.whereabouts());
    }
    let config = app.config();
    let listener = listener(config).await?;
    let started = Server::start(listener, &app, telemetry, mailer, |router| router).await?;
    tls::outlive_hangups(&config.server)?;
    tracing::info!(
        listen = %config.server.listen,
        public_url = config.server.base_url(),
        version = env!("CARGO_PKG_VERSION"),
        database = app.whereabouts(),
        "ready"
    );
    started.finish().await
}

async fn listener(config: &Config) -> Result<TcpListener, Error> {
    let listener = http::bind(config.server.listen).await;
    listener.map_err(|error| config.fault("server.listen", &error).into())
}

/// A server that listens, with its worker.
pub(crate) struct Server {
    listener: TcpListener,
    tls: Option<Tls>,
    router: axum::Router,
    proxies: TrustedProxies,
    worker: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl Server {
    /// Takes the listener and starts the worker. `extend` may add routes.
    pub async fn start(
        listener: TcpListener,
        app: &App,
        telemetry: &Telemetry,
        mailer: Arc<dyn Mailer>,
        extend: impl FnOnce(axum::Router) -> axum::Router,
    ) -> Result<Self, Error> {
        let config = app.config();
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
        if let Some((listen, page)) = config.telemetry.metrics_listen.zip(telemetry.metrics_page())
        {
            let listener = http::bind(listen).await;
            let listener =
                listener.map_err(|error| config.fault("telemetry.metrics_listen", &error))?;
            tokio::spawn(http::serve(listener, None, page, TrustedProxies::none(), stop.clone()));
        }
        if telemetry.is_metered() {
            let (outbox, clock) = (app.outbox(wake.clone()), app.clock());
            let worker = (worker_alive.clone(), move || pulse.age());
            tokio::spawn(vitals::report(outbox, clock, worker, stop.clone()));
        }
        tokio::spawn(expiry::run(app.expire_links(), stop.clone()));
        let router = app.router(keys, wake, worker_alive, stop.clone())?;
        let proxies = TrustedProxies::parse(&config.server.trusted_proxies)?;
        Ok(Self { listener, tls, router: extend(router), proxies, worker, stop })
    }

    /// Serves until a signal asks to stop, and finishes what is in hand.
    pub async fn finish(self) -> Result<(), Error> {
        let server =
            http::serve(self.listener, self.tls, self.router, self.proxies, self.stop.clone());
        lifecycle::run(server, self.worker, self.stop).await
    }
}

/// Takes back at once what a server had in hand that was killed. Where that can't be done now, the
/// leases end by themselves.
async fn free_mails(deliver: &DeliverMail, app: &App) {
    let only = app.is_only_server();
    let is_gone = |holder: Option<&str>| only || holder.is_some_and(process::is_gone);
    if let Err(error) = deliver.free_mails(is_gone).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "mails that a killed server had in hand wait for their leases");
    }
}
