//! TLS as a server with Node handles it: the chain that was sent, whether it is trusted, and what is wrong with it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::elapsed;
use crate::facts::tls::{Certificate, NoSession, Session, TlsFacts};
use crate::x509::certificate::certificate;
use crate::x509::trust::{Roots, Verifier};

/// Goes through a handshake that accepts every certificate, and tells what it is worth. Nothing is sent over it.
pub async fn observe(stream: TcpStream, host: &str, roots: &Roots, wait: Duration) -> TlsFacts {
    handshake(stream, host, roots, &[&TLS13, &TLS12], wait).await
}

/// Whether a handshake works that offers TLS 1.2 alone, as the Node of old servers does.
pub async fn speaks_12(stream: TcpStream, host: &str, roots: &Roots, wait: Duration) -> bool {
    handshake(stream, host, roots, &[&TLS12], wait).await.outcome.is_ok()
}

async fn handshake(
    stream: TcpStream,
    host: &str,
    roots: &Roots,
    versions: &[&'static SupportedProtocolVersion],
    wait: Duration,
) -> TlsFacts {
    let start = Instant::now();
    let verifier = roots.recorder();
    let done = timeout(wait, shake(stream, host, versions, verifier.clone())).await;
    let outcome = match done {
        Err(_) => Err(NoSession::Timeout(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX))),
        Ok(Err(error)) => Err(no_session(&error)),
        Ok(Ok(stream)) => Ok(session(&stream, &verifier, host)),
    };
    TlsFacts { elapsed: elapsed(start), outcome }
}

async fn shake(
    stream: TcpStream,
    host: &str,
    versions: &[&'static SupportedProtocolVersion],
    verifier: Arc<Verifier>,
) -> io::Result<TlsStream<TcpStream>> {
    let config = verifier.config(versions).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name(host)?, stream).await
}

fn name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).map_err(io::Error::other)
}

fn no_session(error: &io::Error) -> NoSession {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(_)) => NoSession::NotTls,
        Some(Error::AlertReceived(alert)) => NoSession::Refused(format!("{alert:?}")),
        Some(other) => NoSession::Refused(other.to_string()),
        None if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            NoSession::Closed
        }
        None => NoSession::Refused(error.to_string()),
    }
}

fn session(stream: &TlsStream<TcpStream>, verifier: &Verifier, host: &str) -> Session {
    let (_, connection) = stream.get_ref();
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    let sent = connection.peer_certificates().unwrap_or_default();
    let chain: Vec<Certificate> = sent.iter().filter_map(certificate).collect();
    Session {
        version: version.into(),
        speaks_12: (version == "TLS 1.2").then_some(true),
        trust: verifier.trust(),
        name_fits: chain.first().is_some_and(|leaf| leaf.fits(host)),
        chain,
    }
}
