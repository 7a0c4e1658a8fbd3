//! Apache httpd: a file to include in the `VirtualHost`.

use super::{BODY_MIB, Proxy, ROUTES, Rules, TIMEOUT, listed, literal, own_name};

pub const PROXY: Proxy = Proxy {
    id: "apache",
    next: "save it as /etc/apache2/rocketchat-federation.conf, add `Include rocketchat-federation.conf` to the VirtualHost of the host before its own ProxyPass, then\n  a2enmod rewrite proxy proxy_http && apachectl configtest && systemctl reload apache2",
    write,
};

fn write(rules: &Rules) -> String {
    let own: Vec<String> = rules.own.iter().map(|ip| literal(&ip.to_string())).collect();
    format!(
        r#"
RewriteEngine On
RewriteCond "%{{HTTP:X-Federation-Domain}}" "{own_name}" [NC]
RewriteCond "%{{REMOTE_ADDR}}" "!^({own})$"
RewriteRule "^" "-" [F]

RewriteCond "%{{REQUEST_URI}}" "{ROUTES}" [NC]
RewriteCond "%{{HTTP:X-Federation-Domain}}" "!{listed}" [NC]
RewriteRule "^" "-" [F]

<LocationMatch "(?i){ROUTES}">
    LimitRequestBody {body}
</LocationMatch>

ProxyPreserveHost On
ProxyPass "/api/v1/" "http://{upstream}/api/v1/" connectiontimeout=5 timeout={TIMEOUT}
"#,
        own_name = own_name(rules),
        own = own.join("|"),
        listed = listed(rules),
        body = u64::from(BODY_MIB) << 20,
        upstream = rules.upstream,
    )
}
