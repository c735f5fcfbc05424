//! What the build makes of the `.proto` files.

#[allow(clippy::all, clippy::indexing_slicing, reason = "generated from the .proto files")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

pub(crate) use generated::*;

/// The `.proto` files, compiled, for reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
