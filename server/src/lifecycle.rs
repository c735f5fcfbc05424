//! From start to a stop that loses nothing.

use std::{io, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::Error;

/// How long requests and mails in hand may take to finish after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(90);

/// Runs a server and a worker, which end by themselves after `stop`.
///
/// The first SIGTERM or SIGINT stops both; a second one ends the process at once. If one of the
/// two ends without having been told to, that is a failure, and the other is stopped.
pub(crate) async fn run(
    server: impl Future<Output = io::Result<()>>,
    worker: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let on_signal = stop.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked {
                std::process::exit(1);
            }
            tracing::info!("stopping; a second signal ends at once");
            asked = true;
            on_signal.cancel();
        }
    });
    let server = until_end(server, "the server", &stop);
    let worker = until_end(worker, "the mail worker", &stop);
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        (served, worked) = async { tokio::join!(server, worker) } => served.and(worked),
        () = too_late => Err("what was in hand did not finish in time".into()),
    }
}

/// Waits for the end of `what`, and stops the other with it.
async fn until_end<E: Into<Error>>(
    task: impl Future<Output = Result<(), E>>,
    what: &str,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let ended = task.await;
    let early = !stop.is_cancelled();
    stop.cancel();
    ended.map_err(Into::into)?;
    if early { Err(format!("{what} ended unasked").into()) } else { Ok(()) }
}
