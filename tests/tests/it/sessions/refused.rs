//! Answers that sign nobody in: the caller is told one and the same, and operators are told why.

use std::collections::BTreeMap;

use passlink_tests::{HandMadeAssertion, authenticator::*, until};

use super::*;
use crate::telemetry::metrics::{page, with_page};

mod answers;
mod challenges;
mod counters;
mod users;

/// The whole body, whatever was wrong.
const BODY: &str = concat!(
    r#"{"code":3,"message":"Errors.User.WebAuthN.ValidateFailed (PASSKEY-ValidateFailed)","#,
    r#""details":[{"id":"PASSKEY-ValidateFailed","message":"Errors.User.WebAuthN.ValidateFailed","#,
    r#""@type":"type.googleapis.com/zitadel.v1.ErrorDetail"}]}"#
);

/// A server whose operators watch, and a back end that may do nothing.
struct Watched {
    passlink: Passlink,
    metrics: String,
    nobody: String,
}

impl Watched {
    async fn started() -> Self {
        Self::start(Passlink::with_mail_dir()).await
    }

    async fn start(passlink: Passlink) -> Self {
        let (passlink, metrics) = with_page(tolerant(passlink));
        let passlink = passlink.started().await;
        let nobody = passlink.service("nobody", &[]);
        Self { passlink, metrics, nobody }
    }

    /// The reasons that the log has, in order.
    fn reasons(&self) -> Vec<String> {
        let log = self.passlink.log();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let refused = lines.filter(|line| line["message"] == "a sign-in was refused");
        refused.map(|line| line["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// The answer signs nobody in, for this reason, and leaves the session as it was.
    async fn assert_refused(
        &self,
        app: &BackEnd<'_>,
        session: &Session,
        answer: &Value,
        reason: &str,
    ) {
        let before = (app.get(session).await.text, self.reasons());
        self.assert_told_nothing(&app.hand_over(session, answer).await);
        let after = app.get(session).await;
        assert_eq!(after.text, before.0, "{reason}");
        let by_token = app.with_token(&self.nobody).get_with_token(session).await;
        assert_eq!(by_token.text, before.0, "its token is still the session's: {reason}");
        assert!(!speaks(&self.passlink, &session.token).await, "{reason}");
        self.assert_recorded(&before.1, reason).await;
    }

    /// The answer is the one that all refusals have.
    #[track_caller]
    fn assert_told_nothing(&self, answer: &Answer) {
        assert_not_verified(answer);
        assert_eq!(answer.text, BODY);
    }

    /// Beside what was recorded before, one refusal is, for this reason.
    async fn assert_recorded(&self, before: &[String], reason: &str) {
        let all = until("the line in the log", async || {
            Some(self.reasons()).filter(|all| all.len() > before.len())
        })
        .await;
        assert_eq!(all[before.len()..], [reason]);
        let mut counted = BTreeMap::<String, u64>::new();
        for reason in all {
            *counted.entry(reason).or_default() += 1;
        }
        assert_eq!(self.counted("refused").await, counted);
    }

    /// How often sign-ins ended like this, by their reason, where any did.
    async fn counted(&self, outcome: &str) -> BTreeMap<String, u64> {
        let page = page(&self.metrics).await;
        let series = page.lines().filter_map(|line| line.strip_prefix("passlink_sign_ins_total{"));
        let fits = format!("passlink_sign_in_outcome=\"{outcome}\"");
        let counted = series.filter(|it| it.contains(&fits)).map(|it| {
            let (labels, count) = it.split_once("} ").unwrap();
            let reason = labels.split_once("error_type=\"").map_or("", |(_, it)| it);
            (reason.split('"').next().unwrap().to_owned(), count.parse().unwrap())
        });
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

/// An answer whose signature holds, but for what `change` has changed before it was signed.
fn changed(
    passkey: &SigningPasskey,
    session: &Session,
    change: impl FnOnce(&mut HandMadeAssertion),
) -> Value {
    let mut answer = passkey.answer(session);
    change(&mut answer);
    answer.signed_by(&passkey.key)
}
