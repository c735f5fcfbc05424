//! What operators are told of a colour.

use super::{Accent, Colour, Palette};

impl Accent {
    /// What an operator is told when links and icons of light pages can't have the colour as it is. That
    /// dark pages use a lighter one is nothing to tell: nearly every colour has one for these.
    pub fn told(&self) -> Option<String> {
        let palette = Palette::of(*self);
        let used = palette.light.accent;
        if used == self.colour {
            return None;
        }
        let (ground, contrast) = Palette::hardest_of_light(self.colour);
        let ground = match ground {
            Colour::WHITE => "white".to_owned(),
            other => other.to_string(),
        };
        // Rounded down, as 4.49 is too little.
        let contrast = (contrast * 10.0).floor() / 10.0;
        Some(format!(
            "{} has a contrast of {contrast:.1} to {ground}, and text needs {:.1} (WCAG 2.2): links and \
             icons of light pages and mails are {used}, and buttons {}",
            self.colour,
            Palette::CONTRAST,
            palette.light.button,
        ))
    }
}

#[cfg(test)]
mod tests;
