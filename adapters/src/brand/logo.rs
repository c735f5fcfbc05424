//! The logo: a file of the operator's.

use std::{fmt, io::Read, path::Path};

use bytes::Bytes;

use crate::files;

mod error;
mod picture;
mod svg;

pub use error::LogoError;
use error::MOST;
use picture::{PNG, Picture};

/// A picture in the two forms that it is used in: pages show the file itself, mails a PNG. Clones
/// share the octets.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    /// The file as it came.
    pub file: Bytes,
    /// That of `file`: `image/svg+xml` or `image/png`.
    pub media_type: &'static str,
    /// That of a name for `file`: `svg` or `png`.
    pub extension: &'static str,
    /// A PNG of at most 480 by 96 pixels, drawn from the file.
    pub png: Bytes,
    /// How large `png` is shown, in CSS pixels: at most 240 by 48, so that it is sharp on screens
    /// with two device pixels for one.
    pub width: u32,
    pub height: u32,
}

impl Logo {
    /// Reads an SVG or a PNG, whatever its name, and draws it once.
    ///
    /// The drawing loads nothing and runs nothing. It has no fonts either, so that text in an SVG must
    /// be paths.
    ///
    /// Errors: the file can't be used as a logo. They go on after the file's name.
    pub fn read(path: &Path) -> Result<Self, LogoError> {
        let (file, metadata) = files::open(path)?;
        if metadata.len() > MOST {
            return Err(LogoError::TooLarge { size: metadata.len() });
        }
        let mut octets = Vec::new();
        // It may grow while it is read.
        let size = file.take(MOST + 1).read_to_end(&mut octets)? as u64;
        if size > MOST {
            return Err(LogoError::TooLarge { size });
        }
        Self::of(octets)
    }

    fn of(octets: Vec<u8>) -> Result<Self, LogoError> {
        let (media_type, extension, picture) = if octets.starts_with(PNG) {
            ("image/png", "png", picture::from_png(&octets)?)
        } else {
            ("image/svg+xml", "svg", svg::draw(&octets)?)
        };
        let Picture { png, width, height } = picture;
        Ok(Self { file: octets.into(), media_type, extension, png, width, height })
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { media_type, width, height, .. } = self;
        write!(f, "Logo({media_type}, {width} by {height})")
    }
}

#[cfg(test)]
mod tests;
