//! `fedctl mesh`

use std::path::PathBuf;

use clap::Args;
use futures_util::stream::{self, StreamExt};

use super::answer::put_file;
use super::domain_list::{DomainList, Listed};
use super::list::QPS;
use super::network::{NetworkArgs, now};
use super::{Context, status};
use crate::check::details;
use crate::check::mesh::judge_mesh;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::error::{ExitStatus, hinted};
use crate::facts::mesh::Member;
use crate::facts::peer::{PeerFacts, ProbeOptions};
use crate::file::read::shown;
use crate::net::Net;
use crate::net::peer::{Target, observe};
use crate::render::mesh::{MeshFormat, write};
use crate::report::Details;
use crate::rocketchat::boundary;
use crate::rocketchat::generation::Generation;
use crate::rocketchat::release::Release;

/// The newest release that can send to peers stands for a server that does not report its release.
const FALLBACK: Release = boundary::LAST_SENDER;
/// Members that are observed at once.
const JOBS: usize = 8;
/// A group is looked at pair by pair.
const MEMBERS_MAX: usize = 500;

/// Check every direction between several domains
///
/// Observes each domain once, as the releases of its peers do: discovery, connection, TLS and the federation routes. Then judges
/// every pair in both directions: whether the sender's release finds and reaches the recipient, and whether the recipient can
/// decrypt what it gets. The release of a server is what it reports, or what the list gives for it. Exit 0 when every direction
/// works, 1 when one fails, 2 when none fails and one could not be checked.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl mesh alpha.example beta.example gamma.example\n  fedctl mesh --list peers.txt --format html --output mesh.html\n  fedctl mesh --list peers.txt --format dot | dot -Tsvg > mesh.svg"
)]
pub struct Mesh {
    /// The federation domains of the group
    #[arg(value_name = "DOMAIN")]
    domains: Vec<Domain>,
    /// Read domains from this file, or from standard input for `-`: one on each line, with the release behind it where it is known, as in `alpha.example 3.18.7`
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How to print the mesh: human, json, html or dot
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: MeshFormat,
    /// Write the mesh to this file and not to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Mesh {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let group = self.group()?;
        let progress = cx.term.progress(format!("observing {}", counted(group.len(), "domain")));
        let members = cx.block_on(self.observe(cx, &group))?;
        progress.end();
        let mut mesh = judge_mesh(&members, FALLBACK);
        mesh.suppress(&cx.suppress);
        let text = write(self.format, &mesh, &cx.details(|| observed(&members)), cx.style())?;
        match &self.output {
            Some(path) => put_file(path, &text)?,
            None if self.format == MeshFormat::Human => cx.term.answer_with_verdict(&text)?,
            None => cx.term.answer(text)?,
        }
        let tally = mesh.tally();
        Ok(if tally.fails == 0 && tally.unknown > 0 { ExitStatus::Failed } else { status(tally.fails == 0) })
    }

    /// The members, each once.
    fn group(&self) -> anyhow::Result<Vec<Listed>> {
        let mut group: Vec<Listed> = Vec::new();
        let given = self.domains.iter().cloned().map(Listed::from);
        let list = self.list.as_deref().map(DomainList::read).transpose()?.unwrap_or_default();
        if let (Some(path), Some(bad)) = (&self.list, list.rejected.first()) {
            return Err(hinted(format!("{} of {}: {}", bad.at, shown(path), bad.why), bad.why.hint.clone()));
        }
        for listed in given.chain(list.listed) {
            if !group.iter().any(|known| known.domain == listed.domain) {
                group.push(listed);
            }
        }
        match group.len() {
            0 | 1 => Err(hinted("a mesh needs two domains or more", "fedctl mesh alpha.example beta.example")),
            many if many > MEMBERS_MAX => Err(hinted(
                format!("a mesh of {many} domains is larger than {MEMBERS_MAX}"),
                "check a part of the list",
            )),
            _ => Ok(group),
        }
    }

    async fn observe(&self, cx: &Context, group: &[Listed]) -> anyhow::Result<Vec<Member>> {
        let net = self.network.net(cx, self.ca_file.as_deref())?.for_list(QPS);
        let first: Vec<Target> = group.iter().map(|listed| target(&net, &listed.domain, None)).collect();
        let facts: Vec<PeerFacts> =
            stream::iter(&first).map(|target| observe(target, |_| {})).buffered(JOBS).collect().await;
        let members: Vec<Member> = group
            .iter()
            .zip(facts)
            .map(|(listed, facts)| Member { domain: listed.domain.clone(), given: listed.release, views: vec![facts] })
            .collect();
        let (net, senders) = (&net, &senders(&members));
        let with_views = |mut member: Member| async move {
            for release in senders {
                add_view(net, &mut member, *release).await;
            }
            member
        };
        Ok(stream::iter(members).map(with_views).buffered(JOBS).collect().await)
    }
}

/// The newest release of each generation that sends in the group: what it finds, all of its generation find.
fn senders(members: &[Member]) -> Vec<Release> {
    let sender = |release: Release| if Generation::of(release).sends { release } else { FALLBACK };
    let mut releases: Vec<Release> =
        members.iter().map(|member| sender(member.release().unwrap_or(FALLBACK))).collect();
    releases.sort_unstable_by_key(|release| std::cmp::Reverse(*release));
    releases.dedup_by_key(|release| Generation::of(*release).id);
    releases
}

/// How each member was found and reached, by the discovery of each release of the group.
fn observed(members: &[Member]) -> Details {
    let mut all = Details::default();
    members.iter().flat_map(|member| &member.views).for_each(|facts| all.add(details::peer(facts)));
    all
}

/// A generation that ends up at a URL which was observed already finds what was observed there.
async fn add_view(net: &Net, member: &mut Member, release: Release) {
    let generation = Generation::of(release);
    let Some(known) = member.views.first().filter(|_| member.view(generation).is_none()) else { return };
    let url = known.records.discovery(generation).url;
    let same = member.views.iter().find(|facts| facts.base.as_ref().map(ToString::to_string) == url);
    let mut facts = match same {
        Some(facts) => facts.clone(),
        None => observe(&target(net, &member.domain, Some(release)), |_| {}).await,
    };
    facts.view = release;
    facts.options.release = Some(release);
    member.views.push(facts);
}

fn target(net: &Net, peer: &Domain, release: Option<Release>) -> Target {
    Target {
        net: net.clone(),
        peer: peer.clone(),
        options: ProbeOptions { release, ..ProbeOptions::default() },
        identity: None,
        time: now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::peer::PeerFacts;

    #[test]
    fn each_generation_is_represented_by_a_release_that_a_member_runs() {
        let member = |given: Option<Release>| Member {
            domain: "a.example".parse().unwrap(),
            given,
            views: Vec::<PeerFacts>::new(),
        };
        let releases =
            [Some(boundary::LAST_OF_1), Some(Release(3, 0, 3)), Some(Release(3, 0, 1)), Some(boundary::CANNOT_SEND)];
        let members: Vec<Member> = releases.into_iter().map(member).collect();
        assert_eq!(senders(&members), [FALLBACK, Release(3, 0, 3), boundary::LAST_OF_1]);
        assert_eq!(senders(&[member(None)]), [FALLBACK]);
    }
}
