//! QR codes for a phone's camera.

use std::io::{self, Write};

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

use crate::{Error, terminal};

/// Black on bright white, whatever the colours of the terminal: not every camera reads the reverse.
const COLOURS: &str = "\x1b[40;97m";
const NO_COLOURS: &str = "\x1b[0m";

/// Shows a text as a QR code on stderr.
pub(super) fn show(text: &str) -> Result<(), Error> {
    let picture = picture(text)?;
    let mut stderr = io::stderr().lock();
    let (before, after) = if terminal::shows_colours() { (COLOURS, NO_COLOURS) } else { ("", "") };
    for line in picture.lines() {
        writeln!(stderr, "{before}{line}{after}")?;
    }
    Ok(())
}

/// Two modules to a character; what is light in the code is drawn, as on a dark terminal.
fn picture(text: &str) -> Result<String, Error> {
    // Nothing dirties or tears a screen, and a small code fits on more of them.
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    Ok(code.render::<Dense1x2>().dark_color(dark).light_color(light).build())
}
