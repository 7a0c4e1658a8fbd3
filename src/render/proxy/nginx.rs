//! nginx: a file to include in the `server` block. It needs no `map` or `geo`, which belong outside of it.

use std::net::IpAddr;

use super::{BODY_MIB, Proxy, ROUTES, Rules, TIMEOUT, listed, literal, own_name};

pub const PROXY: Proxy = Proxy {
    id: "nginx",
    next: "save it as /etc/nginx/snippets/rocketchat-federation.conf, add `include snippets/rocketchat-federation.conf;` to the server block of the host, then\n  nginx -t && systemctl reload nginx",
    write,
};

fn write(rules: &Rules) -> String {
    let own: Vec<String> = rules.own.iter().map(address).collect();
    format!(
        r#"
set $federation_name "none";
if ($http_x_federation_domain != "") {{ set $federation_name "unknown"; }}
if ($http_x_federation_domain ~* "{listed}") {{ set $federation_name "listed"; }}
if ($http_x_federation_domain ~* "{own_name}") {{ set $federation_name "own"; }}
set $federation_from "elsewhere";
if ($remote_addr ~ "^({own})$") {{ set $federation_from "server"; }}
set $federation_case "${{federation_name}}-${{federation_from}}";
if ($federation_case = "own-elsewhere") {{ return 403; }}

location ~* "{ROUTES}" {{
    if ($federation_name ~ "^(none|unknown)$") {{ return 403; }}
    client_max_body_size {BODY_MIB}m;
    proxy_connect_timeout 5s;
    proxy_read_timeout {TIMEOUT}s;
    proxy_send_timeout {TIMEOUT}s;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    # The value that was checked, if there were several.
    proxy_set_header X-Federation-Domain $http_x_federation_domain;
    proxy_pass http://{upstream};
}}
"#,
        listed = listed(rules),
        own_name = own_name(rules),
        own = own.join("|"),
        upstream = rules.upstream,
    )
}

fn address(ip: &IpAddr) -> String {
    literal(&ip.to_string())
}
