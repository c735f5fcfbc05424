//! TLS with a mail server, and which certificates are trusted.

use std::{io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::files::{self, without_mark};

#[derive(Clone)]
pub(super) struct TlsClient {
    host: String,
    connector: TlsConnector,
}

impl TlsClient {
    /// Trusts the system's certificates, and those in a PEM file.
    ///
    /// Errors: the file can't be read or holds no certificate; the text says so.
    pub fn new(host: String, ca_file: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            let failed = |why: String| format!("{}: {why}", path.display());
            let octets = files::read(path).map_err(|error| failed(error.to_string()))?;
            let pem = without_mark(&octets).map_err(|error| failed(error.to_string()))?;
            let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
                .collect::<Result<_, _>>()
                .map_err(|_| failed("holds no valid PEM".to_owned()))?;
            if certificates.is_empty() {
                return Err(failed("holds no certificate".to_owned()));
            }
            let unusable = |error| failed(format!("certificates can't be used: {error}"));
            certificates.into_iter().try_for_each(|it| roots.add(it)).map_err(unusable)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { host, connector: Arc::new(config).into() })
    }

    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
        self.connector.connect(name, stream).await
    }
}
