//! Answers to a WebAuthn challenge: client data, attestation object, CBOR.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use passlink_adapters::outbound::webauthn::open_ceremony::OpenCeremony;

static CEREMONY: LazyLock<OpenCeremony> = LazyLock::new(|| OpenCeremony::begin().unwrap());

fuzz_target!(|input: &[u8]| {
    CEREMONY.answer(input).unwrap();
});
