//! Files that an operator names: the configuration, secrets, keys, certificates and templates.

use std::{
    fs::{File, FileType, Metadata, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::Path,
};

mod text;

pub use text::{NotText, text_of, without_mark};

/// What is read though it is no regular file: what a shell hands over (`< FILE`, `<(COMMAND)`), and
/// the empty file. None of these has to be waited for before somebody writes.
const STREAMS: [&str; 4] = ["/dev/stdin", "/dev/fd", "/proc/self/fd", "/dev/null"];

/// Most octets of a file. The longest are bundles of certificates, of a few hundred KiB.
const MOST: u64 = 16 * 1024 * 1024;

/// Errors: also when it is no regular file, or longer than 16 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    whole(open(path)?.0)
}

/// As [`read`], for what is read only once: a shell can hand it over as well.
pub fn read_once(path: &Path) -> io::Result<Vec<u8>> {
    if STREAMS.iter().any(|stream| path.starts_with(stream)) {
        whole(File::open(path)?)
    } else {
        read(path)
    }
}

fn whole(file: File) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    if file.take(MOST + 1).read_to_end(&mut octets)? as u64 > MOST {
        Err(io::Error::new(ErrorKind::FileTooLarge, "has more than 16 MiB"))
    } else {
        Ok(octets)
    }
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
    must_be_regular(metadata.file_type())?;
    Ok((file, metadata))
}

/// Errors: it is no regular file.
pub(crate) fn must_be_regular(found: FileType) -> io::Result<()> {
    match found {
        _ if found.is_file() => Ok(()),
        _ if found.is_dir() => Err(no_file("folder")),
        _ if found.is_fifo() => Err(no_file("named pipe")),
        _ if found.is_socket() => Err(no_file("socket")),
        _ => Err(no_file("device")),
    }
}

fn no_file(found: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("is a {found}, and must be a regular file"))
}

#[cfg(test)]
mod tests;
