//! Which errors each method can answer with, by their ids.

const EVERY: &[&str] = &[
    "INSTANCE-NotFound",
    "REQUEST-Malformed",
    "REQUEST-TooLarge",
    "REQUEST-TooMany",
    "REQUEST-Deadline",
    "REQUEST-Unimplemented",
    "SERVICE-Unavailable",
    "SERVICE-Internal",
];
/// Of a bearer token and the user that it speaks for.
const TOKEN: &[&str] = &[
    "AUTH-Missing",
    "AUTH-Invalid",
    "USER-NotFound",
    "USER-NotActive",
    "USER-EmailNotVerified",
    "USER-EmailTaken",
];
/// Where passkeys or links of a person are changed.
const CHANGE: &[&str] = &["AUTH-StepUp"];
/// Where a user is named.
const NAMED: &[&str] = &["AUTH-Denied", "REQUEST-Invalid"];
const FINISH: &[&str] =
    &["REQUEST-Invalid", "PASSKEY-ValidateFailed", "PASSKEY-Exists", "PASSKEY-TooMany"];
const CODE: &[&str] = &["LINK-CodeInvalid"];

/// None for a method that nobody wrote down.
pub fn of(method: &str) -> Option<Vec<&'static str>> {
    let own: &[&[&str]] = match method {
        "SendMyPasswordlessLink" | "AddMyPasswordlessLink" => &[TOKEN, CHANGE, &["LINK-TooMany"]],
        "ListMyPasswordless" => &[TOKEN],
        "AddMyPasswordless" => &[TOKEN, CHANGE, &["PASSKEY-TooMany"]],
        "VerifyMyPasswordless" => &[TOKEN, CHANGE, FINISH],
        "RemoveMyPasswordless" => &[TOKEN, CHANGE, &["REQUEST-Invalid", "PASSKEY-NotFound"]],
        "CreatePasskeyRegistrationLink" => {
            &[TOKEN, CHANGE, NAMED, &["LINK-TooMany", "LINK-URLTemplate"]]
        }
        "RegisterPasskey" => &[TOKEN, CHANGE, NAMED, CODE, &["PASSKEY-TooMany"]],
        "VerifyPasskeyRegistration" => &[TOKEN, CHANGE, NAMED, CODE, FINISH, &["PASSKEY-NotFound"]],
        "ListPasskeys" => &[TOKEN, NAMED],
        "RemovePasskey" => &[TOKEN, CHANGE, NAMED, &["PASSKEY-NotFound"]],
        "InspectLink" | "InspectRevocation" | "RevokeLink" | "InspectUndo" | "UndoRegistration" => {
            &[CODE]
        }
        "ResendLink" => &[CODE, &["LINK-TooMany"]],
        _ => return None,
    };
    Some(own.iter().chain([&EVERY]).flat_map(|ids| ids.iter().copied()).collect())
}
