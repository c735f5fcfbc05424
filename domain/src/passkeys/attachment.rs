//! How an authenticator is attached.

use crate::names::named;

/// How an authenticator is attached to the device (WebAuthn, section 5.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// Part of the device.
    Platform,
    /// Goes from device to device: a security key, a phone beside a computer.
    CrossPlatform,
}

named!(Attachment { Platform => "platform", CrossPlatform => "cross-platform" });
