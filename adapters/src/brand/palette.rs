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
    /// Text such as links, and lines such as icons: on pages, on their sheet and on `tint`.
    pub accent: Colour,
    /// Behind icons and what is chosen.
    pub tint: Colour,
    pub button: Colour,
    /// A button under the pointer.
    pub button_strong: Colour,
    /// Text on `button` and on `button_strong`.
    pub on_button: Colour,
}

/// The grounds of light pages, of dark pages, and of the sheets on them, and text: those of `base.css`.
const LIGHT_GROUND: Colour = Colour::of(0xf3_f5f4);
const LIGHT_SHEET: Colour = Colour::WHITE;
const DARK_GROUND: Colour = Colour::of(0x12_171b);
const DARK_SHEET: Colour = Colour::of(0x1b_2227);
const INK: Colour = Colour::of(0x1b_2530);
const ON_DARK_BUTTON: Colour = Colour::of(0x0c_2026);
/// How much of the accent is in a tint, and how much stronger a button gets, in hundredths.
const TINT: u16 = 12;
const STRONGER: u16 = 22;
/// The least contrast by which people see where a button ends, and that it changes under the pointer.
const SEEN: f64 = 1.3;
const CHANGED: f64 = 1.12;

impl Default for Palette {
    /// Passlink's own colours.
    fn default() -> Self {
        Self {
            light: Shades {
                accent: Colour::of(0x1f_5c6b),
                tint: Colour::of(0xe4_eef0),
                button: Colour::of(0x1f_5c6b),
                button_strong: Colour::of(0x17_4854),
                on_button: Colour::WHITE,
            },
            dark: Shades {
                accent: Colour::of(0x86_cbdb),
                tint: Colour::of(0x22_333a),
                button: Colour::of(0x86_cbdb),
                button_strong: Colour::of(0xa3_d9e5),
                on_button: ON_DARK_BUTTON,
            },
        }
    }
}

impl Palette {
    /// The least contrast of text, by WCAG 2.2 (1.4.3, level AA).
    pub(super) const CONTRAST: f64 = 4.5;

    /// The colours nearest to this one that can be read: darker ones for light surroundings, lighter
    /// ones for dark. A button has the colour itself in light surroundings, if it can hold a text.
    pub fn of(Accent { colour }: Accent) -> Self {
        let light = readable(colour, Colour::BLACK, &light_grounds);
        let dark = readable(colour, Colour::WHITE, &dark_grounds);
        let own = button_of(colour);
        let (button, on_button) = own.unwrap_or((light, Colour::WHITE));
        Self {
            light: Shades {
                accent: light,
                tint: LIGHT_SHEET.mixed(light, TINT),
                button,
                button_strong: stronger(button, on_button, [Colour::BLACK, Colour::WHITE]),
                on_button,
            },
            dark: Shades {
                accent: dark,
                tint: DARK_SHEET.mixed(dark, TINT),
                button: dark,
                button_strong: stronger(dark, ON_DARK_BUTTON, [Colour::WHITE, Colour::BLACK]),
                on_button: ON_DARK_BUTTON,
            },
        }
    }

    /// What is hardest to tell from this colour of all that it stands on in light surroundings, white
    /// before all, with the contrast to that.
    pub(super) fn hardest_of_light(colour: Colour) -> (Colour, f64) {
        let white = (LIGHT_SHEET, colour.contrast(LIGHT_SHEET));
        if white.1 < Self::CONTRAST {
            return white;
        }
        let all = light_grounds(colour).map(|ground| (ground, colour.contrast(ground)));
        all.into_iter().fold(white, |least, next| if next.1 < least.1 { next } else { least })
    }
}

/// What an accent stands on in light surroundings.
fn light_grounds(accent: Colour) -> [Colour; 3] {
    [LIGHT_GROUND, LIGHT_SHEET, LIGHT_SHEET.mixed(accent, TINT)]
}

/// The same in dark surroundings. A text on a button is darker than all of these.
fn dark_grounds(accent: Colour) -> [Colour; 3] {
    [DARK_GROUND, DARK_SHEET, DARK_SHEET.mixed(accent, TINT)]
}

/// The colour with as little of the `pole` in it as it takes to be read on its grounds.
fn readable(colour: Colour, pole: Colour, grounds: &dyn Fn(Colour) -> [Colour; 3]) -> Colour {
    let mut mixed = (0..=100).map(|hundredths| colour.mixed(pole, hundredths));
    let can_be_read = |accent: &Colour| {
        grounds(*accent).iter().all(|ground| accent.contrast(*ground) >= Palette::CONTRAST)
    };
    mixed.find(can_be_read).unwrap_or(pole)
}

/// A button in this colour, with its text, if that can be read and the button is seen on a light sheet.
fn button_of(colour: Colour) -> Option<(Colour, Colour)> {
    let can_be_read = |text: &Colour| colour.contrast(*text) >= Palette::CONTRAST;
    let text = [Colour::WHITE, INK].into_iter().find(can_be_read)?;
    (colour.contrast(LIGHT_SHEET) >= SEEN).then_some((colour, text))
}

/// A button that is pointed at: nearer to the first of the poles with which its text can be read, and
/// that is seen, if it is with one.
fn stronger(button: Colour, text: Colour, poles: [Colour; 2]) -> Colour {
    let nearer = poles.into_iter().map(|pole| button.mixed(pole, STRONGER));
    let mut fit = nearer.filter(|strong| strong.contrast(text) >= Palette::CONTRAST);
    let changed = fit.clone().find(|strong| strong.contrast(button) >= CHANGED);
    changed.or_else(|| fit.next()).unwrap_or(button)
}

#[cfg(test)]
mod tests;
