//! The API and the pages over their use cases.

use std::sync::Arc;

use passlink_adapters::{
    brand::Brand,
    inbound::{
        api::{self, Api, Bearers, Edge, Health, LinkCalls, PasskeyCalls},
        web,
    },
    outbound::identity::Issuers,
};
use passlink_application::{
    codes::CodeChecker,
    keys::KeyUse,
    limits::Limiter,
    links::{AddLink, InspectLink, ResendLink, RevokeLink, SendLink},
    passkeys::{InspectUndo, ListPasskeys, RegisterPasskey, RemovePasskey},
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
        issuers: Arc<Issuers>,
        wake: Arc<dyn Wake>,
        worker_alive: impl Fn() -> bool + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> Result<axum::Router, Error> {
        let issuer = self.link_issuer(keys.clone())?;
        let limits = &self.config.limits;
        let limiter = |limit| Limiter::per_minute(limit, self.ports().clock);
        let wrong = Arc::new(limiter(limits.wrong_codes_per_minute));
        let codes = CodeChecker { ports: self.ports(), keys: keys.clone(), wrong };
        let passkeys = self.passkey_registry(wake.clone())?;
        let send_link = SendLink { issuer: issuer.clone(), wake };
        let brand = Brand::named(&self.config.webauthn.rp_name);
        let site = web::site(&brand, limiter(limits.pages_per_minute))?;
        let origins = self.config.server.cors_origins.iter().map(|origin| origin.parse());
        Ok(api::router(Api {
            passkeys: PasskeyCalls {
                bearers: Bearers {
                    callers: self.callers(issuers),
                    wrong: Arc::new(limiter(limits.wrong_tokens_per_minute)),
                },
                send_link: send_link.clone(),
                add_link: AddLink { issuer, offered: self.config.links.allow_returned_codes },
                register: RegisterPasskey { registry: passkeys.clone(), codes: codes.clone() },
                list: ListPasskeys(self.ports()),
                remove: RemovePasskey(passkeys.clone()),
            },
            links: LinkCalls {
                inspect: InspectLink(codes.clone()),
                inspect_undo: InspectUndo(codes.clone()),
                resend: ResendLink { codes: codes.clone(), send: send_link },
                revoke: RevokeLink(self.ports()),
                remove: RemovePasskey(passkeys),
                codes,
            },
            health: Health {
                store: self.ports().store,
                key_use: KeyUse(self.ports()),
                keys,
                worker_alive: Arc::new(worker_alive),
                seen: Default::default(),
                stop: stop.clone(),
            },
            pages: site.pages,
            missing: site.missing,
            edge: Edge {
                concurrent_requests: usize::try_from(limits.concurrent_requests)?,
                cors_origins: origins.collect::<Result<_, _>>()?,
                https: self.config.server.tls_cert.is_some(),
            },
            stop,
        })?)
    }
}
