//! The listener: HTTP/1.1 and HTTP/2 on one port, maybe by TLS, and what connections may take at most.

use std::{io, iter::successors, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use passlink_adapters::{
    inbound::api::REQUEST_TIMEOUT,
    telemetry::{Connections, Failure},
};
use passlink_application::limits::{ConnectionPermit, FairPool, Permit};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    pin,
    time::{Instant, sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{Error, client_address::TrustedProxies, tls::Tls};

/// How long the head of a request, or the wait for the next one, may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may say nothing, or take nothing of an answer. More than a request may
/// take, and more than passes between a ping and its answer.
const QUIET_TIMEOUT: Duration = Duration::from_secs(55);
/// How often a quiet HTTP/2 connection is asked whether it lives, and how long it may take to say.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);
const MAX_CONNECTIONS: usize = 12_000;
/// For tests that can't open so many. Not a part of the configuration, hence the name.
const CONNECTIONS: &str = "_PASSLINK_CONNECTIONS";
/// Most connections that may wait for a permit beside them.
const WAITING: usize = 1_000;
/// How long a connection may take to end whose permit another client gets.
const FAREWELL: Duration = Duration::from_secs(1);
/// Largest head of a request, in bytes.
const MAX_HEAD: u32 = 16 * 1024;
const MAX_HEADERS: usize = 100;
/// Most streams of an HTTP/2 connection at a time.
const MAX_STREAMS: u32 = 64;
/// How much of what nobody has read yet a stream of an HTTP/2 connection can hold, and all of them.
const STREAM_WINDOW: u32 = 64 * 1024 - 1;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// Most streams that a client may open and reset before they are looked at (rapid reset).
const MAX_RESETS: usize = 32;
/// How long connections may take to end after a stop was asked for: longer than the last request may
/// take. A client that takes nothing of its answer would hold the stop up for ever.
const DRAIN: Duration = REQUEST_TIMEOUT.saturating_add(Duration::from_secs(5));
/// How long to wait when the process is out of file descriptors.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// Binds the address; says which one is taken if it can't be had.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    // As many connections as the system allows; with fewer it works as well.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| format!("can't listen on {address}: {error}").into())
}

/// How many connections there may be, and how many more may wait: a quarter of the files is left.
fn most_connections() -> (usize, usize) {
    let asked = std::env::var(CONNECTIONS).ok().and_then(|text| text.parse().ok());
    let (files, _) = rlimit::Resource::NOFILE.get().unwrap_or((u64::MAX, u64::MAX));
    let eighths = |count| usize::try_from(files / 8 * count).unwrap_or(usize::MAX);
    (asked.unwrap_or(MAX_CONNECTIONS).min(eighths(5)), WAITING.min(eighths(1)))
}

/// Serves until `stop`; then finishes the requests in hand, and leaves the connections that have not
/// ended when all of those must have.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    proxies: TrustedProxies,
    stop: CancellationToken,
) -> io::Result<()> {
    let (most, waiting) = most_connections();
    let (permits, connections) = (FairPool::revocable(most, waiting), Connections::default());
    let server = Arc::new(Server { tls, router, proxies, permits, connections, stop });
    let tasks = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = server.stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(OUT_OF_FILES).await;
                    continue;
                }
            },
        };
        if server.permits.is_full() {
            server.connections.log_full(most);
        }
        tasks.spawn(server.clone().take(stream, peer));
    }
    drop(listener);
    tasks.close();
    if timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::info!("connections are closed whose clients do not take their answers");
    }
    Ok(())
}

struct Server {
    tls: Option<Tls>,
    router: Router,
    proxies: TrustedProxies,
    permits: Arc<FairPool>,
    connections: Connections,
    stop: CancellationToken,
}

impl Server {
    /// Takes a connection as soon as there is a permit for it. None waits long: who has the most loses
    /// one to who has fewer, unless a call of it runs.
    async fn take(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let until = Instant::now() + HEAD_TIMEOUT;
        let permit = tokio::select! {
            permit = self.permits.acquire(self.proxies.network(peer), until) => permit,
            () = self.stop.cancelled() => return,
        };
        let Ok(permit) = permit.map(Arc::new) else { return };
        let stream = impatient(stream);
        let Some(tls) = &self.tls else { return self.answer(stream, peer, &permit).await };
        let shaken = tokio::select! {
            shaken = timeout(HANDSHAKE_TIMEOUT, tls.acceptor().accept(stream)) => shaken,
            () = permit.revoked().cancelled() => return,
        };
        match shaken.map_err(io::Error::from).flatten() {
            Ok(stream) => self.answer(stream, peer, &permit).await,
            Err(error) => self.connections.count_failure(handshake_failure(&error), &error),
        }
    }

    async fn answer<S>(&self, stream: S, peer: SocketAddr, permit: &Arc<Permit>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| {
            let mut request = self.proxies.note(peer, request);
            // Whoever answers says when the request is at work: until then, a connection can lose its
            // permit as an idle one can.
            request.extensions_mut().insert(ConnectionPermit(permit.clone()));
            self.router.clone().oneshot(request)
        });
        let builder = builder();
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        pin!(connection);
        // When the server stops or the permit is revoked, it ends, but not amid a call that runs.
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = permit.revoked().cancelled() => {
                connection.as_mut().graceful_shutdown();
                timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            self.connections.count_failure(connection_failure(&*error), &*error);
        }
    }
}

/// Ends a connection that is quiet for too long: hyper does not while it waits for the first
/// octets, which say what version of HTTP is spoken.
fn impatient(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    // Answers go out as they are written; without it they only go out later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_read_timeout(Some(QUIET_TIMEOUT));
    stream.set_write_timeout(Some(QUIET_TIMEOUT));
    Box::pin(stream)
}

fn handshake_failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::InvalidData => Failure::Tls,
        io::ErrorKind::TimedOut => Failure::Timeout,
        _ => Failure::Lost,
    }
}

fn connection_failure(error: &(dyn std::error::Error + 'static)) -> Failure {
    let causes = || successors(Some(error), |error| error.source());
    let of_http = error.downcast_ref::<hyper::Error>();
    let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    if of_http.is_some_and(hyper::Error::is_parse_too_large) {
        Failure::HeadTooLarge
    } else if of_http.is_some_and(hyper::Error::is_parse) {
        Failure::Malformed
    } else if of_http.is_some_and(hyper::Error::is_timeout)
        || causes().filter_map(|it| it.downcast_ref()).any(timed_out)
    {
        Failure::Timeout
    } else if causes().any(|it| it.is::<h2::Error>()) {
        Failure::Http2
    } else {
        Failure::Lost
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEAD)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    builder
}
