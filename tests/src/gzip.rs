use std::io::Write;

use flate2::{Compression, write::GzEncoder};

/// Compresses octets with gzip, as far as it goes.
pub fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}
