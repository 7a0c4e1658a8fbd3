//! The records that make a domain findable. One [`RecordSet`] is the source of what `records` prints and `dns-check` expects.

use std::str::FromStr;

use super::generation::{Generation, KEY_LABEL, PROTOCOL_LABEL, Protocol, SrvLabel};
use super::life::{self, Life};
use super::release::Release;
use crate::dns::name::{Domain, Host};
use crate::error::Hinted;

/// The smallest modulus that may be published, in bits.
pub const KEY_BITS_MIN: usize = 2048;
/// The guide's TTL, one hour, in seconds.
pub const DEFAULT_TTL: u32 = 3600;
/// The guide's weight and priority; no server reads them, but the wizard of 3.17 to 6.2 shows any other value in red.
const ONE: u16 = 1;

/// Record data to publish.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Data {
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: Host,
    },
    /// The whole value; renderers cut it into strings.
    Txt(Vec<u8>),
}

impl Data {
    /// `SRV` or `TXT`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Srv { .. } => "SRV",
            Self::Txt(_) => "TXT",
        }
    }

    /// The value of a TXT record cut into strings of at most `max` bytes; an SRV record has none.
    pub fn chunks(&self, max: usize) -> Vec<&[u8]> {
        match self {
            Self::Srv { .. } => Vec::new(),
            Self::Txt(value) if value.is_empty() => vec![&[]],
            Self::Txt(value) => value.chunks(max).collect(),
        }
    }
}

/// One record to publish, with the reason it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The owner name, lower case, without the final dot.
    pub owner: String,
    /// Seconds.
    pub ttl: u32,
    pub data: Data,
    /// Why it is there, in one sentence without a final dot.
    pub reason: &'static str,
    /// The releases that read it.
    pub read_by: &'static str,
}

/// All records of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    pub domain: Domain,
    /// The zone that holds them; relative names end here.
    pub zone: Host,
    pub records: Vec<Record>,
}

impl RecordSet {
    /// The owner name relative to the zone: `_rocketchat._https`, or with `.sub` when the domain lies below the zone; `@` for
    /// the apex.
    pub fn relative<'a>(&self, owner: &'a str) -> &'a str {
        match owner.strip_suffix(self.zone.as_str()) {
            Some("") => "@",
            Some(rest) => rest.strip_suffix('.').unwrap_or(owner),
            None => owner,
        }
    }

    /// The public key text, if the set has one.
    pub fn key(&self) -> Option<&[u8]> {
        self.records.iter().find_map(|record| match &record.data {
            Data::Txt(value) if record.owner.starts_with(KEY_LABEL) => Some(value.as_slice()),
            _ => None,
        })
    }
}

/// Which servers the records are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The smallest set that every generation can use.
    All,
    /// Exactly the records of the admin guide.
    Guide,
    /// One release.
    Release(Release),
}

impl FromStr for Audience {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        match text {
            "all" => Ok(Self::All),
            "guide" => Ok(Self::Guide),
            _ => {
                let release = text.parse().map_err(|error: Hinted| {
                    Hinted::new(error.to_string(), "use `all`, `guide` or a release such as `3.18.3`")
                })?;
                life::classic(release).map(Self::Release)
            }
        }
    }
}

/// What the records should say.
#[derive(Debug, Clone)]
pub struct RecordOptions {
    pub domain: Domain,
    pub zone: Host,
    pub target: Host,
    pub port: u16,
    pub protocol: Protocol,
    /// True when the protocol was said and not assumed.
    pub is_protocol_given: bool,
    /// The one-line public key.
    pub key: String,
    /// Seconds.
    pub ttl: u32,
    pub audience: Vec<Audience>,
}

/// The records, and what the admin should know before publishing them.
#[derive(Debug, Clone)]
pub struct Plan {
    pub set: RecordSet,
    pub warnings: Vec<String>,
}

/// Chooses the records. A request that no server could use is refused; one that some servers cannot use gets a warning.
pub fn plan(options: &RecordOptions) -> Result<Plan, Hinted> {
    if !options.domain.host().is_within(&options.zone) {
        return Err(Hinted::new(
            format!("`{}` is not inside the zone `{}`", options.domain, options.zone),
            "give the zone that holds the domain, or leave --zone out",
        ));
    }
    let mut wanted = Wanted::default();
    for audience in &options.audience {
        wanted.add(*audience, options)?;
    }
    let warnings = wanted.warnings(options);
    Ok(Plan { set: wanted.records(options), warnings })
}

