//! The options for what the records should be, over the settings.

use std::path::PathBuf;

use clap::Args;

use crate::commands::Context;
use crate::commands::key_file::{PassphraseArgs, read_public};
use crate::dns::name::{Domain, Host};
use crate::error::{Hinted, hinted};
use crate::key::PublicKey;
use crate::key::diagnosis;
use crate::range::Counts;
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::life::with_classic;
use crate::rocketchat::records::{self, Audience, DEFAULT_TTL, Plan, RecordOptions};
use crate::settings;

/// Seconds that a TTL can have (RFC 2181 section 8).
const TTL: Counts = Counts::new(0, 0x7fff_ffff);

/// What the records should be; everything but --ttl may be in fedctl.yaml.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Federation domain [default: the one in fedctl.yaml]; it is the Domain of the server's settings, the part after the `@` of
    /// its users
    #[arg(value_name = "DOMAIN")]
    pub domain: Option<Domain>,
    /// The host that runs the server
    #[arg(long, value_name = "HOST")]
    target: Option<Host>,
    /// The port that peers call; by default 443, with --protocol http or --release guide 80
    ///
    /// From 1 to 65535.
    #[arg(long, value_name = "PORT", value_parser = settings::port)]
    port: Option<u16>,
    /// How peers call: https or http
    #[arg(long, value_enum, value_name = "PROTOCOL", hide_possible_values = true)]
    protocol: Option<Protocol>,
    /// Key file, private or public; only the public key is ever printed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Records for a release such as 3.18.3, all or guide; guide prints exactly the records of the admin guide; may be repeated
    #[arg(long = "release", alias = "for", value_name = "RELEASE")]
    audience: Vec<Audience>,
    /// How long resolvers may keep the records, in seconds
    ///
    /// From 0 to 2147483647.
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_TTL, value_parser = |text: &str| TTL.read::<u32>(text))]
    ttl: u32,
    /// The zone that holds the records; by default the registrable domain
    #[arg(long, value_name = "ZONE")]
    zone: Option<Host>,
}

impl RecordArgs {
    /// What fedctl.yaml says.
    pub fn of_settings(passphrase: PassphraseArgs) -> Self {
        Self {
            domain: None,
            target: None,
            port: None,
            protocol: None,
            key: None,
            passphrase,
            audience: Vec::new(),
            ttl: DEFAULT_TTL,
            zone: None,
        }
    }

    /// The records for these arguments, over the configuration; `found` is the zone that DNS has named.
    pub fn plan(&self, cx: &Context, found: Option<&Host>) -> anyhow::Result<Plan> {
        Ok(records::plan(&self.options(cx, found)?)?)
    }

    /// The zone of `--zone`.
    pub fn zone(&self) -> Option<&Host> {
        self.zone.as_ref()
    }

    /// The federation domain.
    pub fn domain(&self, cx: &Context) -> anyhow::Result<Domain> {
        match &self.domain {
            Some(domain) => Ok(domain.clone()),
            None => cx.settings.domain.clone().ok_or_else(|| {
                let hint = "fedctl records mydomain.com --target chat.mydomain.com --key federation.pub";
                hinted("no domain is given", hint)
            }),
        }
    }

    fn options(&self, cx: &Context, found: Option<&Host>) -> anyhow::Result<RecordOptions> {
        let settings = &cx.settings;
        let domain = self.domain(cx)?;
        let hint = format!("fedctl records {domain} --target chat.{domain} --key federation.pub");
        let target = match &self.target {
            Some(target) => target.clone(),
            None => settings
                .target
                .clone()
                .ok_or_else(|| hinted("no target is given: which host runs the server?", hint.clone()))?,
        };
        let given = self.protocol.or(settings.protocol);
        let protocol = given.unwrap_or_default();
        let audience = self.audience(cx);
        // The example of the guide has port 80.
        let as_guide = audience == [Audience::Guide] && given.is_none();
        let default_port = if protocol == Protocol::Http || as_guide { 80 } else { 443 };
        let path = self.key.clone().or_else(|| settings.key.clone());
        let path = path.ok_or_else(|| hinted("no key file is given", format!("{hint}; `fedctl keygen` makes one")))?;
        let key = publishable(read_public(&path, &self.passphrase, &cx.term)?, &path.display().to_string())?;
        Ok(RecordOptions {
            zone: self.zone.as_ref().or(found).cloned().map_or_else(|| zone_of(&domain), Ok)?,
            port: self.port.or(settings.port).unwrap_or(default_port),
            protocol,
            is_protocol_given: given.is_some(),
            key,
            ttl: self.ttl,
            audience,
            domain,
            target,
        })
    }

    fn audience(&self, cx: &Context) -> Vec<Audience> {
        if !self.audience.is_empty() {
            return self.audience.clone();
        }
        let releases: Vec<Audience> = with_classic(&cx.settings.releases).into_iter().map(Audience::Release).collect();
        if releases.is_empty() { vec![Audience::All] } else { releases }
    }
}

/// The one-line text of a key that servers can use.
pub fn publishable(key: PublicKey, file: &str) -> anyhow::Result<String> {
    let line = key.one_line();
    let hint = "`fedctl keygen` makes a key that every server can use";
    if key.bits() < records::KEY_BITS_MIN {
        let what = format!("the key in `{file}` has {} bits: RSA below 2048 bits can be broken", key.bits());
        return Err(hinted(what, hint));
    }
    match diagnosis::examine(line.as_bytes()).defects.first() {
        Some(defect) => {
            Err(hinted(format!("`{file}` contains a key that must not be published: {}", defect.what), hint))
        }
        None => Ok(line),
    }
}

/// The registrable domain that the domain belongs to, which is where most zones are cut; else the domain itself.
pub fn zone_of(domain: &Domain) -> Result<Host, Hinted> {
    psl::domain_str(domain.as_str()).unwrap_or(domain.as_str()).parse()
}
