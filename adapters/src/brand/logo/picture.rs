//! What mails show: a small PNG.

use bytes::Bytes;
use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

use super::error::{LARGEST, LogoError};

/// What every PNG begins with.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The most that it takes up, in CSS pixels, and how many device pixels it has for one of these.
const WIDEST: f32 = 240.0;
const HIGHEST: f32 = 48.0;
pub(super) const DENSITY: f32 = 2.0;

/// A PNG, with the size that it is shown at, in CSS pixels.
pub(super) struct Picture {
    pub png: Bytes,
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// Errors: nothing is to be seen.
    pub fn of(pixels: &Pixmap, width: u32, height: u32) -> Result<Self, LogoError> {
        if pixels.pixels().iter().all(|pixel| pixel.alpha() == 0) {
            return Err(LogoError::Empty);
        }
        let png = pixels.encode_png().map_err(|error| LogoError::Png(error.to_string()))?;
        Ok(Self { png: png.into(), width, height })
    }
}

/// By what something of this size is multiplied to fill the place for it.
pub(super) fn factor(width: f32, height: f32) -> f32 {
    (WIDEST / width).min(HIGHEST / height)
}

/// A length in whole pixels, which is never none.
pub(super) fn whole(length: f32) -> u32 {
    length.round().max(1.0) as u32
}

/// The picture in a PNG, made smaller where it has to be.
pub(super) fn from_png(file: &[u8]) -> Result<Picture, LogoError> {
    let (width, height) = size(file).ok_or_else(|| LogoError::Png("its head is cut off".into()))?;
    if width > LARGEST || height > LARGEST {
        return Err(LogoError::TooManyPixels { width, height });
    }
    let pixels = Pixmap::decode_png(file).map_err(|error| LogoError::Png(error.to_string()))?;
    let (width, height) = (pixels.width() as f32, pixels.height() as f32);
    let shown = factor(width, height).min(1.0);
    let drawn = (DENSITY * shown).min(1.0);
    let pixels = shrunk(pixels, whole(drawn * width), whole(drawn * height))?;
    Picture::of(&pixels, whole(shown * width), whole(shown * height))
}

/// What the head of a PNG says before anything is decoded: the first chunk begins with both sides
/// (PNG, third edition, 11.2.1).
fn size(file: &[u8]) -> Option<(u32, u32)> {
    let head = file.strip_prefix(PNG)?.get(4..)?.strip_prefix(b"IHDR")?;
    let (width, rest) = head.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Halves a picture until it is less than twice as large as it has to be: each step then looks at all
/// pixels of the one before.
fn shrunk(mut pixels: Pixmap, width: u32, height: u32) -> Result<Pixmap, LogoError> {
    while (pixels.width(), pixels.height()) != (width, height) {
        let step = |from: u32, to: u32| from.div_ceil(2).max(to);
        pixels = resized(&pixels, step(pixels.width(), width), step(pixels.height(), height))?;
    }
    Ok(pixels)
}

fn resized(pixels: &Pixmap, width: u32, height: u32) -> Result<Pixmap, LogoError> {
    let mut smaller = Pixmap::new(width, height).ok_or(LogoError::Empty)?;
    let (across, down) = (pixels.width() as f32, pixels.height() as f32);
    let scale = Transform::from_scale(width as f32 / across, height as f32 / down);
    let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    smaller.draw_pixmap(0, 0, pixels.as_ref(), &paint, scale, None);
    Ok(smaller)
}
