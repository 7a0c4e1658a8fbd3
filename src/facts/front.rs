//! What stands before a server, as the header fields of its responses tell.

use super::peer::Answer;

/// The header fields that are kept of a response.
pub const FRONT: &[&str] = &[
    "server",
    "via",
    "cf-ray",
    "x-amz-cf-id",
    "x-served-by",
    "x-fastly-request-id",
    "x-akamai-request-id",
    "akamai-grn",
    "x-azure-ref",
    "x-sucuri-id",
    "x-iinfo",
    "x-cdn",
    "cdn-requestid",
    "cdn-pullzone",
    "x-vercel-id",
    "fly-request-id",
    "x-varnish",
    "x-cache",
];

/// A header field, a part of its value in lower case, and who sends it.
const NETWORKS: &[(&str, &str, &str)] = &[
    ("cf-ray", "", "Cloudflare"),
    ("server", "cloudflare", "Cloudflare"),
    ("x-amz-cf-id", "", "Amazon CloudFront"),
    ("via", "cloudfront", "Amazon CloudFront"),
    ("x-fastly-request-id", "", "Fastly"),
    ("x-served-by", "cache-", "Fastly"),
    ("x-akamai-request-id", "", "Akamai"),
    ("akamai-grn", "", "Akamai"),
    ("server", "akamai", "Akamai"),
    ("x-azure-ref", "", "Azure Front Door"),
    ("x-sucuri-id", "", "Sucuri"),
    ("server", "sucuri", "Sucuri"),
    ("x-iinfo", "", "Imperva"),
    ("x-cdn", "imperva", "Imperva"),
    ("x-cdn", "incapsula", "Imperva"),
    ("cdn-requestid", "", "bunny.net"),
    ("cdn-pullzone", "", "bunny.net"),
    ("server", "bunnycdn", "bunny.net"),
    ("server", "keycdn", "KeyCDN"),
    ("server", "ddos-guard", "DDoS-Guard"),
    ("server", "gcore", "Gcore"),
    ("via", "google", "Google Cloud"),
    ("x-vercel-id", "", "Vercel"),
    ("fly-request-id", "", "Fly.io"),
    ("x-varnish", "", "Varnish"),
    ("via", "varnish", "Varnish"),
];

impl Answer {
    /// The delivery network or cache that the response came through, with the field that shows it.
    pub fn delivery_network(&self) -> Option<String> {
        let known = NETWORKS.iter().find_map(|(name, part, network)| {
            let fits = |(field, value): &&(String, String)| field == name && value.to_ascii_lowercase().contains(part);
            self.front.iter().find(fits).map(|field| (*network, field))
        });
        let other = || self.front.iter().find(|(name, _)| name == "via").map(|field| ("a proxy", field));
        let (network, (name, value)) = known.or_else(other)?;
        Some(format!("{network} ({name}: {value})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_network_is_named_by_its_header_fields() {
        for (front, named) in [
            (&[("server", "cloudflare"), ("cf-ray", "8a1b-FRA")][..], Some("Cloudflare (cf-ray: 8a1b-FRA)")),
            (
                &[("via", "1.1 abc.cloudfront.net (CloudFront)")],
                Some("Amazon CloudFront (via: 1.1 abc.cloudfront.net (CloudFront))"),
            ),
            (&[("via", "1.1 gate.lan")], Some("a proxy (via: 1.1 gate.lan)")),
            (&[("server", "nginx")], None),
            (&[], None),
        ] {
            let front = front.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let answer = Answer {
                date: None,
                status: 200,
                content_type: String::new(),
                location: None,
                length: 0,
                excerpt: String::new(),
                json: None,
                front,
            };
            assert_eq!(answer.delivery_network().as_deref(), named);
        }
    }
}
