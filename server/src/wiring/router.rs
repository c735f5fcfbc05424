//! The API and the pages over their use cases.

use std::sync::Arc;

use passlink_adapters::inbound::{
    api::{self, Api},
    web,
};
use passlink_application::{
    codes::CodeChecker,
    limits::Limiter,
    links::{AddLink, InspectLink, ResendLink, SendLink},
    passkeys::{InspectUndo, RegisterPasskey, RemovePasskey},
    ports::Wake,
};
use passlink_domain::CodeKeys;
use tokio_util::sync::CancellationToken;

use super::app::App;
use crate::Error;

impl App {
    /// The API over its use cases; what it would do for ever ends at `stop`.
    pub fn router(
        &self,
        keys: Arc<CodeKeys>,
        wake: Arc<dyn Wake>,
        worker_alive: impl Fn() -> bool + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> Result<axum::Router, Error> {
        let held = keys.clone();
        let issuer = self.link_issuer(keys.clone())?;
        let limits = &self.config.limits;
        let limiter = |limit| Limiter::per_minute(limit, self.clock());
        let wrong_codes = Arc::new(limiter(limits.wrong_codes_per_minute));
        let codes = CodeChecker::new(self.store(), keys.clone(), wrong_codes);
        let passkeys = self.passkey_registry(wake.clone())?;
        let send_link = SendLink::new(issuer.clone(), wake);
        let site = web::site(self.config.public_links()?.host(), limiter(limits.pages_per_minute))?;
        let origins = self.config.server.cors_origins.iter().map(|origin| origin.parse());
        Ok(api::router(Api {
            identity: Arc::new(self.tokens()),
            resend_link: ResendLink::new(codes.clone(), send_link.clone()),
            send_link,
            add_link: AddLink::new(issuer, self.config.links.allow_returned_codes),
            revoke_link: self.revoke_link(),
            inspect_link: InspectLink::new(codes.clone(), self.clock()),
            inspect_undo: InspectUndo::new(codes.clone(), self.clock()),
            register_passkey: RegisterPasskey::new(passkeys.clone(), codes.clone()),
            list_passkeys: self.list_passkeys(),
            remove_passkey: RemovePasskey::new(passkeys),
            codes,
            wrong_tokens: Arc::new(limiter(limits.wrong_tokens_per_minute)),
            store: self.store(),
            key_use: self.key_use(),
            keys: held,
            worker_alive: Arc::new(worker_alive),
            https: self.config.server.tls_cert.is_some(),
            concurrent_requests: usize::try_from(limits.concurrent_requests)?,
            stop,
            pages: site.pages,
            missing: site.missing,
            cors_origins: origins.collect::<Result<_, _>>()?,
        })?)
    }
}
