//! Certificates for a peer: given, or made when it starts, under its own authority.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use super::fault::Fault;
use crate::error::{Hinted, hinted};
use crate::key::pem_fault;

/// A chain with its private key, ready to serve.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// The authority to trust, in PEM; only when the chain was made here.
    pub authority: Option<String>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Reads a chain in PEM.
pub fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Hinted> {
    let hint = "give the chain as PEM, the server's own certificate first";
    let refused = |what: String| Hinted::new(what, hint);
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| refused(format!("the chain is not PEM{}", fault(pem))))?;
    if chain.is_empty() { Err(refused(format!("it contains no certificate{}", fault(pem)))) } else { Ok(chain) }
}

/// Reads the private key of a certificate in PEM.
pub fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Hinted> {
    let refused = |_| {
        let hint = "give the private key of the certificate as PEM, unencrypted";
        Hinted::new(format!("this is not the unencrypted private key of a certificate{}", fault(pem)), hint)
    };
    PrivateKeyDer::from_pem_slice(pem).map_err(refused)
}

/// Where a text stops being PEM, to be added to a sentence.
fn fault(pem: &[u8]) -> String {
    pem_fault::find(&String::from_utf8_lossy(pem)).map(|fault| format!(": {fault}")).unwrap_or_default()
}

impl Tls {
    /// Takes a chain and its key.
    pub fn given(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> anyhow::Result<Self> {
        Self::new(chain, key, &[&TLS13, &TLS12], None)
    }

    /// Makes an authority, an intermediate and a certificate for `names`; faults spoil it in their way.
    pub fn made(names: &[String], faults: &[Fault]) -> anyhow::Result<Self> {
        let has = |fault| faults.contains(&fault);
        let (root_key, middle_key, leaf_key) = (KeyPair::generate()?, KeyPair::generate()?, KeyPair::generate()?);
        let root = authority("fedctl test authority");
        let root_certificate = root.self_signed(&root_key)?;
        let mut middle = authority("fedctl test intermediate");
        // The authorities of several peers have one name. Their key identifiers distinguish them (RFC 5280, 4.2.1.1).
        middle.use_authority_key_identifier_extension = true;
        let middle_certificate = middle.signed_by(&middle_key, &Issuer::from_params(&root, &root_key))?;

        let names = if has(Fault::WrongHost) { vec!["wrong.host.test".to_owned()] } else { names.to_vec() };
        let mut leaf = named(CertificateParams::new(names.clone())?, names.first().map_or("none", String::as_str));
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if has(Fault::ExpiredCertificate) {
            leaf.not_after = date_time_ymd(2021, 3, 1);
        }
        let chain = if has(Fault::SelfSigned) {
            vec![leaf.self_signed(&leaf_key)?.der().clone()]
        } else {
            leaf.use_authority_key_identifier_extension = true;
            let certificate = leaf.signed_by(&leaf_key, &Issuer::from_params(&middle, &middle_key))?;
            let chain = [certificate.der().clone(), middle_certificate.der().clone()];
            chain[..if has(Fault::MissingIntermediate) { 1 } else { 2 }].to_vec()
        };
        let key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
        let versions: &[_] = if has(Fault::Tls13Only) { &[&TLS13] } else { &[&TLS13, &TLS12] };
        Self::new(chain, key, versions, Some(root_certificate.pem()))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        versions: &[&'static SupportedProtocolVersion],
        authority: Option<String>,
    ) -> anyhow::Result<Self> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| {
                hinted(format!("the certificate cannot be served: {error}"), "give a chain and its key")
            })?;
        Ok(Self { config: Arc::new(config), authority })
    }

    /// Accepts TLS on a connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }
}

fn named(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(CertificateParams::default(), name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}
