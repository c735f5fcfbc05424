//! The API and the pages over their use cases.

use std::sync::Arc;

use passlink_adapters::{
    brand::Brand,
    inbound::{
        api::{
            self, Api, Bearers, DomainApi, Edge, Health, LinkCalls, NamingCalls, Nowhere,
            PasskeyCalls, SessionCalls,
        },
        web,
    },
    outbound::identity::Issuers,
};
use passlink_application::{
    codes::CodeChecker,
    keys::KeyUse,
    limits::Limiter,
    links::{AddLink, InspectLink, ResendLink, RevokeLink, SendLink},
    passkeys::{InspectUndo, ListPasskeys, RegisterPasskey, RemovePasskey, RenamePasskey},
    ports::Wake,
    sessions::ManageSessions,
};
use passlink_domain::CodeKeys;
use tokio_util::sync::CancellationToken;

use super::{
    app::App,
    brand::brand,
    domains::{Place, places},
};
use crate::Error;

/// Whose page it is that says that there is none, at a host of no domain.
const NOBODY: &str = "Passlink";

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
        let limits = &self.config.limits;
        let limiter = |limit| Arc::new(Limiter::per_minute(limit, self.ports().clock));
        let shared = Shared {
            keys: keys.clone(),
            issuers,
            wake,
            wrong_codes: limiter(limits.wrong_codes_per_minute),
            wrong_tokens: limiter(limits.wrong_tokens_per_minute),
            pages: limiter(limits.pages_per_minute),
        };
        let places = places(&self.config)?;
        let domains = places.iter().map(|place| self.domain_api(place, &shared));
        let nowhere = web::site(Brand::named(NOBODY), shared.pages.clone());
        let origins = self.config.server.cors_origins.iter().map(|origin| origin.parse());
        Ok(api::router(Api {
            domains: domains.collect::<Result<_, _>>()?,
            nowhere: Nowhere { missing: nowhere.missing, assets: nowhere.assets },
            health: Health {
                store: self.ports().store,
                key_use: KeyUse(self.ports()),
                keys,
                worker_alive: Arc::new(worker_alive),
                seen: Default::default(),
                stop: stop.clone(),
            },
            edge: Edge {
                concurrent_requests: usize::try_from(limits.concurrent_requests)?,
                cors_origins: origins.collect::<Result<_, _>>()?,
                https: self.config.server.tls_cert.is_some(),
            },
            stop,
        })?)
    }

    fn domain_api(&self, place: &Place, shared: &Shared) -> Result<DomainApi, Error> {
        let Place { settings, domain } = place;
        let (keys, wake) = (shared.keys.clone(), shared.wake.clone());
        let issuer = self.link_issuer(keys.clone(), place);
        let codes = CodeChecker {
            ports: self.ports(),
            keys: keys.clone(),
            domain: domain.clone(),
            wrong: shared.wrong_codes.clone(),
        };
        let passkeys = self.passkey_registry(wake.clone(), place)?;
        let rename = RenamePasskey(passkeys.clone());
        let send_link = SendLink { issuer: issuer.clone(), wake };
        let brand = brand(&self.config, settings)?;
        let site = web::site(brand, shared.pages.clone());
        let has_page = self.config.server.docs;
        let reference = site.reference(&settings.public_url, has_page);
        let pages = settings.extra_origins.iter().filter(|origin| origin.has_host());
        let origins = pages.map(|origin| origin.origin().ascii_serialization()).collect();
        let bearers = Bearers {
            callers: self.callers(shared.issuers.clone(), domain.clone()),
            wrong: shared.wrong_tokens.clone(),
        };
        let sessions = ManageSessions {
            ports: self.ports(),
            webauthn: passkeys.webauthn.clone(),
            keys,
            domain: domain.clone(),
            lifetime: self.config.sessions.lifetime,
        };
        Ok(DomainApi {
            names: domain.names().to_vec(),
            passkeys: PasskeyCalls {
                bearers: bearers.clone(),
                send_link: send_link.clone(),
                add_link: AddLink { issuer, offered: self.config.links.allow_returned_codes },
                register: RegisterPasskey { registry: passkeys.clone(), codes: codes.clone() },
                list: ListPasskeys { ports: self.ports(), domain: domain.clone() },
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
            naming: NamingCalls { bearers: bearers.clone(), rename },
            sessions: SessionCalls { bearers, sessions },
            pages: site
                .pages
                .merge(site.assets)
                .merge(reference)
                .merge(web::related_origins(origins)),
            missing: site.missing,
        })
    }
}

/// What all domains share.
struct Shared {
    keys: Arc<CodeKeys>,
    issuers: Arc<Issuers>,
    wake: Arc<dyn Wake>,
    wrong_codes: Arc<Limiter>,
    wrong_tokens: Arc<Limiter>,
    pages: Arc<Limiter>,
}
