use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};

use crate::{
    cbor::{bytes, rsa_public_key},
    python,
};

/// A new private key of a passkey that is made by hand.
pub enum Key {
    /// ECDSA on P-256.
    Es256(EcdsaKeyPair),
    /// RSA with PKCS #1 v1.5.
    Rs256(RsaKeyPair),
}

impl Key {
    /// One for ES256.
    pub fn es256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Es256(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
    }

    /// One for RS256.
    pub fn rs256() -> Self {
        Self::rs256_of(2048)
    }

    /// One for RS256, of so many bits.
    pub fn rs256_of(bits: u32) -> Self {
        Self::Rs256(RsaKeyPair::from_pkcs8(&python::rsa_key(bits)).unwrap())
    }

    /// The algorithm's number in CBOR.
    pub fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Es256(_) => vec![0x26],
            Self::Rs256(_) => vec![0x39, 0x01, 0x00],
        }
    }

    /// The public key, a COSE_Key.
    pub fn public(&self) -> Vec<u8> {
        let algorithm = self.algorithm();
        match self {
            Self::Es256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                let head = [&[0xa5, 0x01, 0x02, 0x03][..], &algorithm, &[0x20, 0x01]].concat();
                [&head[..], &[0x21], &bytes(x), &[0x22], &bytes(y)].concat()
            }
            Self::Rs256(key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                rsa_public_key(&public.n, &public.e)
            }
        }
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}
