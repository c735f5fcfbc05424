//! What a call may take at the most.

use std::time::Duration;

/// Largest request body, in bytes, before and after decompression.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// How many calls, or streams of a kind, may wait for a permit.
pub(crate) const QUEUE: usize = 1024;
/// Longest that a request may take; its caller can set a shorter deadline.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
