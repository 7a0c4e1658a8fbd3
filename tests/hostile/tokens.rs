//! Where tokens go.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::bounded;
use crate::support::Fedctl;
use crate::support::world::{World, healthy, zone};

/// A server that answers every request in the same way and counts them; its thread ends with the test.
fn server(answer: String) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::Relaxed);
            reply(stream, &answer);
        }
    });
    (addr, asked)
}

fn reply(mut stream: TcpStream, answer: &str) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut head = [0; 8192];
    let _ = stream.read(&mut head);
    let _ = stream.write_all(answer.as_bytes());
}

#[test]
fn no_redirect_is_followed_with_a_token() {
    let (thief, stolen) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".into());
    let (named, asked) = server(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{thief}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--private", "own.key", "--public", "federation.pub"]);
    for (name, text) in [("admin", "aobEdbYhXfu5hkeqG\ns3cretToken\n"), ("token", "s3cretToken\n")] {
        fedctl.write(name, text);
    }
    let mut world = World::new();
    world.serve("ns1.b.example", &[("b.example", zone(1, &healthy(&fedctl)))], &[]);
    let mut network = world.flags();
    network.extend(["--timeout".into(), "2s".into()]);
    let url = format!("http://{named}");
    for args in [
        &["doctor", "b.example", "--server", &url, "--token-file", "admin"][..],
        &["dns-check", "b.example", "--at-server", &url, "--token-file", "admin"],
        &[
            "register",
            "b.example",
            "--url",
            "https://chat.b.example",
            "--hub-url",
            &url,
            "--key",
            "own.key",
            "--token-file",
            "token",
            "--force",
        ],
        &[
            "records",
            "apply",
            "b.example",
            "--target",
            "chat.b.example",
            "--key",
            "own.key",
            "--provider",
            "powerdns",
            "--endpoint",
            &url,
            "--token-file",
            "token",
            "--yes",
            "--no-verify",
        ],
        &["watch", "b.example", "--once", "--data", "watch", "--alert", &format!("webhook:{url}/s3cretToken")],
    ] {
        let before = asked.load(Ordering::Relaxed);
        let args: Vec<&str> = args.iter().copied().chain(network.iter().map(String::as_str)).collect();
        let ran = bounded(&fedctl, &args, b"").unwrap_or_else(|| panic!("{args:?} does not end"));
        let is_watch = args[0] == "watch";
        assert!(is_watch || asked.load(Ordering::Relaxed) > before, "{args:?} did not call: {}", ran.stderr);
        assert_eq!(stolen.load(Ordering::Relaxed), 0, "{args:?} followed a redirect");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cretToken"), "{args:?}: {}", ran.stderr);
    }
}

/// Whoever may read the file, the command says so.
#[test]
fn a_token_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--private", "own.key", "--public", "own.pub"]);
    fedctl.write("token", "user s3cretToken\n");
    std::fs::set_permissions(fedctl.path("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let network = ["--resolver", "127.0.0.1:9", "--timeout", "300ms", "--deadline", "1s"];
    for args in [
        &["doctor", "b.example", "--server", "http://127.0.0.1:9", "--token-file", "token"][..],
        &["dns-check", "b.example", "--at-server", "http://127.0.0.1:9", "--token-file", "token"],
        &[
            "records",
            "apply",
            "b.example",
            "--target",
            "chat.b.example",
            "--key",
            "own.key",
            "--server",
            "127.0.0.1:9",
            "--tsig-file",
            "token",
        ],
    ] {
        let ran = fedctl.run(&[args, &network].concat());
        let is_tsig = args.contains(&"--tsig-file");
        let warned = ran.stderr.contains("others may read it (mode 0644): chmod 600 token");
        // A TSIG key is read before it is warned about, and this is none.
        assert!(warned || is_tsig, "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("s3cretToken") && !ran.stdout.contains("s3cretToken"), "{args:?}: {}", ran.stderr);
    }
}
