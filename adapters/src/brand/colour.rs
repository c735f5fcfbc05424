//! Colours, and how well one can be read on another.

use std::fmt;

/// A colour (sRGB). It is written as CSS has it, such as `#1f5c6b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    rgb: [u8; 3],
}

impl Colour {
    pub(super) const BLACK: Self = Self::of(0x00_0000);
    pub(super) const WHITE: Self = Self::of(0xff_ffff);

    /// The colour of a number such as `0x1f5c6b`.
    pub(super) const fn of(number: u32) -> Self {
        let [_, rgb @ ..] = number.to_be_bytes();
        Self { rgb }
    }

    /// The colour with so many hundredths of another in it, up to 100.
    pub(super) fn mixed(self, other: Self, hundredths: u16) -> Self {
        let [red, green, blue] = self.rgb;
        let [other_red, other_green, other_blue] = other.rgb;
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - hundredths) + u16::from(other) * hundredths;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self { rgb: [mix(red, other_red), mix(green, other_green), mix(blue, other_blue)] }
    }

    /// The contrast ratio of two colours by WCAG 2.2, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The relative luminance by WCAG 2.2, from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.rgb.map(|octet| {
            let part = f64::from(octet) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
