//! Clients of other networks than the tests' own: on loopback, each address is one.

use std::net::IpAddr;

use h2::client::{Connection, SendRequest, handshake};
use prost::bytes::Bytes;
use tokio::net::{TcpSocket, TcpStream};

/// A connection from an address to a port of this machine.
pub async fn connect_from(source: IpAddr, port: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    socket.connect(([127, 0, 0, 1], port).into()).await.unwrap()
}

/// As [`connect_from`], for HTTP/2; the connection has to be driven.
pub async fn http2_from(
    source: IpAddr,
    port: u16,
) -> (SendRequest<Bytes>, Connection<TcpStream, Bytes>) {
    handshake(connect_from(source, port).await).await.unwrap()
}
