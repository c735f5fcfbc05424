//! What can be wrong with a logo.

use std::io;

use crate::files::NotText;

/// Most octets of a logo's file.
pub(super) const MOST: u64 = 256 * 1024;
/// Most pixels of a side of a PNG.
pub(super) const LARGEST: u32 = 4096;

/// Why a file can't be used as a logo: what is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error("can't be read: {0}")]
    Read(#[from] io::Error),
    #[error(
        "has {} KiB, and a logo has at most {} KiB: make it smaller, or draw it with less detail",
        size.div_ceil(1024),
        MOST / 1024
    )]
    TooLarge { size: u64 },
    #[error("is neither an SVG nor a PNG: save it as one of these")]
    UnknownFormat,
    #[error(transparent)]
    Encoding(NotText),
    #[error("is a PNG that can't be read, maybe a part is missing: save it again ({0})")]
    Png(String),
    #[error("is {width} by {height} pixels, and a logo at most {LARGEST} a side: make it smaller")]
    TooManyPixels { width: u32, height: u32 },
    #[error("is an SVG that can't be read: save it again ({0})")]
    Svg(String),
    #[error("is an SVG that declares entities (`<!ENTITY`): save it as a plain SVG, without them")]
    Entities,
    #[error("is an SVG with filters, such as shadows and blurs: save it without them")]
    Filters,
    #[error(
        "is an SVG whose `<style>` refers to masks or patterns: save it with presentation attributes"
    )]
    References,
    #[error("is an SVG without a size: give its root element a `viewBox`, or `width` and `height`")]
    NoSize,
    #[error("is an SVG that draws too much, or in circles: save it with less detail")]
    TooComplex,
    #[error(
        "draws nothing: text in an SVG must be turned into paths, and pictures in it are left out"
    )]
    Empty,
}
