//! TLS on the listener, with certificates that can be replaced while it runs.

use std::{fmt::Display, path::Path, sync::Arc};

use passlink_adapters::files::{self, without_mark};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

use crate::{Error, config};

/// The key of the configuration that is to blame, and what is wrong.
type Refused = (&'static str, String);

#[derive(Clone)]
pub(crate) struct Tls(watch::Receiver<Arc<ServerConfig>>);

impl Tls {
    /// Reads the certificate and key that the configuration names, if it names any, and reads
    /// them again at each SIGHUP. Files that are no good then are logged, and change nothing.
    pub fn start(config: &config::Server) -> Result<Option<Self>, Error> {
        let (Some(cert), Some(key)) = (config.tls_cert.clone(), config.tls_key.clone()) else {
            return Ok(None);
        };
        let first = read(&cert, &key).map_err(|(key, why)| format!("{key}: {why}"))?;
        let (sender, receiver) = watch::channel(Arc::new(first));
        at_hangups(move || match read(&cert, &key) {
            Ok(config) => {
                sender.send_replace(Arc::new(config));
                tracing::info!("the TLS certificate was read again");
            }
            Err((key, error)) => {
                tracing::error!(key, error, "the TLS certificate stays as it was");
            }
        })?;
        Ok(Some(Self(receiver)))
    }

    /// Whether [`Tls::start`] can read what the configuration names.
    ///
    /// Errors: the key that names what is no good, and why.
    pub fn check(config: &config::Server) -> Result<(), Refused> {
        match (&config.tls_cert, &config.tls_key) {
            (Some(cert), Some(key)) => read(cert, key).map(drop),
            _ => Ok(()),
        }
    }

    /// Takes connections with the certificate now in force.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.borrow().clone())
    }
}

/// Has a server without TLS do nothing at a SIGHUP, which would end it otherwise.
pub(crate) fn outlive_hangups(config: &config::Server) -> Result<(), Error> {
    if config.tls_cert.is_none() {
        at_hangups(|| tracing::info!("nothing to read again: server.tls_cert is not set"))?;
    }
    Ok(())
}

fn at_hangups(act: impl Fn() + Send + 'static) -> Result<(), Error> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            act();
        }
    });
    Ok(())
}

fn read(cert: &Path, key: &Path) -> Result<ServerConfig, Refused> {
    let bad_cert = |why: &dyn Display| ("server.tls_cert", format!("{}: {why}", cert.display()));
    let bad_key = |why: &dyn Display| ("server.tls_key", format!("{}: {why}", key.display()));
    let pem = files::read(cert).map_err(|error| bad_cert(&error))?;
    let pem = without_mark(&pem).map_err(|error| bad_cert(&error))?;
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .and_then(|all| if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) })
        .map_err(|error| bad_cert(&no_pem(error, "certificate")))?;
    let pem = files::read(key).map_err(|error| bad_key(&error))?;
    let pem = without_mark(&pem).map_err(|error| bad_key(&error))?;
    let private_key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|error| bad_key(&no_pem(error, "private key")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_no_client_auth().with_single_cert(certificates, private_key)
        })
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                bad_key(&format_args!("is not the key of the certificate in {}", cert.display()))
            }
            rustls::Error::InvalidCertificate(why) => {
                bad_cert(&format_args!("holds no good certificate: {why}"))
            }
            error => bad_key(&error),
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What is wrong with a file that should hold this in PEM; nothing of what it holds.
fn no_pem(error: pem::Error, what: &str) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        _ => format!("holds no {what} that can be read; it must be a PEM file (-----BEGIN …-----)"),
    }
}
