//! Servers made of Node in a room with the sandbox.

use std::net::SocketAddr;

use serde_json::json;

use super::Talk;
use crate::support::hub::eventually;
use crate::support::node_peer::{NodePeer, peer};
use crate::support::peers::{A, B, C, Peers};
use crate::support::programs::free_port;

/// The addresses of `chat.c.example`, as `flags()` of the peers does it for b.example.
fn third(addr: SocketAddr) -> [String; 2] {
    ["--connect-to".to_owned(), format!("chat.c.example:80={addr}")]
}

/// A server fetches a file before it keeps the message: a reaction that arrives in between fails at it, as at real ones.
fn only_an_early_reaction_failed(node: &NodePeer) {
    let too_early = json!("Cannot read property 'reactions' of undefined");
    let failed = node.printed("failed");
    assert!(failed.iter().all(|line| line["error"] == too_early && line["from"] == A), "{failed:?}");
    assert!(failed.len() <= 1, "only the message with the file is fetched for: {failed:?}");
}

/// Two servers made of Node and node-rsa, which owe nothing to fedctl, and the sandbox between them.
#[test]
fn servers_made_of_node_talk_to_echo_in_a_room_of_three() {
    let Some(bob) = NodePeer::start(B, "bob", "4.8.7", &["bob"], &json!({})) else { return };
    let Some(cy) = NodePeer::start(C, "carol", "3.18.7", &["cy"], &json!({})) else { return };
    let addr = free_port();
    bob.meets(&[(A, peer(addr, "alice")), (C, peer(cy.addr, "carol"))]);
    cy.meets(&[(A, peer(addr, "alice")), (B, peer(bob.addr, "bob"))]);
    let mut talk = Talk::around(Peers::around(bob.addr), addr, "6.2.0", &third(cy.addr));
    let found = bob.run_in_node("search", json!({"username": "echo", "domain": A}))["users"].clone();
    assert_eq!(found[0]["username"], "echo@a.example");
    let room =
        bob.run_in_node("private", json!({"user": "bob", "name": "team", "with": ["echo@a.example", "cy@c.example"]}))
            ["room"]
            .clone();
    let heard = |node: &NodePeer, text: &str| {
        eventually(|| node.documents("messages").into_iter().find(|message| message["msg"] == text))
    };
    let posted =
        bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "hi @cy@c.example \u{1f600}"}))["message"]
            .clone();
    heard(&bob, "echo: hi @cy@c.example \u{1f600}");
    heard(&cy, "echo: hi @cy \u{1f600}");
    for node in [&bob, &cy] {
        let reacted = || {
            node.documents("messages")
                .into_iter()
                .find(|message| message["_id"] == posted && message["reactions"].is_object())
        };
        assert_eq!(eventually(reacted)["reactions"], json!({":+1:": {"usernames": ["echo"]}}));
    }
    // Killed in the middle, and an answer whose delivery broke is delivered all the same.
    cy.run_in_node("say", json!({"room": room, "user": "cy", "text": "from the third"}));
    heard(&bob, "echo: from the third");
    talk.restart();
    bob.run_in_node("refuse", json!({"count": 1}));
    bob.run_in_node("edit", json!({"message": posted, "text": "changed"}));
    heard(&cy, "echo: changed");
    heard(&bob, "echo: changed");
    // One event is lost on its way to the sandbox, which asks for it.
    bob.run_in_node("lose", json!({"count": 1}));
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "lost"}));
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "next"}));
    heard(&bob, "echo: lost");
    heard(&bob, "echo: next");
    assert!(!bob.printed("asked").is_empty());
    bob.run_in_node(
        "file",
        json!({"room": room, "user": "bob", "name": "a.png", "type": "image/png", "content": "AAEC/w=="}),
    );
    for node in [&bob, &cy] {
        let fetched = node.wait("fetched", |line| line["from"] == A);
        assert_eq!((&fetched["bytes"], &fetched["name"]), (&json!(4), &json!("a.png")));
    }
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "leave"}));
    for node in [&bob, &cy] {
        let gone =
            || node.documents("subscriptions").iter().all(|one| one["u"]["username"] != "echo@a.example").then_some(());
        eventually(gone);
    }
    [&bob, &cy].into_iter().for_each(only_an_early_reaction_failed);
    assert!(!talk.log.lock().unwrap().iter().any(|line| line.starts_with("irregular")));
}
