//! A proxy before a real API that fails where a test wants it to. One request a connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What happens to one request.
pub enum Fault {
    /// It reaches the API, and the client gets the response.
    Pass,
    /// The same, with these header fields before those of the API.
    Through(&'static str),
    /// The API never gets it; this status line with header fields comes back, as in `429 Too Many Requests\r\nRetry-After: 0`.
    Answer(&'static str),
    /// It reaches the API, and the connection is closed without a response.
    Cut,
    /// The API never gets it; the response is 403 with the whole request in its body, as some providers explain signatures.
    Echo,
}

/// Runs until the test process ends.
pub struct FaultProxy {
    pub addr: SocketAddr,
    /// The requests, headers included.
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl FaultProxy {
    /// `decide` gets the request line and how many requests with the same method came before.
    pub fn start(upstream: SocketAddr, decide: impl FnMut(&str, usize) -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::<String>::new()));
        let (kept, mut decide) = (seen.clone(), decide);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                let text = String::from_utf8_lossy(&request).into_owned();
                let line = text.lines().next().unwrap_or_default().to_owned();
                let method = line.split(' ').next().unwrap_or_default().to_owned();
                let before = kept.lock().unwrap().iter().filter(|other| other.starts_with(&method)).count();
                kept.lock().unwrap().push(text);
                answer(stream, &request, upstream, decide(&line, before));
            }
        });
        Self { addr, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

fn answer(mut stream: TcpStream, request: &[u8], upstream: SocketAddr, fault: Fault) {
    match fault {
        Fault::Answer(head) => {
            let _ = stream
                .write_all(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
        }
        Fault::Pass => {
            let _ = stream.write_all(&forward(upstream, request));
        }
        Fault::Through(fields) => {
            let response = forward(upstream, request);
            let end = response.windows(2).position(|bytes| bytes == b"\r\n").unwrap() + 2;
            let _ = stream.write_all(&[&response[..end], fields.as_bytes(), &response[end..]].concat());
        }
        Fault::Echo => {
            let length = request.len();
            let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), request].concat());
        }
        Fault::Cut => drop(forward(upstream, request)),
    }
}

/// Sends a raw request and reads until the API closes the connection.
pub fn forward(upstream: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(upstream).unwrap();
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{body}").as_bytes()).unwrap();
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    response
}

/// The whole request: headers, and as much body as they announce.
fn read(mut stream: &TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if body.len() >= announced.unwrap_or(0) {
            return Some(bytes);
        }
    }
}
