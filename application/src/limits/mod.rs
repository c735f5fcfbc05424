//! How much is done at a time, and how often.

pub(crate) mod fair_pool;
pub(crate) mod limiter;

pub use fair_pool::{ConnectionPermit, FairPool, Full, InUse, Permit};
pub use limiter::{ClientAddress, Limiter, TooMany};
