//! The `.proto` files in one archive.

use std::{fs, io, path::Path};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, Header};

/// A `.tar.gz` of files under `root`, by their names; the same octets for the same files.
pub fn of<'f>(root: &str, files: impl Iterator<Item = &'f str>) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for file in files {
        let content = fs::read(Path::new(root).join(file))?;
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, file, content.as_slice())?;
    }
    archive.into_inner()?.finish()
}
