use h2::client::{SendRequest, handshake};
use http::Request;
use prost::bytes::Bytes;
use tokio::{net::TcpStream, task::spawn_local};

/// A frame of gRPC with an empty message.
const EMPTY: &[u8] = &[0; 5];

/// A connection for gRPC.
pub struct Http2 {
    sender: SendRequest<Bytes>,
    port: u16,
}

impl Http2 {
    /// A connection to a port of this machine.
    pub async fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(stream).await.unwrap();
        spawn_local(async move {
            // It ends with the last who sends by it.
            let _ = connection.await;
        });
        Self { sender, port }
    }

    /// Calls a method with an empty message; the answer must be a success.
    pub async fn call(&mut self, method: &str, token: &str) {
        let request = Request::post(format!("http://127.0.0.1:{}{method}", self.port))
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .header("authorization", format!("Bearer {token}"))
            .body(())
            .unwrap();
        let mut sender = self.sender.clone().ready().await.unwrap();
        let (answer, mut stream) = sender.send_request(request, false).unwrap();
        stream.send_data(Bytes::from_static(EMPTY), true).unwrap();
        let mut body = answer.await.unwrap().into_body();
        while let Some(data) = body.data().await {
            body.flow_control().release_capacity(data.unwrap().len()).unwrap();
        }
        let trailers = body.trailers().await.unwrap().expect("trailers");
        assert_eq!(trailers["grpc-status"], "0", "{trailers:?}");
    }
}
