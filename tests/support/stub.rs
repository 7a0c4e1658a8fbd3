//! An HTTP server that gives one answer to everything and keeps what it was sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A connection, with or without TLS.
trait Line: Read + Write + Send {}

impl<T: Read + Write + Send> Line for T {}

/// Runs until the test ends.
pub struct Stub {
    pub addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// `head` is the status line's rest with more headers, as in `404 Not Found\r\nX: y`; an empty one never answers.
    pub fn start(head: &str, body: &str) -> Self {
        Self::listen(head, body, None, |stream| Box::new(stream))
    }

    /// The same, and a request with this method is never answered.
    pub fn start_deaf(head: &str, body: &str, method: &'static str) -> Self {
        Self::listen(head, body, Some(method), |stream| Box::new(stream))
    }

    fn listen(
        head: &str,
        body: &str,
        unanswered: Option<&'static str>,
        wrap: impl Fn(TcpStream) -> Box<dyn Line> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, requests) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let length = body.len();
        let answer = match head {
            "" => String::new(),
            _ => format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"),
        };
        let kept = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, answer, kept) = (wrap(stream.unwrap()), answer.clone(), kept.clone());
                std::thread::spawn(move || {
                    let request = read(&mut stream);
                    let is_deaf = unanswered
                        .is_some_and(|method| request.as_ref().is_some_and(|request| request.starts_with(method)));
                    kept.lock().unwrap().extend(request);
                    if answer.is_empty() || is_deaf {
                        std::thread::sleep(Duration::from_secs(20));
                        return;
                    }
                    let _ = stream.write_all(answer.as_bytes());
                });
            }
        });
        Self { addr, requests }
    }

    /// The same under TLS with this certificate and key, in PEM, on `127.0.0.1`.
    pub fn start_tls(head: &str, body: &str, certificate: &str, key: &str) -> Self {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).map(Result::unwrap).collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap());
        let config = Arc::new(config.unwrap());
        Self::listen(head, body, None, move |stream| {
            Box::new(rustls::StreamOwned::new(rustls::ServerConnection::new(config.clone()).unwrap(), stream))
        })
    }

    /// As a federation server answers who asks for a user that it does not have.
    pub fn server() -> Self {
        Self::start(
            "400 Bad Request\r\nContent-Type: application/json",
            r#"{"success":false,"error":"There is no such user in this server"}"#,
        )
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Headers, and as much of a body as they announce; `None` when it is not HTTP.
fn read(stream: &mut impl Read) -> Option<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&buffer[..length]);
        // The start of a TLS handshake (RFC 8446 section 5.1), which this server does not speak.
        if bytes.first() == Some(&22) {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= announced.unwrap_or(0) {
            return Some(text);
        }
    }
}
