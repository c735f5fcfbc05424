//! Which RPC a request is bound to.

use super::bindings::BINDINGS;

/// The RPC that a path's template stands for, and whether the template takes the method: where it does
/// not, one of those that it stands for with another.
pub(crate) fn bound_rpc(method: &str, template: &str) -> Option<(&'static str, bool)> {
    // HEAD asks for what GET answers, without its body (RFC 9110, section 9.3.2).
    let method = if method == "HEAD" { "GET" } else { method };
    let at = || BINDINGS.iter().filter(|binding| binding.path == template);
    match at().find(|binding| binding.verb.name() == method) {
        Some(binding) => Some((binding.rpc, true)),
        None => at().next().map(|binding| (binding.rpc, false)),
    }
}

pub(crate) fn known_rpc(path: &str) -> Option<&'static str> {
    BINDINGS.iter().find(|binding| binding.rpc == path).map(|binding| binding.rpc)
}

#[cfg(test)]
mod tests;