/// Which names to publish.
#[derive(Default)]
struct Wanted {
    labels: Vec<SrvLabel>,
    protocol_txt: bool,
    releases: Vec<Release>,
    guide: bool,
    all: bool,
}

impl Wanted {
    fn label(&mut self, label: SrvLabel) {
        if !self.labels.contains(&label) {
            self.labels.push(label);
            self.labels.sort();
        }
    }

    fn add(&mut self, audience: Audience, options: &RecordOptions) -> Result<(), Hinted> {
        let own = match options.protocol {
            Protocol::Https => SrvLabel::Https,
            Protocol::Http => SrvLabel::Http,
        };
        match audience {
            Audience::Guide => {
                self.guide = true;
                self.label(SrvLabel::Tcp);
                self.protocol_txt |= options.protocol == Protocol::Http;
            }
            Audience::All => {
                self.all = true;
                self.label(own);
                self.label(SrvLabel::Tcp);
                self.protocol_txt |= options.protocol == Protocol::Http;
            }
            Audience::Release(release) => {
                let generation = Generation::of(release);
                if generation.is_first_protocol() && !generation.reads_protocol && options.protocol == Protocol::Http {
                    return Err(Hinted::new(
                        format!("a server of release {release} always calls with https: no record makes it use http"),
                        "offer https, or name 1.2.0 and later",
                    ));
                }
                self.releases.push(release);
                self.label(if generation.is_first_protocol() { SrvLabel::Tcp } else { own });
                self.protocol_txt |= generation.reads_protocol && options.protocol == Protocol::Http;
            }
        }
        Ok(())
    }

    fn records(&self, options: &RecordOptions) -> RecordSet {
        let domain = &options.domain;
        let srv = |label: &SrvLabel| {
            let (reason, read_by) = srv_reason(*label, &self.labels);
            Record {
                owner: label.owner(domain),
                ttl: options.ttl,
                data: Data::Srv { priority: ONE, weight: ONE, port: options.port, target: options.target.clone() },
                reason,
                read_by,
            }
        };
        let txt = |label: &str, value: &str, reason, read_by| Record {
            owner: format!("{label}.{domain}"),
            ttl: options.ttl,
            data: Data::Txt(value.as_bytes().to_vec()),
            reason,
            read_by,
        };
        let mut records: Vec<Record> = self.labels.iter().map(srv).collect();
        records.push(txt(
            KEY_LABEL,
            &options.key,
            "the public key that peers encrypt to and verify with",
            "all releases",
        ));
        if self.protocol_txt {
            let protocol = options.protocol.to_string();
            records.push(txt(
                PROTOCOL_LABEL,
                &protocol,
                "makes servers of 1.2 and 1.3 call with http",
                "1.2.0 – 1.3.5",
            ));
        }
        RecordSet { domain: domain.clone(), zone: options.zone.clone(), records }
    }

    fn warnings(&self, options: &RecordOptions) -> Vec<String> {
        let mut warnings = Vec::new();
        let only_tcp = self.labels == [SrvLabel::Tcp];
        let fix =
            format!("`fedctl records {}` without --release prints a set that every release can use", options.domain);
        if only_tcp && (self.guide || self.all) {
            warnings.push(format!(
                "servers 2.0.0 – 3.3.3 do not query `_rocketchat._tcp` and will not find this domain; {fix}"
            ));
        }
        if only_tcp && options.protocol == Protocol::Http && (self.guide || self.all) {
            warnings.push(format!(
                "servers from 3.4.0 on call a `_rocketchat._tcp` record with https, whatever `{PROTOCOL_LABEL}` says; {fix}"
            ));
        }
        if options.protocol == Protocol::Https && options.port == 80 {
            warnings.push(if options.is_protocol_given {
                "port 80 with https: peers will open a TLS connection to port 80, where plain http usually listens"
                    .to_owned()
            } else {
                let how = if only_tcp { "every release but 1.2 and 1.3 with a protocol record" } else { "peers" };
                format!("port 80: {how} will call it with https; say --protocol http if plain http listens there")
            });
        }
        if options.protocol == Protocol::Http && options.port == 443 {
            warnings
                .push("port 443 with http: peers will speak plain http to port 443, where TLS usually listens".into());
        }
        if options.protocol == Protocol::Http && self.all {
            warnings.push("servers 1.0.0 – 1.1.5 always call with https and cannot use a plain http server".into());
        }
        for release in self.releases.iter().filter(|release| !Generation::of(**release).sends) {
            warnings.push(match Life::of(*release) {
                Life::Closed => format!(
                    "a server of release {release} refuses every request unless {} is set in its environment, and cannot send",
                    life::GATE_VARIABLE
                ),
                _ => format!(
                    "a server of release {release} can receive but not send: its outgoing requests fail whatever is published"
                ),
            });
        }
        warnings
    }
}

