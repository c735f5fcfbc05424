//! How calls come: REST, gRPC, gRPC-Web, Connect, and what the RPC framework leaves to be completed.

pub(crate) mod call;
pub(crate) mod dispatch;
pub(crate) mod form;
pub(crate) mod framework_error;
pub(crate) mod json;
pub(crate) mod media;
pub(crate) mod numbers;
pub(crate) mod rest;
pub(crate) mod streams;
