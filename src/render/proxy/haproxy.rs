//! HAProxy: lines for the frontend and a backend.

use super::{BODY_MIB, Proxy, ROUTES, Rules, TIMEOUT, own_name};

pub const PROXY: Proxy = Proxy {
    id: "haproxy",
    next: "move the indented lines into the frontend of the host, before its use_backend lines, and the backend to the end of haproxy.cfg, then\n  haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
    write,
};

fn write(rules: &Rules) -> String {
    let own: Vec<String> = rules.own.iter().map(ToString::to_string).collect();
    let mut names: Vec<&str> = rules.allow.iter().map(|domain| domain.as_str()).collect();
    names.push(rules.domain.as_str());
    let listed = match rules.allow.is_empty() {
        true => "-m found".to_owned(),
        false => format!("-m str -i {}", names.join(" ")),
    };
    format!(
        r#"
    acl federation_route  path,url_dec -m reg -i {ROUTES}
    acl federation_own    req.fhdr(x-federation-domain) -m reg -i {own_name}
    acl federation_listed req.fhdr(x-federation-domain) {listed}
    acl federation_server src {own}
    http-request deny deny_status 400 if {{ req.fhdr_cnt(x-federation-domain) gt 1 }}
    http-request deny deny_status 403 if federation_own !federation_server
    http-request deny deny_status 403 if federation_route !federation_listed
    http-request deny deny_status 413 if federation_route {{ req.hdr_val(content-length) gt {body} }}
    use_backend rocketchat_federation if federation_route

backend rocketchat_federation
    option forwardfor
    timeout connect 5s
    timeout server {TIMEOUT}s
    server rocketchat {upstream}
"#,
        own_name = own_name(rules),
        own = own.join(" "),
        body = u64::from(BODY_MIB) << 20,
        upstream = rules.upstream,
    )
}
