//! How Passlink touches the world: `inbound` is what callers and browsers reach, `outbound` is what the
//! use cases reach. Inbound does not know outbound: what two rooms share is a port or stands in the
//! application layer. [`brand`], [`telemetry`] and [`files`] are known to all.

pub mod brand;
pub mod files;
pub mod inbound;
pub mod outbound;
pub mod telemetry;
