//! A drill with a server of each span of releases, compared with what `fedctl compatibility` says of the same two releases.

use super::scenarios::{DRILL, HEALTHY};
use super::site::{self, DRILLED, Site};
use super::world::{ANY, World};
use crate::check::judge_steps;
use crate::commands::drill::{Conversation, Listener};
use crate::commands::serve::peer::PeerOptions;
use crate::error::hinted;
use crate::facts::drill::{DrillFacts, DrillOptions};
use crate::net::Net;
use crate::render::lab::{Difference, Drilled};
use crate::report::Verdict;
use crate::rocketchat::boundary;
use crate::rocketchat::compatibility::{Direction, spans};
use crate::rocketchat::release::Release;
use crate::x509::trust::Roots;

/// One release of each span in which something works differently. The first of 1.x cannot be configured to call over plain HTTP, as
/// the drill listens in the lab, so the last one stands for it.
pub fn releases() -> Vec<Release> {
    let is_first_protocol = |release: &Release| *release < boundary::SECOND_PROTOCOL;
    let later = spans().into_iter().filter(|release| !is_first_protocol(release));
    [boundary::LAST_OF_1].into_iter().chain(later).collect()
}

impl World {
    /// Starts a server of this release at the place of a healthy one, and drills with it.
    pub async fn drill(&self, release: Release) -> anyhow::Result<Drilled> {
        let host = format!("chat.{HEALTHY}");
        let asked = PeerOptions { net: self.net.clone(), identity: (HEALTHY.parse()?, self.own.clone()) };
        let tls = site::certificate(&host, Site::Peer("", &[]))?;
        let server = site::open_peer(release, &[], tls, &asked, ANY).await?;
        let mut connect_to = self.net.connect_to.clone();
        for to in connect_to.iter_mut().filter(|to| to.host == host) {
            to.to = server.addr;
        }
        let roots = Roots::new(server.authority.as_deref().map(str::as_bytes))?;
        let conversation = Conversation {
            net: Net { connect_to, roots, ..self.net.clone() },
            peer: HEALTHY.parse()?,
            user: DRILLED.to_owned(),
            own: (DRILL.parse()?, self.neighbour.clone()),
            options: DrillOptions { release: None, only: Vec::new(), keep_room: false },
            listener: Listener::default(),
            accept_leftovers: true,
        };
        let facts = conversation.hold(&|_| {}).await?;
        if facts.stopped.is_some() {
            return Err(hinted("the lab was stopped in the middle of a drill", "fedctl lab --drill"));
        }
        Ok(compare(&facts, release))
    }
}

/// Each step that shows a promise, beside what the table says of it.
fn compare(facts: &DrillFacts, to: Release) -> Drilled {
    let from = if facts.is_first_protocol() { boundary::LAST_OF_1 } else { boundary::LAST_SENDER };
    let (mut steps, mut passed, mut differences) = (0, 0, Vec::new());
    for (step, line) in judge_steps(facts) {
        let Some(promise) = step.promise() else { continue };
        let passes = matches!(line.verdict, Verdict::Pass { .. });
        steps += 1;
        passed += usize::from(passes);
        if passes != Direction::of(promise, from, to).works() {
            differences.push(Difference { step: step.name(), passes });
        }
    }
    Drilled { from, to, steps, passed, differences }
}
