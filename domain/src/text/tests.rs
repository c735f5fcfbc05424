use super::*;

#[test]
fn what_nobody_sees_is_invisible_and_what_scripts_need_is_not() {
    let invisible = [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180b}',
        '\u{180f}',
        '\u{200b}',
        '\u{200e}',
        '\u{202e}',
        '\u{2028}',
        '\u{2029}',
        '\u{2060}',
        '\u{206f}',
        '\u{2800}',
        '\u{3164}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff0}',
        '\u{fffb}',
        '\u{1d173}',
        '\u{e0000}',
        '\u{e0100}',
        '\u{e0fff}',
    ];
    for c in invisible {
        assert!(is_invisible(c), "{c:?}");
    }
    for c in [
        'a', ' ', 'ß', '\u{301}', '\u{200c}', '\u{200d}', '\u{fe00}', '\u{fe0f}', '\u{2801}',
        '\u{fffc}', '👩',
    ] {
        assert!(!is_invisible(c), "{c:?}");
    }
}
