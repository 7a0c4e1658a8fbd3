//! The DNS providers whose API fedctl speaks. One table for the options, the credentials, the requests and docs/publish.md.

use std::fmt;

use zeroize::Zeroizing;

use crate::dns::provider::DnsProvider;
use crate::facts::api::ApiRequest;

/// How the token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// `Authorization: Bearer TOKEN`, or another word.
    Authorization(&'static str),
    /// Its own header field.
    Header(&'static str),
    /// Over the whole request, with the token as the secret.
    Signature,
}

/// A value that the API needs besides the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    /// As error texts and credential files name it.
    pub name: &'static str,
    pub variables: &'static [&'static str],
    pub required: bool,
}

/// A DNS provider with an API.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// As `--provider` takes it.
    pub id: &'static str,
    /// What people call it; the same as that of [`DnsProvider`] when it is recognised from the delegation.
    pub name: &'static str,
    /// Base URL of the API.
    pub base: &'static str,
    /// Variables that hold another base URL, as the provider's own tools read them.
    pub base_variables: &'static [&'static str],
    /// Variables that hold the token, as the provider's own tools read them; the first that is set counts.
    pub token_variables: &'static [&'static str],
    pub extras: &'static [Extra],
    scheme: Scheme,
    /// The shortest TTL that it takes, in seconds.
    pub ttl_min: u32,
    /// What the token must be allowed to do.
    pub permission: &'static str,
    /// True when all changes are made in one request or not at all.
    pub atomic: bool,
}

/// The endpoints of OVH by the names that OVH_ENDPOINT holds.
const OVH_ENDPOINTS: &[(&str, &str)] = &[
    ("ovh-eu", "https://eu.api.ovh.com/1.0"),
    ("ovh-ca", "https://ca.api.ovh.com/1.0"),
    ("ovh-us", "https://api.us.ovhcloud.com/1.0"),
];

/// All of them.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        id: "azure",
        name: "Azure DNS",
        base: "https://management.azure.com",
        base_variables: &[],
        token_variables: &["AZURE_ACCESS_TOKEN"],
        extras: &[Extra {
            name: "subscription",
            variables: &["AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"],
            required: true,
        }],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 1,
        permission: "the role DNS Zone Contributor; `az account get-access-token --query accessToken -o tsv` prints a token",
        atomic: false,
    },
    Provider {
        id: "cloudflare",
        name: "Cloudflare",
        base: "https://api.cloudflare.com/client/v4",
        base_variables: &["CLOUDFLARE_API_BASE_URL"],
        token_variables: &["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"],
        extras: &[],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 60,
        permission: "an API token with Zone:Read and DNS:Edit for this zone",
        atomic: false,
    },
    Provider {
        id: "desec",
        name: "deSEC",
        base: "https://desec.io/api/v1",
        base_variables: &[],
        token_variables: &["DESEC_TOKEN", "DEDYN_TOKEN"],
        extras: &[],
        scheme: Scheme::Authorization("Token"),
        ttl_min: 3600,
        permission: "a token for the domain",
        atomic: true,
    },
    Provider {
        id: "digitalocean",
        name: "DigitalOcean",
        base: "https://api.digitalocean.com",
        base_variables: &["DIGITALOCEAN_API_URL"],
        token_variables: &["DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN"],
        extras: &[],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 30,
        permission: "a token with the scopes domain:read, domain:create, domain:update and domain:delete",
        atomic: false,
    },
    Provider {
        id: "gandi",
        name: "Gandi",
        base: "https://api.gandi.net/v5/livedns",
        base_variables: &[],
        token_variables: &["GANDI_PERSONAL_ACCESS_TOKEN", "GANDIV5_PERSONAL_ACCESS_TOKEN"],
        extras: &[],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 300,
        permission: "a personal access token that may manage the technical configuration of the domain",
        atomic: false,
    },
    Provider {
        id: "google",
        name: "Google Cloud DNS",
        base: "https://dns.googleapis.com/dns/v1",
        base_variables: &["CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS"],
        token_variables: &["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"],
        extras: &[Extra {
            name: "project",
            variables: &["GOOGLE_CLOUD_PROJECT", "GOOGLE_PROJECT", "CLOUDSDK_CORE_PROJECT"],
            required: true,
        }],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 0,
        permission: "the role DNS Administrator; `gcloud auth print-access-token` prints a token",
        atomic: true,
    },
    Provider {
        id: "hetzner",
        name: "Hetzner",
        base: "https://api.hetzner.cloud/v1",
        base_variables: &["HCLOUD_ENDPOINT"],
        token_variables: &["HCLOUD_TOKEN"],
        extras: &[],
        scheme: Scheme::Authorization("Bearer"),
        ttl_min: 60,
        permission: "a token of the project with read and write access",
        atomic: false,
    },
    Provider {
        id: "ovh",
        name: "OVH",
        base: "https://eu.api.ovh.com/1.0",
        base_variables: &["OVH_ENDPOINT"],
        token_variables: &["OVH_APPLICATION_SECRET"],
        extras: &[
            Extra { name: "application key", variables: &["OVH_APPLICATION_KEY"], required: true },
            Extra { name: "consumer key", variables: &["OVH_CONSUMER_KEY"], required: true },
        ],
        scheme: Scheme::Signature,
        ttl_min: 60,
        permission: "an application with GET, POST, PUT and DELETE on /domain/zone/ZONE/*",
        atomic: false,
    },
    Provider {
        id: "powerdns",
        name: "PowerDNS",
        base: "http://127.0.0.1:8081",
        base_variables: &["PDNS_SERVER_URL", "PDNS_API_URL"],
        token_variables: &["PDNS_API_KEY"],
        extras: &[Extra { name: "server", variables: &["PDNS_SERVER_NAME"], required: false }],
        scheme: Scheme::Header("x-api-key"),
        ttl_min: 0,
        permission: "the value of `api-key` in pdns.conf",
        atomic: true,
    },
    Provider {
        id: "route53",
        name: "Route 53",
        base: "https://route53.amazonaws.com",
        base_variables: &["AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL"],
        token_variables: &["AWS_SECRET_ACCESS_KEY"],
        extras: &[
            Extra { name: "access key id", variables: &["AWS_ACCESS_KEY_ID"], required: true },
            Extra { name: "session token", variables: &["AWS_SESSION_TOKEN"], required: false },
        ],
        scheme: Scheme::Signature,
        ttl_min: 0,
        permission: "route53:ListHostedZonesByName, ListResourceRecordSets and ChangeResourceRecordSets",
        atomic: true,
    },
];

