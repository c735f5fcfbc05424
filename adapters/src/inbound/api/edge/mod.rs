//! What stands around every call: limits, deadlines, observation.

pub(crate) mod access_log;
pub(crate) mod caller_context;
pub(crate) mod cors;
pub(crate) mod deadline;
pub(crate) mod host;
pub(crate) mod intake;
pub(crate) mod last_look;
pub(crate) mod observe;
pub(crate) mod panics;
