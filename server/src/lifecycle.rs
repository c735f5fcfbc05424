//! From start to a stop that loses nothing.

use std::{future::Future, time::Duration};

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
    server: impl Future<Output = std::io::Result<()>>,
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
    let server = async {
        let served = server.await;
        let early = !stop.is_cancelled();
        stop.cancel();
        served?;
        ended(early, "the server")
    };
    let worker = async {
        let worked = worker.await;
        let early = !stop.is_cancelled();
        stop.cancel();
        worked?;
        ended(early, "the mail worker")
    };
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        (served, worked) = async { tokio::join!(server, worker) } => served.and(worked),
        () = too_late => Err("what was in hand did not finish in time".into()),
    }
}

fn ended(early: bool, what: &str) -> Result<(), Error> {
    if early { Err(format!("{what} ended unasked").into()) } else { Ok(()) }
}
