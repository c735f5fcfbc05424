use serde_json::Value;

use crate::{Output, Passlink, mime::Link, python};

/// How far a link is moved back, in milliseconds: longer than any link lives.
const BACK: u64 = 25 * 60 * 60 * 1000;

impl Passlink {
    /// Lets a link's time run out, as if it had been requested long before. A code is bound to the
    /// end of its link's time, so that the link has another one then. It is recorded as expired, as it
    /// would have been by then: else a newer one might replace it first.
    #[track_caller]
    pub fn expired(&self, link: &Link) -> Link {
        let id = link.query["codeID"].as_str();
        let back = format!(
            "UPDATE links SET requested_at = requested_at - {BACK}, expires_at = expires_at - {BACK}, \
             state = 'expired' WHERE id = ?"
        );
        self.sql(&back, &[id]);
        let code = self.code(id, "register");
        Link { whole: link.whole.replace(&link.code, &code), code, ..link.clone() }
    }

    /// The code of a link, derived by a program that is not ours.
    pub fn code(&self, link: &str, purpose: &str) -> String {
        let select = "SELECT key_id, domain, id, user_id, expires_at FROM links WHERE id = ?";
        self.derived(select, link, purpose)
    }

    /// What a session's challenge asks to sign, derived by a program that is not ours.
    pub fn challenge_of(&self, session: &str) -> String {
        let select = "SELECT challenge_key_id, rp_id, id, challenge_number, challenge_expires_at \
            FROM sessions WHERE id = ?";
        self.derived(select, session, "sign-in")
    }

    /// Lets the time of a session's challenge run out, and of the session where it says so, as if they had been
    /// asked for long before. The challenge is bound to its end: it is another one then.
    #[track_caller]
    pub fn age_session(&self, session: &str, columns: &[&str]) {
        let set: Vec<_> = columns.iter().map(|it| format!("{it} = {it} - {BACK}")).collect();
        self.sql(&format!("UPDATE sessions SET {} WHERE id = ?", set.join(", ")), &[session]);
    }

    fn derived(&self, select: &str, id: &str, purpose: &str) -> String {
        let row = self.sql(select, &[id]).remove(0);
        let mut command = python::script("code.py");
        command.arg(self.dir().join("passlink.key"));
        command.args(row.iter().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }));
        command.arg(purpose);
        Output::of(command).done().trim_end().to_owned()
    }
}
