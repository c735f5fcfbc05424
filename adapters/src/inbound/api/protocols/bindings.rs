//! Which REST path stands for which RPC. Why: `docs/decisions/one-api-definition.md`.

use axum::routing::MethodFilter;
use http::Method;

pub(crate) struct Binding {
    pub method: MethodFilter,
    /// The path's template.
    pub path: &'static str,
    /// `/<package>.<Service>/<Method>`.
    pub rpc: &'static str,
}

const fn post(path: &'static str, rpc: &'static str) -> Binding {
    Binding { method: MethodFilter::POST, path, rpc }
}

const fn delete(path: &'static str, rpc: &'static str) -> Binding {
    Binding { method: MethodFilter::DELETE, path, rpc }
}

/// All REST paths. What a path names in braces is the field of that name.
#[rustfmt::skip]
pub(crate) const BINDINGS: &[Binding] = &[
    post("/auth/v1/users/me/passwordless/_send_link", "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink"),
    post("/auth/v1/users/me/passwordless/_link", "/zitadel.auth.v1.AuthService/AddMyPasswordlessLink"),
    post("/auth/v1/users/me/passwordless/_search", "/zitadel.auth.v1.AuthService/ListMyPasswordless"),
    post("/auth/v1/users/me/passwordless", "/zitadel.auth.v1.AuthService/AddMyPasswordless"),
    post("/auth/v1/users/me/passwordless/_verify", "/zitadel.auth.v1.AuthService/VerifyMyPasswordless"),
    delete("/auth/v1/users/me/passwordless/{token_id}", "/zitadel.auth.v1.AuthService/RemoveMyPasswordless"),
    post("/v2/users/{user_id}/passkeys/registration_link", "/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink"),
    post("/v2/users/{user_id}/passkeys", "/zitadel.user.v2.UserService/RegisterPasskey"),
    post("/v2/users/{user_id}/passkeys/_search", "/zitadel.user.v2.UserService/ListPasskeys"),
    post("/v2/users/{user_id}/passkeys/{passkey_id}", "/zitadel.user.v2.UserService/VerifyPasskeyRegistration"),
    delete("/v2/users/{user_id}/passkeys/{passkey_id}", "/zitadel.user.v2.UserService/RemovePasskey"),
    post("/passlink/v1/links/{link_id}/_inspect", "/passlink.v1.LinkService/InspectLink"),
    post("/passlink/v1/links/{link_id}/_resend", "/passlink.v1.LinkService/ResendLink"),
    post("/passlink/v1/links/{link_id}/_revoke", "/passlink.v1.LinkService/RevokeLink"),
    post("/passlink/v1/links/{link_id}/_inspect_revocation", "/passlink.v1.LinkService/InspectRevocation"),
    post("/passlink/v1/passkeys/{passkey_id}/_undo", "/passlink.v1.LinkService/UndoRegistration"),
    post("/passlink/v1/passkeys/{passkey_id}/_inspect_undo", "/passlink.v1.LinkService/InspectUndo"),
];

/// The RPC that a path's template stands for, and whether the template takes the method: where it does
/// not, one of those that it stands for with another.
pub(crate) fn bound_rpc(method: &Method, template: &str) -> Option<(&'static str, bool)> {
    let method = MethodFilter::try_from(method.clone()).ok();
    let at = || BINDINGS.iter().filter(|binding| binding.path == template);
    match at().find(|binding| Some(binding.method) == method) {
        Some(binding) => Some((binding.rpc, true)),
        None => at().next().map(|binding| (binding.rpc, false)),
    }
}

pub(crate) fn known_rpc(path: &str) -> Option<&'static str> {
    BINDINGS.iter().find(|binding| binding.rpc == path).map(|binding| binding.rpc)
}

#[cfg(test)]
mod tests;
