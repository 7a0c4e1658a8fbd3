//! Caddy: a snippet for the Caddyfile.

use super::{BODY_MIB, Proxy, ROUTES, Rules, TIMEOUT, listed, own_name};

pub const PROXY: Proxy = Proxy {
    id: "caddy",
    next: "put it above the site in the Caddyfile, add `import rocketchat_federation` to the site, then\n  caddy validate --config /etc/caddy/Caddyfile && systemctl reload caddy",
    write,
};

fn write(rules: &Rules) -> String {
    let own: Vec<String> = rules.own.iter().map(ToString::to_string).collect();
    let listed = match rules.allow.is_empty() {
        true => "header X-Federation-Domain *".to_owned(),
        false => format!("header_regexp X-Federation-Domain (?i){}", listed(rules)),
    };
    format!(
        r#"
(rocketchat_federation) {{
	@federation_own {{
		header_regexp X-Federation-Domain (?i){own_name}
		not remote_ip {own}
	}}
	respond @federation_own 403

	@federation_closed {{
		path_regexp (?i){ROUTES}
		not {listed}
	}}
	respond @federation_closed 403

	@federation_route path_regexp (?i){ROUTES}
	request_body @federation_route {{
		max_size {BODY_MIB}MiB
	}}
	reverse_proxy @federation_route {upstream} {{
		transport http {{
			dial_timeout 5s
			response_header_timeout {TIMEOUT}s
		}}
	}}
}}
"#,
        own_name = own_name(rules),
        own = own.join(" "),
        upstream = rules.upstream,
    )
}
