use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame};
use prost::bytes::Bytes;

/// The body of a request that never comes to its end: after so many chunks nothing comes any more.
pub struct SlowBody {
    /// What comes again and again.
    pub chunk: Bytes,
    /// How many more of them come.
    pub chunks: usize,
}

impl SlowBody {
    /// One that begins like this, and stalls.
    pub fn stalling_after(start: &[u8]) -> reqwest::Body {
        reqwest::Body::wrap(Self { chunk: Bytes::copy_from_slice(start), chunks: 1 })
    }

    /// One that goes on and on.
    pub fn endless(octet: u8) -> reqwest::Body {
        reqwest::Body::wrap(Self { chunk: vec![octet; 4096].into(), chunks: usize::MAX })
    }
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.chunks {
            0 => Poll::Pending,
            _ => {
                self.chunks -= 1;
                Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))))
            }
        }
    }
}
