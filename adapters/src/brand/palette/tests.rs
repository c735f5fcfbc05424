use proptest::prelude::*;

use super::*;

fn assert_can_be_read(shades: Shades, grounds: [Colour; 2]) {
    let Shades { accent, accent_strong, on_accent, tint } = shades;
    let pairs = grounds.map(|ground| (accent, ground));
    let pairs =
        pairs.into_iter().chain([(accent, tint), (accent, on_accent), (accent_strong, on_accent)]);
    for (one, other) in pairs {
        assert!(one.contrast(other) >= 4.5, "{one} on {other}: {}", one.contrast(other));
    }
    assert_ne!(accent, accent_strong);
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
    let style = include_str!("../../inbound/web/assets/page.css");
    let (light, dark) = style.split_once("prefers-color-scheme: dark").unwrap();
    let Palette { light: light_shades, dark: dark_shades } = Palette::default();
    for (style, shades, [ground, sheet]) in [
        (light, light_shades, [LIGHT_GROUND, LIGHT_SHEET]),
        (dark, dark_shades, [DARK_GROUND, DARK_SHEET]),
    ] {
        for (name, colour) in [
            ("accent", shades.accent),
            ("accent-strong", shades.accent_strong),
            ("on-accent", shades.on_accent),
            ("tint", shades.tint),
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
