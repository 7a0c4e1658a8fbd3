//! Rules for the reverse proxy in front of a server: which domains may federate, and what other clients cannot reach. One file for each proxy.

mod apache;
mod caddy;
mod haproxy;
mod nginx;
mod traefik;

use std::net::IpAddr;

use crate::dns::name::{Domain, Host};
use crate::render::fill::hang;

/// The largest body that servers take, in MiB.
pub const BODY_MIB: u32 = 50;
/// Columns of a comment behind its mark.
const COMMENT_WIDTH: usize = 78;
/// How long the server may take for one request, in seconds. Peers give up after two.
const TIMEOUT: u32 = 60;
/// The routes of federation, as a regular expression on the decoded path.
const ROUTES: &str = "^/+api/+v1/+federation";

/// What the rules say.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The server's own federation domain.
    pub domain: Domain,
    /// The host of the Site URL.
    pub host: Host,
    /// Where the server listens, HOST:PORT.
    pub upstream: String,
    /// The domains that may federate; empty for any.
    pub allow: Vec<Domain>,
    /// The addresses from which the server's own requests reach the proxy.
    pub own: Vec<IpAddr>,
}

/// A proxy that rules can be written for.
#[derive(Debug, Clone, Copy)]
pub struct Proxy {
    /// As the command takes it.
    pub id: &'static str,
    /// Where the text goes, and the commands that check and load it.
    pub next: &'static str,
    write: fn(&Rules) -> String,
}

/// All of them.
pub const PROXIES: &[Proxy] = &[nginx::PROXY, caddy::PROXY, apache::PROXY, haproxy::PROXY, traefik::PROXY];

/// The proxy with this id.
pub fn find(id: &str) -> Option<&'static Proxy> {
    PROXIES.iter().find(|proxy| proxy.id == id)
}

/// The rules, with what they do in comments.
pub fn write(proxy: &Proxy, rules: &Rules) -> String {
    let mut out = String::new();
    for paragraph in explanation(rules) {
        let indent = if paragraph.starts_with("- ") { 2 } else { 0 };
        for line in hang(&paragraph, COMMENT_WIDTH, indent).lines() {
            out += format!("# {line}").trim_end();
            out.push('\n');
        }
    }
    out + &(proxy.write)(rules)
}

/// The comment above the rules.
fn explanation(rules: &Rules) -> Vec<String> {
    let own: Vec<String> = rules.own.iter().map(ToString::to_string).collect();
    let allow: Vec<&str> = rules.allow.iter().map(Domain::as_str).collect();
    let peers = match allow.is_empty() {
        true => "any domain may federate (--allow DOMAIN lists the ones that may)".to_owned(),
        false => format!("only these domains may federate: {}", allow.join(", ")),
    };
    vec![
        format!("Rocket.Chat federation for {}: written by `fedctl proxy`", rules.domain),
        String::new(),
        format!("- {peers}"),
        format!(
            "- requests in the name of {} itself are refused, except from {}: servers take such requests without \
             decrypting them",
            rules.domain,
            own.join(", ")
        ),
        "- files and user search are closed to requests that name no such domain".into(),
        String::new(),
        "The header x-federation-domain is only a claim. For events the encryption proves it. For files and user search \
         nothing proves it: a client that knows the name of a listed domain can write it."
            .into(),
    ]
}

/// A name as a regular expression.
fn literal(name: &str) -> String {
    name.replace('.', "\\.")
}

/// Your domain in every spelling that a server might accept.
fn own_name(rules: &Rules) -> String {
    format!("^@?{}\\.?$", literal(rules.domain.as_str()))
}

/// The listed domains and your own; anything but nothing when there is no list.
fn listed(rules: &Rules) -> String {
    if rules.allow.is_empty() {
        return ".".into();
    }
    let names: Vec<String> = rules.allow.iter().chain([&rules.domain]).map(|domain| literal(domain.as_str())).collect();
    format!("^({})$", names.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str]) -> Rules {
        Rules {
            domain: "mydomain.com".parse().unwrap(),
            host: "chat.mydomain.com".parse().unwrap(),
            upstream: "127.0.0.1:3000".into(),
            allow: allow.iter().map(|domain| domain.parse().unwrap()).collect(),
            own: vec!["127.0.0.1".parse().unwrap(), "2001:db8::7".parse().unwrap()],
        }
    }

    #[test]
    fn a_name_is_matched_literally_and_without_a_list_any_name_is() {
        assert_eq!(listed(&rules(&["peer.example"])), "^(peer\\.example|mydomain\\.com)$");
        assert_eq!(listed(&rules(&[])), ".");
        assert_eq!(own_name(&rules(&[])), "^@?mydomain\\.com\\.?$");
    }

    #[test]
    fn every_proxy_gets_the_same_rules() {
        for proxy in PROXIES {
            let text = write(proxy, &rules(&["peer.example"]));
            let flat = text.replace("\n# ", " ");
            assert!(flat.contains("user search nothing proves it"), "{text}");
            let long = text.lines().filter(|line| line.trim_start().starts_with('#') && line.len() > 80);
            assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", proxy.id);
            for part in ["peer", "127.0.0.1:3000", "2001:db8::7", "api/+v1/+federation", "60"] {
                assert!(text.contains(part), "{} lacks {part}:\n{text}", proxy.id);
            }
            assert!(!proxy.next.is_empty() && text.ends_with('\n'));
        }
    }
}
