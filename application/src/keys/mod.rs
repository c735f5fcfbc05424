//! Keys that codes are derived from: which are needed, and how one is retired.

pub(crate) mod needed;
pub(crate) mod retire;

pub use needed::KeyUse;
pub use retire::RetireKey;
