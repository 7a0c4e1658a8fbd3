//! TLS to PostgreSQL through rustls: the certificate is always checked, against the public roots or the operator's own.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::Context as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use crate::file::read::{CERTIFICATES, bytes};
use crate::x509::trust::Roots;

/// Which roots are trusted.
#[derive(Clone)]
pub struct Tls {
    config: Arc<rustls::ClientConfig>,
}

/// The same, for one host.
pub struct ForHost {
    config: Arc<rustls::ClientConfig>,
    host: ServerName<'static>,
}

/// The connection inside TLS.
pub struct Stream(tokio_rustls::client::TlsStream<Socket>);

impl Tls {
    /// Trusts the certificates in `ca_file`, else the public roots.
    pub fn new(ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let roots = match ca_file {
            None => Roots::new(None)?,
            Some(path) => {
                let pem = bytes(path, &CERTIFICATES)?;
                Roots::only(&pem).with_context(|| format!("`{}`", path.display()))?
            }
        };
        Ok(Self { config: Arc::new(roots.client()?) })
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Stream;
    type TlsConnect = ForHost;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<ForHost> {
        let host = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(ForHost { config: self.config.clone(), host })
    }
}

impl TlsConnect<Socket> for ForHost {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { TlsConnector::from(self.config).connect(self.host, socket).await.map(Stream) })
    }
}

impl TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
