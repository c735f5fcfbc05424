//! The colours that pages and mails use, each of which can be read where it stands.

use super::{Accent, Colour};

/// The colours of a brand, in light and in dark surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub light: Shades,
    pub dark: Shades,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shades {
    /// Buttons, and text such as links, on pages, on their sheet and on `tint`.
    pub accent: Colour,
    /// A button under the pointer.
    pub accent_strong: Colour,
    /// Text on `accent` and on `accent_strong`.
    pub on_accent: Colour,
    /// Behind icons and what is chosen.
    pub tint: Colour,
}

/// The grounds of light pages, of dark pages, and of the sheets on them: those of `page.css`.
const LIGHT_GROUND: Colour = Colour::of(0xf3_f5f4);
const LIGHT_SHEET: Colour = Colour::WHITE;
const DARK_GROUND: Colour = Colour::of(0x12_171b);
const DARK_SHEET: Colour = Colour::of(0x1b_2227);
const ON_DARK_ACCENT: Colour = Colour::of(0x0c_2026);
/// How much of the accent is in a tint, and how much stronger a button gets, in hundredths.
const TINT: u16 = 12;
const STRONGER: u16 = 22;
/// From this contrast to its sheet on, a button gets weaker under the pointer: nobody sees how what
/// is almost black gets darker.
const EXTREME: f64 = 14.0;

impl Default for Palette {
    /// Passlink's own colours.
    fn default() -> Self {
        Self {
            light: Shades {
                accent: Colour::of(0x1f_5c6b),
                accent_strong: Colour::of(0x17_4854),
                on_accent: Colour::WHITE,
                tint: Colour::of(0xe4_eef0),
            },
            dark: Shades {
                accent: Colour::of(0x86_cbdb),
                accent_strong: Colour::of(0xa3_d9e5),
                on_accent: ON_DARK_ACCENT,
                tint: Colour::of(0x22_333a),
            },
        }
    }
}

impl Palette {
    /// The least contrast of text, by WCAG 2.2 (1.4.3, level AA).
    pub(super) const CONTRAST: f64 = 4.5;

    /// The colours nearest to this one that can be read: darker ones for light surroundings, lighter
    /// ones for dark.
    pub fn of(Accent { colour }: Accent) -> Self {
        Self {
            light: readable(colour, Colour::BLACK, light),
            dark: readable(colour, Colour::WHITE, dark),
        }
    }

    /// What is hardest to tell from this colour of all that it stands on in light surroundings, white
    /// before all, with the contrast to that.
    pub(super) fn hardest_of_light(colour: Colour) -> (Colour, f64) {
        let (shades, grounds) = light(colour);
        let white = (LIGHT_SHEET, colour.contrast(LIGHT_SHEET));
        if white.1 < Self::CONTRAST {
            return white;
        }
        let all = grounds.into_iter().chain([shades.tint]);
        let all = all.map(|ground| (ground, colour.contrast(ground)));
        all.fold(white, |least, next| if next.1 < least.1 { next } else { least })
    }
}

/// What an accent makes for light surroundings, and what it stands on there besides its tint.
fn light(accent: Colour) -> (Shades, [Colour; 2]) {
    let tint = LIGHT_SHEET.mixed(accent, TINT);
    let (on_accent, pole) = (Colour::WHITE, Colour::BLACK);
    (shades(accent, on_accent, tint, LIGHT_SHEET, pole), [LIGHT_GROUND, LIGHT_SHEET])
}

fn dark(accent: Colour) -> (Shades, [Colour; 2]) {
    let tint = DARK_SHEET.mixed(accent, TINT);
    let (on_accent, pole) = (ON_DARK_ACCENT, Colour::WHITE);
    (shades(accent, on_accent, tint, DARK_SHEET, pole), [DARK_GROUND, DARK_SHEET])
}

/// `pole` is what a stronger accent has more of.
fn shades(accent: Colour, on_accent: Colour, tint: Colour, sheet: Colour, pole: Colour) -> Shades {
    let towards = if accent.contrast(sheet) < EXTREME { pole } else { sheet };
    Shades { accent, accent_strong: accent.mixed(towards, STRONGER), on_accent, tint }
}

/// The shades of the colour with as little of the `pole` in it as will do.
fn readable(
    colour: Colour,
    pole: Colour,
    shades_of: fn(Colour) -> (Shades, [Colour; 2]),
) -> Shades {
    let mut mixed = (0..=100).map(|hundredths| shades_of(colour.mixed(pole, hundredths)));
    let found = mixed.find(|(shades, grounds)| {
        let can_be_read = |on: Colour| shades.accent.contrast(on) >= Palette::CONTRAST;
        grounds.iter().chain([&shades.on_accent, &shades.tint]).all(|ground| can_be_read(*ground))
            && shades.accent_strong.contrast(shades.on_accent) >= Palette::CONTRAST
    });
    found.unwrap_or_else(|| shades_of(pole)).0
}

#[cfg(test)]
mod tests;
