//! Which REST path stands for which RPC. The build reads it as well, for the document.
//! Why: `docs/decisions/one-api-definition.md`.

/// An HTTP method that a path is bound with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    /// As HTTP writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

pub(crate) struct Binding {
    pub verb: Verb,
    /// The path's template.
    pub path: &'static str,
    /// `/<package>.<Service>/<Method>`.
    pub rpc: &'static str,
}

const fn get(path: &'static str, rpc: &'static str) -> Binding {
    Binding { verb: Verb::Get, path, rpc }
}

const fn post(path: &'static str, rpc: &'static str) -> Binding {
    Binding { verb: Verb::Post, path, rpc }
}

const fn patch(path: &'static str, rpc: &'static str) -> Binding {
    Binding { verb: Verb::Patch, path, rpc }
}

const fn delete(path: &'static str, rpc: &'static str) -> Binding {
    Binding { verb: Verb::Delete, path, rpc }
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
    post("/v2/sessions", "/zitadel.session.v2.SessionService/CreateSession"),
    post("/v2/sessions/search", "/zitadel.session.v2.SessionService/ListSessions"),
    patch("/v2/sessions/{session_id}", "/zitadel.session.v2.SessionService/SetSession"),
    get("/v2/sessions/{session_id}", "/zitadel.session.v2.SessionService/GetSession"),
    delete("/v2/sessions/{session_id}", "/zitadel.session.v2.SessionService/DeleteSession"),
    post("/passlink/v1/links/{link_id}/_inspect", "/passlink.v1.LinkService/InspectLink"),
    post("/passlink/v1/links/{link_id}/_resend", "/passlink.v1.LinkService/ResendLink"),
    post("/passlink/v1/links/{link_id}/_revoke", "/passlink.v1.LinkService/RevokeLink"),
    post("/passlink/v1/links/{link_id}/_inspect_revocation", "/passlink.v1.LinkService/InspectRevocation"),
    post("/passlink/v1/passkeys/{passkey_id}/_undo", "/passlink.v1.LinkService/UndoRegistration"),
    post("/passlink/v1/passkeys/{passkey_id}/_inspect_undo", "/passlink.v1.LinkService/InspectUndo"),
    patch("/passlink/v1/users/{user_id}/passkeys/{passkey_id}", "/passlink.v1.PasskeyService/RenamePasskey"),
];
