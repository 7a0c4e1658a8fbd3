//! Servers and senders made of Node and the real node-rsa against our handshake and our peer.

use std::net::SocketAddr;

use fedctl::serve::peer::fault::Fault;
use serde_json::{Value, json};

use crate::support::node_peer::{NodePeer, key_text as text, peer};
use crate::support::peers::{Peer, Peers, findings};
use crate::support::programs::free_port;
use crate::support::programs::node_json;

/// Seals a ping as each of the keys given and posts it; tells status and body.
const CLIENT: &str = r#"
    const http = require('http'), NodeRSA = require('node-rsa');
    const ask = JSON.parse(require('fs').readFileSync(0));
    const priv = (pem) => new NodeRSA(pem, 'pkcs8-private-pem'), pub = (pem) => new NodeRSA(pem, 'pkcs8-public-pem');
    const send = ({ from, to, old, header }) => new Promise((resolve) => {
        const plain = old ? { event: { t: 'png' } } : { events: [{ type: 'ping' }] };
        const sealed = priv(from).encryptPrivate(pub(to).encrypt(JSON.stringify(plain)));
        const body = JSON.stringify(old ? { payload: sealed } : sealed);
        const path = '/api/v1/federation.' + (old ? 'events' : 'events.dispatch');
        const headers = { 'content-type': 'application/json', 'x-federation-domain': header };
        const request = http.request({ host: '127.0.0.1', port: ask.port, method: 'POST', path, headers }, (response) => {
            let text = '';
            response.on('data', (chunk) => { text += chunk; });
            response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
        });
        request.end(body);
    });
    (async () => {
        const printed = [];
        for (const one of ask.send) printed.push(await send(one));
        console.log(JSON.stringify(printed));
    })();"#;

/// `b.example` made of Node, which finds `a.example` at the address given and by a key of the vectors.
fn server(peer_key: &str, callback: SocketAddr) -> Option<NodePeer> {
    let peers = json!({"peers": {"a.example": peer(callback, peer_key)}});
    NodePeer::start("b.example", "bob", "5.4.0", &[], &peers)
}

#[test]
fn a_node_server_goes_through_the_whole_handshake() {
    let callback = free_port();
    let Some(server) = server("alice", callback) else { return };
    let peers = Peers::around(server.addr);
    let ran = peers.handshake(&["--callback", &callback.to_string(), "--probe-bypass"]);
    let description = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "both layers opened",
        "110 KB got through",
        "both directions are verified",
        "anyone can speak in the name of b.example",
        "fedctl proxy nginx --domain b.example",
    ] {
        assert!(description.contains(part), "{part}: {}", ran.stdout);
    }
    assert_eq!(ran.status, 0, "the hole is a warning: {}", ran.stdout);
}

#[test]
fn a_node_server_that_knows_another_key_of_ours_refuses() {
    let Some(server) = server("carol", free_port()) else { return };
    let peers = Peers::around(server.addr);
    let report = peers.report(&[]);
    assert!(findings(&report).contains(&"error peer-ping".to_owned()), "{report}");
}

fn send(release: &str, faults: &[Fault], send: Value) -> Option<(Vec<Value>, String)> {
    let peers = Peers::start(&Peer { release, faults, https: false, ..Peer::default() });
    let description = node_json("node-rsa", CLIENT, &json!({"port": peers.addr.port(), "send": send}))?;
    let log = peers.log.lock().unwrap().join("\n");
    Some((description.as_array().unwrap().clone(), log))
}

fn ping(from: &str, to: &str, header: &str) -> Value {
    json!({"from": text(from, "private"), "to": text(to, "public"), "header": header})
}

#[test]
fn a_node_sender_is_understood_and_refused_with_the_layer_in_the_log() {
    let pings = json!([
        ping("alice", "bob", "a.example"),
        ping("carol", "bob", "a.example"),
        ping("alice", "carol", "a.example"),
        ping("alice", "bob", "nowhere.example"),
        ping("alice", "bob", "b.example"),
    ]);
    let Some((description, log)) = send("6.2.0", &[], pings) else { return };
    assert_eq!(description[0], json!({"status": 200, "body": {"success": true}}));
    for refused in &description[1..] {
        assert_eq!(refused, &json!({"status": 400, "body": {"success": false, "error": "Could not decrypt payload"}}));
    }
    for part in [
        "opened: a.example sends ping",
        "origin layer, sender's key",
        "secrecy layer, own key",
        "nowhere.example: no key was found",
        "b.example: it claims to be this server's own domain",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn a_node_sender_of_1_x_is_answered_as_1_x_does() {
    let mut pings =
        [ping("alice", "bob", "a.example"), ping("carol", "bob", "a.example"), ping("alice", "bob", "x.example")];
    pings.iter_mut().for_each(|ping| ping["old"] = true.into());
    let Some((description, _)) = send("1.3.5", &[], json!(pings)) else { return };
    assert_eq!(description[0], json!({"status": 200, "body": {"success": true}}));
    assert_eq!(description[1]["body"]["errorType"], "error-decrypt");
    assert_eq!(description[2]["body"]["error"], "Could not find valid peer");
}
