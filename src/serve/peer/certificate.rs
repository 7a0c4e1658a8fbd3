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
use crate::error::hinted;

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

impl Tls {
    /// Takes a chain and its key, both in PEM.
    pub fn given(chain: &[u8], key: &[u8]) -> anyhow::Result<Self> {
        let hint = "give the chain as PEM, the server's own certificate first, and its unencrypted key";
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| hinted("the certificate file is not PEM", hint))?;
        if chain.is_empty() {
            return Err(hinted("the certificate file contains no certificate", hint));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| hinted("the certificate's key is not PEM", hint))?;
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
