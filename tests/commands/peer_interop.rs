//! Servers and senders made of Node and the real node-rsa against our handshake and our peer.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use fedctl::serve::peer::fault::Fault;
use serde_json::{Value, json};

use crate::support::peers::{Peer, Peers, findings, free_addr};
use crate::support::programs::{node, node_json};
use crate::support::repository;

/// A server as release 5 would answer, own-domain bypass included, which finds its peers in a table.
const SERVER: &str = r#"
    const http = require('http'), NodeRSA = require('node-rsa');
    const ask = JSON.parse(require('fs').readFileSync(0));
    const me = new NodeRSA(ask.private, 'pkcs8-private-pem'), peer = new NodeRSA(ask.peer, 'pkcs8-public-pem');
    const seal = (object) => JSON.stringify(me.encryptPrivate(peer.encrypt(JSON.stringify(object))));
    const post = (body) => {
        const { port, address } = ask.callback;
        const headers = { 'content-type': 'application/json', 'x-federation-domain': ask.domain };
        const request = http.request({ host: address, port, method: 'POST', path: '/api/v1/federation.events.dispatch', headers });
        request.on('error', () => {});
        request.end(body);
    };
    const open = (request, body) => {
        const sender = request.headers['x-federation-domain'];
        if (!sender) throw new Error('no sender');
        if (sender === ask.domain) return JSON.parse(body);
        return JSON.parse(me.decrypt(peer.decryptPublic(Buffer.from(JSON.parse(body)))).toString());
    };
    http.createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => { body += chunk; });
        request.on('end', () => {
            const answer = (status, object) => {
                response.writeHead(status, { 'content-type': 'application/json' });
                response.end(JSON.stringify(object));
            };
            const path = request.url.split('?')[0].replace('/api/v1/federation.', '');
            if (path === '/api/info') return answer(200, { version: '5.4', success: true });
            if (path === 'users.search') return answer(200, { users: [], success: true });
            if (path !== 'events.dispatch' && path !== 'events.requestFromLatest') {
                response.writeHead(200, { 'content-type': 'text/html' });
                return response.end('<!DOCTYPE html>');
            }
            try {
                const message = open(request, body);
                if (path === 'events.requestFromLatest') post(seal({ events: [] }));
                else if (!Array.isArray(message.events)) throw new Error('no events');
                answer(200, { success: true });
            } catch (error) {
                answer(400, { success: false, error: 'Could not decrypt payload' });
            }
        });
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });"#;

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
        const told = [];
        for (const one of ask.send) told.push(await send(one));
        console.log(JSON.stringify(told));
    })();"#;

fn keys() -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(repository("tests/vectors/keys.json")).unwrap()).unwrap()
}

fn text(id: &str, half: &str) -> String {
    keys().iter().find(|row| row["id"] == id).unwrap()[half].as_str().unwrap().to_owned()
}

/// A Node server that ends with the test.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server(peer_key: &str, callback: SocketAddr) -> Option<Server> {
    let ask = json!({
        "domain": "b.example", "private": text("bob", "private"), "peer": text(peer_key, "public"),
        "callback": {"port": callback.port(), "address": callback.ip().to_string()},
    });
    let mut child =
        node("node-rsa")?.args(["-e", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ask.to_string().as_bytes()).unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let addr = SocketAddr::new(callback.ip(), port.trim().parse().unwrap());
    Some(Server { child, addr })
}

#[test]
fn a_node_server_goes_through_the_whole_handshake() {
    let callback = free_addr();
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
    let Some(server) = server("carol", free_addr()) else { return };
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
        "opened: a.example says ping",
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
