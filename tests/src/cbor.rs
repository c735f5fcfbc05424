//! What keys and answers of authenticators are written in: CBOR (RFC 8949) and COSE (RFC 9052).

/// An RS256 key in COSE, as good as its numbers.
pub fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00];
    [&head[..], &[0x20], &bytes(modulus), &[0x21], &bytes(exponent)].concat()
}

/// A text in CBOR.
pub fn text(text: &str) -> Vec<u8> {
    [head(0x60, text.len()), text.as_bytes().to_vec()].concat()
}

/// A byte string in CBOR.
pub fn bytes(octets: &[u8]) -> Vec<u8> {
    [head(0x40, octets.len()), octets.to_vec()].concat()
}

fn head(major: u8, length: usize) -> Vec<u8> {
    match length {
        0..24 => vec![major | length as u8],
        24..256 => vec![major | 24, length as u8],
        _ => [&[major | 25][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    }
}
