//! A real SMTP server (aiosmtpd, from PyPI) that keeps what it is sent.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::programs;

const SINK: &str = r#"
import asyncio, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

class Sink:
    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode()
        if refusals and refusals.pop():
            return '451 try again later'
        print(json.dumps({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'text': text,
                          'tls': session.ssl is not None, 'login': session.auth_data if session.authenticated else None}), flush=True)
        return '250 OK'

def login(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b'hub', b'p@ss word')
    return AuthResult(success=right, auth_data=data.login.decode() if right else None)

cert, refuse = sys.argv[1], int(sys.argv[2])
refusals = [True] * refuse
options = {}
if cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert)
    options = dict(tls_context=context, require_starttls=True, authenticator=login, auth_required=True)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
server = loop.run_until_complete(loop.create_server(lambda: SMTP(Sink(), loop=loop, **options), '127.0.0.1', 0))
print(server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
"#;

/// A running server; killed when dropped.
pub struct Mailbox {
    child: Child,
    pub port: u16,
    lines: Receiver<String>,
}

/// One mail.
#[derive(Debug, serde::Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body.
    pub text: String,
    pub tls: bool,
    pub login: Option<String>,
}

/// The Python that has aiosmtpd.
fn python() -> Option<PathBuf> {
    let python = match std::env::var_os("FEDCTL_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => programs::find("python3")?,
    };
    let probe = Command::new(&python).args(["-c", "import aiosmtpd"]).output();
    match probe.is_ok_and(|output| output.status.success()) {
        true => Some(python),
        false => programs::find("python3 with aiosmtpd"),
    }
}

impl Mailbox {
    /// Takes everything, in clear, but first turns away so many mails.
    pub fn start(refusals: usize) -> Option<Self> {
        Self::spawn(Path::new(""), refusals)
    }

    /// Takes mails of the user `hub` with the password `p@ss word` only, and only under STARTTLS with this certificate and key.
    pub fn start_tls(certificate: &Path) -> Option<Self> {
        Self::spawn(certificate, 0)
    }

    fn spawn(certificate: &Path, refusals: usize) -> Option<Self> {
        let mut child = Command::new(python()?)
            .args(["-c", SINK])
            .arg(certificate)
            .arg(refusals.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        stdout.read_line(&mut port).unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Some(Self { child, port: port.trim().parse().unwrap(), lines })
    }

    /// The next mail, waiting for it.
    pub fn next(&self) -> Mail {
        self.next_within(Duration::from_secs(120)).expect("a mail")
    }

    pub fn next_within(&self, time: Duration) -> Option<Mail> {
        self.lines.recv_timeout(time).ok().map(|line| serde_json::from_str(&line).unwrap())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
