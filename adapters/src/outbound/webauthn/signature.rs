//! Signatures by the keys of credentials (WebAuthn, section 6.5.5), verified by `ring`, which TLS and the tokens
//! of issuers use as well: it takes a third of the time of the library that reads the keys.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use webauthn_rs::prelude::{COSEAlgorithm, COSEKey, COSEKeyType};

use super::public_key;

/// Whether the key, a COSE_Key, has signed the message. A key that can't be read has signed nothing.
pub(super) fn verifies(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(COSEKey { type_, key }) = public_key::read(public_key) else { return false };
    match (type_, key) {
        (COSEAlgorithm::ES256, COSEKeyType::EC_EC2(key)) => {
            let point = [&[UNCOMPRESSED][..], &key.x, &key.y].concat();
            on_curve(&ECDSA_P256_SHA256_ASN1, &point, message, signature)
        }
        (COSEAlgorithm::ES384, COSEKeyType::EC_EC2(key)) => {
            let point = [&[UNCOMPRESSED][..], &key.x, &key.y].concat();
            on_curve(&ECDSA_P384_SHA384_ASN1, &point, message, signature)
        }
        (COSEAlgorithm::RS256, COSEKeyType::RSA(key)) => {
            let zeros = key.e.iter().take_while(|octet| **octet == 0).count();
            let (n, e) = (key.n.as_slice(), key.e.get(zeros..).unwrap_or_default());
            let key = RsaPublicKeyComponents { n, e };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        }
        _ => false,
    }
}

/// What stands before both coordinates of a point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

fn on_curve(
    algorithm: &'static dyn VerificationAlgorithm,
    point: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
}
