//! How calls come: REST, gRPC, gRPC-Web, Connect, and what the RPC framework leaves to be completed.

pub(crate) mod answer;
mod bindings;
mod bound;
pub(crate) mod classify;
mod deadline;
pub(crate) mod error_form;
pub(crate) mod framework;
pub(crate) mod framework_error;
mod json_messages;
mod media;
pub(crate) mod outcome;
mod rest;
pub(crate) mod streams;
pub(crate) mod whole_numbers;