/// What the API is given to know the account. Never shown.
#[derive(Clone, Default)]
pub struct Credentials {
    pub token: Zeroizing<String>,
    /// By the name of the [`Extra`].
    pub extras: Vec<(&'static str, Zeroizing<String>)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// The value of this name.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extras.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Provider {
    /// The base URL of an endpoint that the provider's own tools call by name.
    pub fn named_base(&self, name: &str) -> Option<&'static str> {
        let named = if self.id == "ovh" { OVH_ENDPOINTS } else { &[] };
        named.iter().find(|(known, _)| *known == name).map(|(_, base)| *base)
    }

    /// The request with the token filled in.
    pub fn authorize(&self, request: ApiRequest, credentials: &Credentials) -> ApiRequest {
        match self.scheme {
            Scheme::Authorization(word) => {
                request.with("authorization", format!("{word} {}", credentials.token.as_str()))
            }
            Scheme::Header(name) => request.with(name, credentials.token.as_str()),
            Scheme::Signature => request,
        }
    }
}

/// The provider with this id.
pub fn find(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

/// The provider that a delegation tells.
pub fn hosting(host: &DnsProvider) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == host.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::provider::DNS_PROVIDERS;

    #[test]
    fn the_hosts_of_delegations_and_the_apis_have_the_same_names() {
        let elsewhere = ["PowerDNS"];
        for provider in PROVIDERS {
            let known = DNS_PROVIDERS.iter().any(|host| hosting(host) == Some(provider));
            assert!(known || elsewhere.contains(&provider.name), "{}", provider.name);
            assert!(provider.base.starts_with("https://") || provider.base.starts_with("http://127.0.0.1"));
        }
    }

    #[test]
    fn the_page_lists_every_provider_and_its_variables() {
        let page = include_str!("../../docs/publish.md");
        for provider in PROVIDERS {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` ", provider.id)));
            let row = row.unwrap_or_else(|| panic!("{} is not in the table", provider.id));
            let extras = provider.extras.iter().flat_map(|extra| extra.variables);
            for variable in provider.token_variables.iter().chain(provider.base_variables).chain(extras) {
                assert!(row.contains(&format!("`{variable}`")), "{} lacks {variable}", provider.id);
            }
            let end = format!("| {} s | {} |", provider.ttl_min, if provider.atomic { "yes" } else { "no" });
            assert!(row.ends_with(&end), "{}: {row} does not end with {end}", provider.id);
        }
    }

    #[test]
    fn an_endpoint_is_known_by_the_name_that_the_providers_tools_use() {
        let ovh = find("ovh").unwrap();
        assert_eq!(ovh.named_base("ovh-ca"), Some("https://ca.api.ovh.com/1.0"));
        assert_eq!(ovh.named_base("https://eu.api.ovh.com/1.0"), None);
        assert_eq!(find("gandi").unwrap().named_base("ovh-ca"), None);
    }

    #[test]
    fn a_token_is_in_no_debug_text() {
        let credentials = Credentials { token: Zeroizing::new("hunter2".into()), extras: Vec::new() };
        assert_eq!(format!("{credentials:?}"), "Credentials");
    }
}
