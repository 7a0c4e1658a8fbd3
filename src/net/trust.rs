//! Which certificates are trusted: those that Node would take, which is a little more than what webpki takes.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::fits;
use crate::error::hinted;

/// The authorities that are trusted: Mozilla's, as Node has them built in, and those of `--ca-file`.
#[derive(Debug, Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    /// The certificates of `--ca-file`.
    own: Arc<Vec<CertificateDer<'static>>>,
}

impl Roots {
    /// Adds the certificates of a PEM text to the built-in ones.
    pub fn new(extra: Option<&[u8]>) -> anyhow::Result<Self> {
        let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let mut own = Vec::new();
        if let Some(pem) = extra {
            let hint = "give a PEM file with the certificate of the authority";
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|_| hinted("the file of authorities is not PEM", hint))?;
                store
                    .add(certificate.clone())
                    .map_err(|error| hinted(format!("an authority cannot be used: {error}"), hint))?;
                own.push(certificate);
            }
            if own.is_empty() {
                return Err(hinted("the file of authorities holds no certificate", hint));
            }
        }
        Ok(Self { store: Arc::new(store), own: Arc::new(own) })
    }

    /// For connections over which requests may go: the certificate must be good.
    pub fn client(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = AsNode { roots: self.clone(), provider: provider.clone() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        Ok(config.with_no_client_auth())
    }

    /// Whether the chain leads to an authority that is trusted, host name aside.
    pub fn verify(
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

/// A self-signed certificate that says that it is an authority, as `openssl req -x509` makes it. webpki refuses those.
fn own_authority<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let authority = parsed.basic_constraints().ok().flatten().is_some_and(|constraints| constraints.value.ca);
    (authority && parsed.subject() == parsed.issuer()).then_some(parsed)
}

/// Lets a request go out when Node would.
#[derive(Debug)]
struct AsNode {
    roots: Roots,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AsNode {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.roots.verify(leaf, intermediates, now, &self.provider)?;
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
