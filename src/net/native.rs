//! Goes the way of a server of native federation to another one: the well-known file, SRV records, port 8448, TLS, and two routes
//! that need no key.

use url::Url;

use super::http::Caller;
use super::look_up::response;
use super::peer::dial;
use super::{Net, tls};
use crate::dns::name::Domain;
use crate::dns::record::{Query, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::native::{Destination, File, FileFacts, LostRedirect, NativeFacts, NoServer, ServerFacts, Way};
use crate::rocketchat::native::{HTTPS, KEYS, PORT, SrvLabel, VERSION, WELL_KNOWN};

/// Redirects of the well-known file that are followed.
const REDIRECTS: usize = 5;

/// Looks at a domain; `time` is in seconds since 1970.
pub async fn observe(net: &Net, domain: &Domain, time: i64) -> NativeFacts {
    let file = well_known(net, domain).await;
    let mut facts =
        NativeFacts { domain: domain.clone(), time, file, answers: Vec::new(), destination: None, server: None };
    facts.destination = destination(net, &mut facts).await;
    if let Some(to) = &facts.destination {
        facts.server = Some(server(net, to).await);
    }
    facts
}

/// Asks for the file, and follows its redirects.
async fn well_known(net: &Net, domain: &Domain) -> FileFacts {
    let mut facts = FileFacts { unreachable: None, exchanges: Vec::new(), stopped: None, tls: None };
    let Ok(mut url) = Url::parse(&format!("https://{domain}{WELL_KNOWN}")) else { return facts };
    for _ in 0..=REDIRECTS {
        let Some(base) = Endpoint::of(&url).ok().filter(|base| base.https) else {
            facts.stopped = Some(LostRedirect::NotHttps(url.to_string()));
            return facts;
        };
        let addr = match net.locate_one(&base).await {
            Ok(addr) => addr,
            Err(none) if facts.exchanges.is_empty() => {
                facts.unreachable = Some(NoServer::NoAddress(none));
                return facts;
            }
            Err(none) => {
                facts.stopped = Some(LostRedirect::NoServer(NoServer::NoAddress(none)));
                return facts;
            }
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let exchange = Caller::new(net, base.clone(), addr).get(&path).await;
        let next = exchange.answer().filter(|answer| (300..400).contains(&answer.status));
        let next = next.and_then(|answer| url.join(answer.location.as_deref()?).ok());
        if exchange.answer().is_none()
            && let Ok(stream) = dial(addr, net.timeout).await
        {
            facts.tls = Some(tls::observe(stream, &base.host, &net.roots, net.timeout).await);
        }
        facts.exchanges.push(exchange);
        match next {
            Some(next) => url = next,
            None => return facts,
        }
    }
    facts.stopped = Some(LostRedirect::TooMany(REDIRECTS));
    facts
}

/// The first step that names a server decides.
async fn destination(net: &Net, facts: &mut NativeFacts) -> Option<Destination> {
    let base = facts.base();
    if let File::Names(delegation) = facts.file.content() {
        let is_address = base.parse::<std::net::IpAddr>().is_ok();
        if is_address || delegation.port.is_some() {
            let port = delegation.port.unwrap_or(PORT);
            return Some(Destination { way: Way::File, host: base.clone(), port, name: base, name_port: port });
        }
    }
    for label in SrvLabel::ALL {
        ask(net, facts, &label.owner(&base), RecordType::Srv).await;
    }
    let found = match facts.srv() {
        Some((_, target, _)) if target.is_empty() => return None,
        Some((label, host, port)) => Destination { way: Way::Srv(label), host, port, name: base, name_port: HTTPS },
        None => Destination { way: Way::Port, host: base.clone(), port: PORT, name: base, name_port: HTTPS },
    };
    ask(net, facts, &found.host, RecordType::A).await;
    Some(found)
}

async fn ask(net: &Net, facts: &mut NativeFacts, name: &str, kind: RecordType) {
    let question = Query::new(name, kind);
    let answer = response(net, &net.resolvers, &question).await;
    facts.answers.push((question, answer));
}

/// Connects to the server, and asks what needs no key once it is trusted.
async fn server(net: &Net, to: &Destination) -> ServerFacts {
    let target = Endpoint { https: true, host: to.host.clone(), port: to.port };
    let addr = net.locate_one(&target).await.map_err(NoServer::NoAddress);
    let mut facts = ServerFacts { addr, tls: None, version: None, keys: None };
    let Ok(addr) = facts.addr else { return facts };
    let stream = match dial(addr, net.timeout).await {
        Ok(stream) => stream,
        Err(why) => return ServerFacts { addr: Err(NoServer::Connect(why)), ..facts },
    };
    let seen = tls::observe(stream, &to.name, &net.roots, net.timeout).await;
    if seen.is_trusted() {
        let base = Endpoint { https: true, host: to.name.clone(), port: to.name_port };
        let caller = Caller::new(net, base, addr);
        let (version, keys) = tokio::join!(caller.get(VERSION), caller.get(KEYS));
        (facts.version, facts.keys) = (Some(version), Some(keys));
    }
    facts.tls = Some(seen);
    facts
}
