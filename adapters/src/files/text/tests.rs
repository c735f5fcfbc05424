use super::*;

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    for (octets, text) in [
        (&b""[..], Ok("")),
        (b"a", Ok("a")),
        (b"\xef\xbb\xbf", Ok("")),
        (b"\xef\xbb\xbfa\xc3\xbc\r\n", Ok("a\u{fc}\r\n")),
        (b"\xef\xbb\xbf\xef\xbb\xbfa", Ok("\u{feff}a")),
        (b"\xff\xfea\0", Err(NotText::Utf16)),
        (b"\xfe\xff\0a", Err(NotText::Utf16)),
        (b"a\0b\0", Err(NotText::Utf16)),
        (b"\0a\0b", Err(NotText::Utf16)),
        (b"a\xfc", Err(NotText::NotUtf8(2))),
    ] {
        let is = text_of(octets.to_vec());
        assert_eq!(is.as_deref().map_err(|error| *error), text, "{octets:?}");
    }
}
