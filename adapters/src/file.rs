//! Files that an operator names: the configuration, secrets, keys, certificates and templates.

use std::{
    fs::{self, File, FileType, Metadata, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::Path,
};

/// What is read though it is no regular file: what a shell hands over (`< FILE`, `<(COMMAND)`), and
/// the empty file. None of these has to be waited for before somebody writes.
const STREAMS: [&str; 4] = ["/dev/stdin", "/dev/fd", "/proc/self/fd", "/dev/null"];

/// Reads a whole file.
///
/// Errors: also when it is neither a regular file nor handed over by a shell.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if STREAMS.iter().any(|stream| path.starts_with(stream)) {
        return fs::read(path);
    }
    let (mut file, _) = open(path)?;
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    Ok(octets)
}

/// Opens a regular file, which may be behind links. The metadata are those of the file that is open,
/// whatever stands at the path by then.
///
/// Errors: also when it is no regular file.
pub fn open(path: &Path) -> io::Result<(File, Metadata)> {
    // Without the flag, a named pipe is waited for until somebody writes to it.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = file.map_err(|error| match error.raw_os_error() {
        Some(libc::ENXIO) => no_file("socket"),
        _ => error,
    })?;
    let metadata = file.metadata()?;
    match metadata.is_file() {
        true => Ok((file, metadata)),
        false => Err(no_file(kind(metadata.file_type()))),
    }
}

fn kind(found: FileType) -> &'static str {
    match found {
        _ if found.is_dir() => "folder",
        _ if found.is_fifo() => "named pipe",
        _ => "device",
    }
}

fn no_file(found: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("is a {found}, and must be a regular file"))
}

#[cfg(test)]
mod tests;
