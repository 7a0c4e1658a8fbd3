//! DNS providers, recognised by their name servers, and the mistake that their forms invite for a federation key.
//!
//! Data with a date: providers rename their servers occasionally. Last verified 2026-11 from the providers' documentation and
//! public zones' NS records.

/// A DNS provider that can be recognised by the names of its servers.
#[derive(Debug, PartialEq, Eq)]
pub struct DnsProvider {
    /// What people call it.
    pub name: &'static str,
    /// The id of the record format to print fixes in (`fedctl records --format`).
    pub format: &'static str,
    /// What to know before typing the key into its form.
    pub trap: &'static str,
    /// Parts of name-server names, lower case, each from a dot on; any of them is enough.
    servers: &'static [&'static str],
}

const ONE_VALUE: &str = "the key goes into one value as it is; the form cuts it by itself";

/// The known ones.
pub const DNS_PROVIDERS: &[DnsProvider] = &[
    DnsProvider {
        name: "Route 53",
        format: "route53",
        trap: "both pieces of the key are on ONE line of the Value box; a second line is a second record",
        servers: &[".awsdns-"],
    },
    DnsProvider { name: "Cloudflare", format: "cloudflare-fields", trap: ONE_VALUE, servers: &[".ns.cloudflare.com"] },
    DnsProvider {
        name: "Google Cloud DNS",
        format: "gcloud",
        trap: "without inner quotes the value is cut at every space",
        servers: &[".googledomains.com"],
    },
    DnsProvider { name: "Azure DNS", format: "az", trap: ONE_VALUE, servers: &[".azure-dns."] },
    DnsProvider {
        name: "DigitalOcean",
        format: "doctl",
        trap: "a value has at most 512 characters: a key of 3072 bits does not fit",
        servers: &[".digitalocean.com"],
    },
    DnsProvider {
        name: "Hetzner",
        format: "hetzner",
        trap: "the key is two quoted strings in one value",
        servers: &[".ns.hetzner.com", ".ns.hetzner.de", ".first-ns.de", ".second-ns.de", ".second-ns.com"],
    },
    DnsProvider { name: "GoDaddy", format: "godaddy", trap: ONE_VALUE, servers: &[".domaincontrol.com"] },
    DnsProvider {
        name: "Namecheap",
        format: "namecheap",
        trap: "the SRV target field takes at most 29 characters",
        servers: &[".registrar-servers.com", ".namecheaphosting.com"],
    },
    DnsProvider {
        name: "OVH",
        format: "fields",
        trap: "admins report that its form splits long values into several records: check the result",
        servers: &[".ovh.net", ".ovh.ca", ".anycast.me"],
    },
    DnsProvider { name: "Linode", format: "fields", trap: ONE_VALUE, servers: &[".linode.com"] },
    DnsProvider {
        name: "Gandi",
        format: "zone",
        trap: "the key is two quoted strings in one value",
        servers: &[".gandi.net"],
    },
    DnsProvider { name: "DNSimple", format: "fields", trap: ONE_VALUE, servers: &[".dnsimple.com", ".dnsimple-edge."] },
    DnsProvider {
        name: "deSEC",
        format: "zone",
        trap: "the key is two quoted strings in one value",
        servers: &[".desec.io", ".desec.org"],
    },
    DnsProvider {
        name: "DNS Made Easy",
        format: "fields",
        trap: "the value needs quotes, or its words become separate strings",
        servers: &[".dnsmadeeasy.com"],
    },
];

/// The DNS provider of a zone, from the names of its servers and of its SOA's primary; `None` when it cannot be recognised.
pub fn recognise<'a>(servers: impl IntoIterator<Item = &'a str>) -> Option<&'static DnsProvider> {
    let names: Vec<String> =
        servers.into_iter().map(|name| format!("{}.", name.trim_end_matches('.').to_ascii_lowercase())).collect();
    let ends: Vec<&str> = names.iter().flat_map(|name| name.match_indices('.').map(|(at, _)| &name[at..])).collect();
    DNS_PROVIDERS.iter().find(|host| host.servers.iter().any(|part| ends.iter().any(|end| end.starts_with(part))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_begins_at_a_dot() {
        assert!(DNS_PROVIDERS.iter().flat_map(|host| host.servers).all(|part| part.starts_with('.')));
    }

    #[test]
    fn hosts_are_reported_by_their_servers() {
        for (server, name) in [
            ("ns-2048.awsdns-64.com", "Route 53"),
            ("Ada.NS.Cloudflare.com.", "Cloudflare"),
            ("ns-cloud-a1.googledomains.com", "Google Cloud DNS"),
            ("ns1-01.azure-dns.com", "Azure DNS"),
            ("hydrogen.ns.hetzner.com", "Hetzner"),
            ("ns51.domaincontrol.com", "GoDaddy"),
        ] {
            assert_eq!(recognise([server]).map(|host| host.name), Some(name), "{server}");
        }
        assert_eq!(recognise(["ns1.mydomain.com"]), None);
        assert_eq!(recognise([]), None);
    }
}
