//! `fedctl serve dns`

use std::net::SocketAddr;
use std::path::Path;

use clap::Args;

use crate::commands::Context;
use crate::count::counted;
use crate::error::{ExitStatus, hinted};
use crate::file::read;
use crate::serve::dns::{Config, Fault, Zone, start};
use crate::term::signals::Stop;

/// Run a test name server, with faults on request
///
/// Serves zone files over UDP and TCP until Ctrl-C. A fragment without SOA and NS, as `fedctl records --format zone` prints it,
/// is completed. The first line of output is the address that it listens on.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl serve dns --zone mydomain.test=zone.txt\n  fedctl serve dns --zone zone.txt --listen 127.0.0.1:5353 --fault servfail"
)]
pub struct ServeDns {
    /// Zone file; `ORIGIN=FILE` when the file does not name its zone; may be repeated
    #[arg(long = "zone", value_name = "[ORIGIN=]FILE", required = true)]
    zones: Vec<String>,
    /// Where to listen, UDP and TCP; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Answer with faults: nxdomain, servfail, refused, silence, truncate, stale, garbage or delay=50ms, each with @NAME for one name
    #[arg(long = "fault", value_name = "FAULT[@NAME]")]
    faults: Vec<Fault>,
}

impl ServeDns {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let zones = self.zones.iter().map(|zone| self.zone(zone)).collect::<anyhow::Result<Vec<Zone>>>()?;
        let config = Config { listen: self.listen, zones, faults: self.faults.clone() };
        cx.block_on(async {
            let mut stop = Stop::catch()?;
            let running = start(config).await.map_err(|error| {
                hinted(format!("cannot listen on {}: {error}", self.listen), "choose a free port, or port 0")
            })?;
            cx.term.answer(format!("{}\n", running.addr))?;
            cx.term.status(format_args!(
                "serving {} on {}, UDP and TCP; Ctrl-C stops",
                self.zones.join(", "),
                running.addr
            ));
            stop.requested().await;
            cx.term.status(format_args!("stopped after {}", counted(running.asked(), "query")));
            Ok(ExitStatus::Clean)
        })
    }

    fn zone(&self, text: &str) -> anyhow::Result<Zone> {
        let (origin, path) = match text.split_once('=') {
            Some((origin, path)) => (Some(origin), path),
            None => (None, text),
        };
        let zone = read::text(Path::new(path), &read::ZONE)?;
        Zone::parse(&zone, origin, self.listen.ip()).map_err(|why| {
            hinted(format!("`{path}` is not a zone: {why}"), "a line is OWNER TTL IN TYPE DATA, names end with a dot")
        })
    }
}
