//! A connection to one of a mail server's addresses.

use std::{net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use passlink_application::ports::MailReason;
use tokio::{
    net::{TcpStream, lookup_host},
    time::{timeout, timeout_at},
};

use super::{failure::Failure, limits::Limits, server::SmtpServer};

/// How long an address may be silent until the next one is tried beside it.
const NEXT: Duration = Duration::from_secs(1);

/// Connects to the first of the server's addresses that answers.
pub(super) async fn dial(server: &SmtpServer, limits: Limits) -> Result<TcpStream, Failure> {
    let dialling = async {
        let addresses = lookup_host((server.host.as_str(), server.port)).await?;
        first_of(addresses, limits.patience.address, NEXT).await
    };
    timeout_at(limits.answer(), dialling).await?
}

/// Tries each address for `patience`: the next when one fails, and beside one silent for `next`.
async fn first_of(
    mut addresses: impl Iterator<Item = SocketAddr>,
    patience: Duration,
    next: Duration,
) -> Result<TcpStream, Failure> {
    let mut failed = Failure::without_answer(MailReason::Connection, "the name has no address");
    let mut under_way = FuturesUnordered::new();
    loop {
        under_way.extend(addresses.next().map(|address| connect(address, patience)));
        match timeout(next, under_way.next()).await {
            Ok(Some(Ok(tcp))) => return Ok(tcp),
            Ok(Some(Err(failure))) => failed = failure,
            Ok(None) => return Err(failed),
            Err(_) => {}
        }
    }
}

async fn connect(address: SocketAddr, patience: Duration) -> Result<TcpStream, Failure> {
    let tcp = timeout(patience, TcpStream::connect(address)).await??;
    // Commands are short and each is waited for.
    let _ = tcp.set_nodelay(true);
    Ok(tcp)
}

#[cfg(test)]
mod tests;
