//! Which certificates are trusted: those that Node would take, which is a little more than what webpki takes. The one verifier of
//! certificates, which either enforces its verdict or records it.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::fits;
use crate::error::Hinted;
use crate::facts::tls::Trust;
use crate::key::pem_fault;
use crate::position::Position;

/// The authorities that are trusted: Mozilla's, as Node has them built in, and those of `--ca-file`.
#[derive(Debug, Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    /// The certificates of `--ca-file`.
    own: Arc<Vec<CertificateDer<'static>>>,
}

impl Roots {
    /// Adds the certificates of a PEM text to the built-in ones.
    pub fn new(extra: Option<&[u8]>) -> Result<Self, Hinted> {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        match extra {
            Some(pem) => Self::with(store, pem),
            None => Ok(Self { store: Arc::new(store), own: Arc::default() }),
        }
    }

    /// The certificates of a PEM text and no others.
    pub fn only(pem: &[u8]) -> Result<Self, Hinted> {
        Self::with(RootCertStore::empty(), pem)
    }

    fn with(mut store: RootCertStore, pem: &[u8]) -> Result<Self, Hinted> {
        let hint = "give a PEM file with the certificate of the authority (`-----BEGIN CERTIFICATE-----`)";
        let mut own = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let start = start_of(pem, own.len());
            let refused = |why: String| Hinted::new(format!("the certificate at {start} cannot be used: {why}"), hint);
            let certificate = certificate.map_err(|_| {
                let fault = pem_fault::find(&String::from_utf8_lossy(pem));
                refused(fault.map_or_else(|| "it is not PEM".into(), |fault| fault.to_string()))
            })?;
            store.add(certificate.clone()).map_err(|error| refused(error.to_string()))?;
            own.push(certificate);
        }
        if own.is_empty() {
            return Err(Hinted::new("the file of authorities has no certificate", hint));
        }
        Ok(Self { store: Arc::new(store), own: Arc::new(own) })
    }

    /// For connections over which requests may go: the certificate must be valid for the host.
    pub fn client(&self) -> Result<ClientConfig, Error> {
        Arc::new(self.verifier(None)).config(&[&TLS13, &TLS12])
    }

    /// For connections over which nothing is sent: every certificate is accepted, and the verdict is recorded.
    pub fn recorder(&self) -> Arc<Verifier> {
        let unseen = Trust::Other("no certificate was sent".into());
        Arc::new(self.verifier(Some(Mutex::new(unseen))))
    }

    fn verifier(&self, recorded: Option<Mutex<Trust>>) -> Verifier {
        Verifier { roots: self.clone(), provider: Arc::new(ring::default_provider()), recorded }
    }

    /// Whether the chain leads to an authority that is trusted, host name aside.
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(), Error> {
        if let Some(alone) = own_authority(leaf) {
            return self.verify_alone(leaf, &alone, now).map_err(Error::InvalidCertificate);
        }
        let algorithms = provider.signature_verification_algorithms.all;
        let leaf = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&leaf, &self.store, intermediates, now, algorithms)
    }

    /// Node takes a certificate that is its own authority when it is given to it as one.
    fn verify_alone(
        &self,
        leaf: &CertificateDer<'_>,
        parsed: &X509Certificate<'_>,
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        if !self.own.iter().any(|own| own.as_ref() == leaf.as_ref()) {
            return Err(CertificateError::UnknownIssuer);
        }
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        match (now < parsed.validity().not_before.timestamp(), now > parsed.validity().not_after.timestamp()) {
            (true, _) => Err(CertificateError::NotValidYet),
            (_, true) => Err(CertificateError::Expired),
            _ => Ok(()),
        }
    }
}

/// Where the certificate with this number, from 0, begins.
fn start_of(pem: &[u8], number: usize) -> Position {
    let begins = |line: &&[u8]| line.starts_with(b"-----BEGIN CERTIFICATE-----");
    let lines = pem.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| begins(line));
    lines.map(|(at, _)| Position { line: at + 1, column: 1 }).nth(number).unwrap_or_default()
}

/// A self-signed certificate that says that it is an authority, as `openssl req -x509` makes it. webpki refuses those.
fn own_authority<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let authority = parsed.basic_constraints().ok().flatten().is_some_and(|constraints| constraints.value.ca);
    (authority && parsed.subject() == parsed.issuer()).then_some(parsed)
}

/// Verifies the certificate of a server as Node does.
#[derive(Debug)]
pub struct Verifier {
    roots: Roots,
    provider: Arc<CryptoProvider>,
    /// When present, every certificate is accepted and the verdict is kept here.
    recorded: Option<Mutex<Trust>>,
}

impl Verifier {
    /// The verdict on the last handshake.
    pub fn trust(&self) -> Trust {
        let read = |trust: &Mutex<Trust>| trust.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.recorded.as_ref().map_or(Trust::Trusted, read)
    }

    /// A client configuration with this verifier, for these versions of TLS.
    pub fn config(self: &Arc<Self>, versions: &[&'static SupportedProtocolVersion]) -> Result<ClientConfig, Error> {
        let config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)?
            .dangerous()
            .with_custom_certificate_verifier(self.clone());
        Ok(config.with_no_client_auth())
    }
}

/// The verdict as a fact.
fn verdict(result: Result<(), Error>) -> Trust {
    match result {
        Ok(()) => Trust::Trusted,
        Err(Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Trust::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Trust::NotYetValid,
            CertificateError::UnknownIssuer => Trust::UnknownIssuer,
            other => Trust::Other(format!("{other}")),
        },
        Err(other) => Trust::Other(other.to_string()),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = self.roots.verify(leaf, intermediates, now, &self.provider);
        if let Some(recorded) = &self.recorded {
            *recorded.lock().unwrap_or_else(PoisonError::into_inner) = verdict(chain);
            return Ok(ServerCertVerified::assertion());
        }
        chain?;
        match fits(leaf, &name.to_str()) {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::InvalidCertificate(CertificateError::NotValidForName)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
