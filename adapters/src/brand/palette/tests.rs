use proptest::prelude::*;

use super::*;

fn assert_can_be_read(shades: Shades, grounds: [Colour; 2]) {
    let Shades { accent, tint, button, button_strong, on_button } = shades;
    let pairs = grounds.map(|ground| (accent, ground));
    let others = [(accent, tint), (button, on_button), (button_strong, on_button)];
    let pairs = pairs.into_iter().chain(others);
    for (one, other) in pairs {
        assert!(one.contrast(other) >= 4.5, "{one} on {other}: {}", one.contrast(other));
    }
    assert_ne!(button, button_strong);
    assert!(button.contrast(grounds[1]) >= 1.3, "{button} on its sheet");
}

fn assert_all_can_be_read(palette: Palette) {
    assert_can_be_read(palette.light, [LIGHT_GROUND, LIGHT_SHEET]);
    assert_can_be_read(palette.dark, [DARK_GROUND, DARK_SHEET]);
}

proptest! {
    #[test]
    fn every_accent_makes_colours_that_can_be_read(number in 0..=0xff_ffff_u32) {
        assert_all_can_be_read(Palette::of(Accent { colour: Colour::of(number) }));
    }
}

#[test]
fn extremes_and_greys_and_the_built_in_colours_can_be_read() {
    assert_all_can_be_read(Palette::default());
    for octet in 0..=0xff_u32 {
        for unit in [0x00_0001, 0x00_0100, 0x01_0000, 0x00_0101, 0x01_0001, 0x01_0100, 0x01_0101] {
            assert_all_can_be_read(Palette::of(Accent { colour: Colour::of(octet * unit) }));
        }
    }
}

#[test]
fn the_built_in_colours_are_those_of_the_pages() {
    let style = include_str!("../../inbound/web/assets/base.css");
    let (light, dark) = style.split_once("prefers-color-scheme: dark").unwrap();
    let Palette { light: light_shades, dark: dark_shades } = Palette::default();
    for (style, shades, [ground, sheet]) in [
        (light, light_shades, [LIGHT_GROUND, LIGHT_SHEET]),
        (dark, dark_shades, [DARK_GROUND, DARK_SHEET]),
    ] {
        for (name, colour) in [
            ("accent", shades.accent),
            ("tint", shades.tint),
            ("button", shades.button),
            ("button-strong", shades.button_strong),
            ("on-button", shades.on_button),
            ("ground", ground),
            ("sheet", sheet),
        ] {
            assert!(style.contains(&format!(" --{name}: {colour};")), "--{name}: {colour}");
        }
    }
}

#[test]
fn a_colour_that_can_be_read_is_used_as_it_is() {
    for text in ["#1f5c6b", "#b3123f", "#000000"] {
        let palette = Palette::of(text.parse().unwrap());
        assert_eq!(palette.light.accent.to_string(), text);
    }
    assert_eq!(Palette::of("#86cbdb".parse().unwrap()).dark.accent.to_string(), "#86cbdb");
}

#[test]
fn a_button_has_the_colour_itself_where_a_text_can_be_read_on_it() {
    for (colour, text) in [("#ffcc00", "#1b2530"), ("#b3123f", "#ffffff")] {
        let light = Palette::of(colour.parse().unwrap()).light;
        assert_eq!((&*light.button.to_string(), &*light.on_button.to_string()), (colour, text));
    }
    // Neither a white nor a dark text can be read on the one, and nobody would see the other.
    for colour in ["#7a7a7a", "#fffbe8"] {
        let light = Palette::of(colour.parse().unwrap()).light;
        assert_eq!(light.button, light.accent, "{colour}");
    }
}
