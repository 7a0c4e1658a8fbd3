//! `fedctl proxy`

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Context;
use super::key_file::{Access, Pending};
use crate::dns::name::{Domain, Host};
use crate::error::{ExitStatus, Hinted, hinted};
use crate::render::proxy::{PROXIES, Proxy, Rules, find, write};
use crate::text::Filtered;

/// Where a server listens by default.
const UPSTREAM: &str = "127.0.0.1:3000";

/// Print rules for the reverse proxy in front of the server
///
/// The rules refuse requests in the name of your own domain that do not come from the server itself, let only the domains of
/// --allow federate, close files and user search to other clients, and pass bodies of up to 50 MiB. The text goes to stdout;
/// instructions on where to put it and how to check it go to stderr. docs/proxy.md explains what the rules can and cannot
/// prevent.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl proxy nginx --domain mydomain.com --allow peer.example\n  fedctl proxy caddy --domain mydomain.com --own-address 192.0.2.7"
)]
pub struct ProxyCommand {
    /// The proxy: nginx, caddy, apache, haproxy or traefik
    #[arg(value_name = "PROXY", value_parser = proxy(), hide_possible_values = true)]
    proxy: &'static Proxy,
    /// The server's own federation domain [default: the one in fedctl.yaml]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// The host of the Site URL [default: the target in fedctl.yaml, else chat.DOMAIN]
    #[arg(long, value_name = "HOST")]
    host: Option<Host>,
    /// Where the server listens, HOST:PORT
    #[arg(long, value_name = "HOST:PORT", default_value = UPSTREAM, value_parser = upstream)]
    upstream: String,
    /// Let this domain federate, and no other that is not listed; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    allow: Vec<Domain>,
    /// Address from which the server's own requests reach the proxy [default: 127.0.0.1 and ::1]; may be repeated
    #[arg(long, value_name = "ADDR")]
    own_address: Vec<IpAddr>,
    /// Write the rules to this file and not to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "output")]
    force: bool,
}

/// Reads the id of a proxy, and names all of them to completions.
pub fn proxy() -> impl TypedValueParser<Value = &'static Proxy> {
    let ids: Vec<&str> = PROXIES.iter().map(|proxy| proxy.id).collect();
    PossibleValuesParser::new(ids)
        .try_map(|id| find(&id).ok_or_else(|| Hinted::new(format!("there is no proxy `{id}`"), "fedctl proxy --help")))
}

/// The rules are a program for the proxy: nothing but a host and a port may get into them.
fn upstream(text: &str) -> Result<String, Hinted> {
    let refuse =
        || Hinted::new(format!("`{text}` is not HOST:PORT"), "write it as in 127.0.0.1:3000 or rocketchat:3000");
    let (host, port) = text.rsplit_once(':').ok_or_else(refuse)?;
    port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(refuse)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_v6 = bare.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
    let is_name =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if is_v6 || is_name { Ok(text.to_owned()) } else { Err(refuse()) }
}

impl ProxyCommand {
    /// The rules for the domain of fedctl.yaml, into a new file.
    pub fn to_file(proxy: &'static Proxy, output: PathBuf) -> Self {
        Self {
            proxy,
            domain: None,
            host: None,
            upstream: UPSTREAM.to_owned(),
            allow: Vec::new(),
            own_address: Vec::new(),
            output: Some(output),
            force: false,
        }
    }

    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let rules = self.rules(cx)?;
        let text = write(self.proxy, &rules);
        match &self.output {
            Some(path) => {
                Pending::write(path, &Filtered::answer(&text), Access::Everybody, self.force)?.commit()?;
                cx.term.status(format_args!("written to {}", path.display()));
            }
            None => cx.term.answer(text)?,
        }
        cx.term.status(format_args!("next: {}", self.proxy.next));
        let probe = format!("fedctl handshake {} --probe-bypass", rules.domain);
        cx.term.status(format_args!("then, from another machine: {probe}"));
        Ok(ExitStatus::Clean)
    }

    fn rules(&self, cx: &Context) -> anyhow::Result<Rules> {
        let domain = self.domain.clone().or_else(|| cx.settings.domain.clone());
        let domain = domain.ok_or_else(|| {
            hinted("no domain is given", format!("fedctl proxy {} --domain mydomain.com", self.proxy.id))
        })?;
        if self.allow.contains(&domain) {
            let hint = "list the domains of your peers; the server itself is known by --own-address";
            return Err(hinted(format!("`{domain}` is your own domain"), hint));
        }
        let host = match self.host.clone().or_else(|| cx.settings.target.clone()) {
            Some(host) => host,
            None => format!("chat.{domain}").parse()?,
        };
        let own = match self.own_address.is_empty() {
            true => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            false => self.own_address.clone(),
        };
        Ok(Rules { domain, host, upstream: self.upstream.clone(), allow: self.allow.clone(), own })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_host_and_a_port_gets_into_the_rules() {
        for good in ["127.0.0.1:3000", "[::1]:3000", "rocket_chat:3000", "chat-1.internal:80"] {
            assert!(upstream(good).is_ok(), "{good}");
        }
        for bad in ["", "3000", "127.0.0.1:0", "127.0.0.1:70000", "a b:1", "a;b:1", "a\nb:1", "::1:3000", "${x}:1"] {
            assert!(upstream(bad).is_err(), "{bad:?}");
        }
    }
}
