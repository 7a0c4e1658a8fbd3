//! Traefik 3: a file for its file provider. Routers with a higher priority come first; an allow list without a real address closes.

use super::{BODY_MIB, Proxy, ROUTES, Rules, TIMEOUT, listed, own_name};

pub const PROXY: Proxy = Proxy {
    id: "traefik",
    next: "save it in the directory of the file provider (providers.file.directory); Traefik 3 loads it by itself, and its dashboard shows errors",
    write,
};

fn write(rules: &Rules) -> String {
    let host = format!("Host(`{}`)", rules.host);
    let own: Vec<String> = rules.own.iter().map(|ip| format!("          - \"{ip}\"\n")).collect();
    let name = |pattern: &str| format!("HeaderRegexp(`X-Federation-Domain`, `(?i){pattern}`)");
    let route = format!("PathRegexp(`(?i){ROUTES}`)");
    format!(
        r#"
http:
  routers:
    federation-own:
      rule: "{host} && {own_rule}"
      priority: 1003
      middlewares: [federation-server, federation-body]
      service: rocketchat-federation
    federation-listed:
      rule: "{host} && {route} && {listed_rule}"
      priority: 1002
      middlewares: [federation-body]
      service: rocketchat-federation
    federation-closed:
      rule: "{host} && {route}"
      priority: 1001
      middlewares: [federation-nobody]
      service: rocketchat-federation
  middlewares:
    federation-server:
      ipAllowList:
        sourceRange:
{own}    federation-nobody:
      ipAllowList:
        sourceRange:
          - "255.255.255.255/32"
    federation-body:
      buffering:
        maxRequestBodyBytes: {body}
  services:
    rocketchat-federation:
      loadBalancer:
        serversTransport: rocketchat-federation
        servers:
          - url: "http://{upstream}"
  serversTransports:
    rocketchat-federation:
      forwardingTimeouts:
        dialTimeout: 5s
        responseHeaderTimeout: {TIMEOUT}s
"#,
        own_rule = name(&own_name(rules)).replace('\\', "\\\\"),
        listed_rule = name(&listed(rules)).replace('\\', "\\\\"),
        own = own.concat(),
        body = u64::from(BODY_MIB) << 20,
        upstream = rules.upstream,
    )
}