fn srv_reason(label: SrvLabel, published: &[SrvLabel]) -> (&'static str, &'static str) {
    let alone = published == [label];
    match label {
        SrvLabel::Https => ("where peers of 2.0 and later call with https", "2.0.0 and later"),
        SrvLabel::Http => ("where peers of 2.0 and later call with plain http", "2.0.0 and later"),
        SrvLabel::Tcp if alone => ("where peers call; always with https from 3.4 on", "1.x, 3.4.0 and later"),
        SrvLabel::Tcp => ("where peers of 1.x call; later ones stop at the record above", "1.0.0 – 1.3.5"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn options(protocol: Protocol, port: u16, audience: Audience) -> RecordOptions {
        RecordOptions {
            domain: "mydomain.com".parse().unwrap(),
            zone: "mydomain.com".parse().unwrap(),
            target: "chat.mydomain.com".parse().unwrap(),
            port,
            protocol,
            is_protocol_given: true,
            key: "KEY".into(),
            ttl: DEFAULT_TTL,
            audience: vec![audience],
        }
    }

    fn owners(options: &RecordOptions) -> Vec<String> {
        let set = plan(options).unwrap().set;
        set.records.iter().map(|record| set.relative(&record.owner).to_owned()).collect()
    }

    #[test]
    fn the_guide_is_followed_exactly() {
        let plan = plan(&options(Protocol::Https, 80, Audience::Guide)).unwrap();
        let [srv, key] = plan.set.records.as_slice() else { panic!("{plan:?}") };
        assert_eq!(srv.owner, "_rocketchat._tcp.mydomain.com");
        let target = "chat.mydomain.com".parse().unwrap();
        assert_eq!((srv.ttl, &srv.data), (3600, &Data::Srv { priority: 1, weight: 1, port: 80, target }));
        assert_eq!(
            (key.owner.as_str(), &key.data),
            ("rocketchat-public-key.mydomain.com", &Data::Txt(b"KEY".to_vec()))
        );
        assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
        let http = owners(&options(Protocol::Http, 80, Audience::Guide));
        assert_eq!(http, ["_rocketchat._tcp", "rocketchat-public-key", "rocketchat-protocol"]);
    }

    #[test]
    fn the_default_contains_the_guide() {
        let all = owners(&options(Protocol::Https, 443, Audience::All));
        assert_eq!(all, ["_rocketchat._https", "_rocketchat._tcp", "rocketchat-public-key"]);
        let http = owners(&options(Protocol::Http, 80, Audience::All));
        assert_eq!(http, ["_rocketchat._http", "_rocketchat._tcp", "rocketchat-public-key", "rocketchat-protocol"]);
    }

    #[test]
    fn a_release_gets_what_it_reads() {
        for (release, owner) in
            [("1.1.0", "_rocketchat._tcp"), ("2.4.0", "_rocketchat._https"), ("3.18.3", "_rocketchat._https")]
        {
            let audience = Audience::Release(release.parse().unwrap());
            assert_eq!(owners(&options(Protocol::Https, 443, audience)), [owner, "rocketchat-public-key"], "{release}");
        }
        let http = Audience::Release("1.0.0".parse().unwrap());
        assert!(plan(&options(Protocol::Http, 80, http)).unwrap_err().to_string().contains("always calls with https"));
        let six = Audience::Release("6.4.1".parse().unwrap());
        assert!(plan(&options(Protocol::Https, 443, six)).unwrap().warnings[0].contains("not send"));
    }

    #[test]
    fn names_are_relative_to_the_zone() {
        let mut below = options(Protocol::Https, 443, Audience::All);
        below.domain = "team.mydomain.com".parse().unwrap();
        assert_eq!(owners(&below)[0], "_rocketchat._https.team");
        below.zone = "other.com".parse().unwrap();
        assert!(plan(&below).is_err());
    }
}
