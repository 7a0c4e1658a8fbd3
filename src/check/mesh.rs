//! Judges every direction between the members of a group: would the sender's release find, reach and open the recipient?

use super::{dns_zone, judge_peer, key_record, peer_connect, peer_federation, peer_release};
use crate::facts::mesh::Member;
use crate::facts::peer::PeerFacts;
use crate::report::mesh::{Direction, Mesh, Node, Obstacle, State};
use crate::report::with_line;
use crate::report::{Line, Verdict};
use crate::rocketchat::boundary;
use crate::rocketchat::generation::Generation;
use crate::rocketchat::release::Release;
use crate::severity::Severity;

/// What no observer outside of the servers can know.
pub const LIMITS: &[&str] = &[
    "whether each server holds the private key that belongs to its published key: `fedctl handshake` and `fedctl drill` show it",
    "whether a server's own network reaches the other: firewalls for outgoing connections, its own resolver",
    "what a server has cached: releases from 3.4 on keep answers for an hour",
];

/// Judges all directions; `fallback` is the release that stands for members whose release is not known.
pub fn judge_mesh(members: &[Member], fallback: Release) -> Mesh {
    let node = |member: &Member| Node {
        domain: member.domain.clone(),
        release: member.release(),
        given: member.given.is_some() && member.reported().is_none(),
    };
    let pairs = members.iter().flat_map(|from| members.iter().map(move |to| (from, to)));
    let directions = pairs.filter(|(from, to)| from.domain != to.domain).map(|(from, to)| Direction {
        from: from.domain.clone(),
        to: to.domain.clone(),
        state: judge(from, to, fallback),
    });
    Mesh { members: members.iter().map(node).collect(), directions: directions.collect() }
}

fn judge(from: &Member, to: &Member, fallback: Release) -> State {
    let generation = Generation::of(from.release().unwrap_or(fallback));
    // What a release that cannot send would meet on its way is judged by the newest one that can.
    let way = if generation.sends { generation } else { Generation::of(fallback) };
    let Some(facts) = to.view(way) else {
        return State::Unknown(vec![obstacle(to, "", "it was not observed".into(), "Run fedctl mesh again.")]);
    };
    if !is_answered(facts) {
        let what = format!("no resolver answered for {}", to.domain);
        let fix = with_line("Find out why:", &format!("fedctl dns-check {}", to.domain));
        return State::Unknown(vec![obstacle(to, dns_zone::CHECK.id, what, &fix)]);
    }
    let mut found = Vec::new();
    found.extend(cannot_send(from, generation));
    found.extend(other_protocol(facts, from, to));
    found.extend(peer_errors(facts, to));
    found.extend(sender_key(from, Generation::of(to.release().unwrap_or(fallback))));
    match facts.unreachable_from_here() {
        _ if !found.is_empty() => State::Fails(found),
        Some(why) => {
            let fix = "Run fedctl mesh on a machine that has such a route.";
            State::Unknown(vec![obstacle(to, peer_connect::CHECK.id, why, fix)])
        }
        None => State::Works,
    }
}

fn obstacle(owner: &Member, check: &str, what: String, fix: &str) -> Obstacle {
    Obstacle { owner: owner.domain.clone(), check: check.into(), what, fix: fix.into(), suppressed: None }
}

fn is_answered(facts: &PeerFacts) -> bool {
    facts.records.answers.iter().any(|(_, outcome)| outcome.is_answer())
}

fn cannot_send(from: &Member, generation: &Generation) -> Option<Obstacle> {
    let release = from.release()?;
    let (what, fix) = if !generation.sends {
        let fix = "Run a release up to 6.2 to federate in both directions; no record or setting changes this.";
        ("cannot send to any peer", fix)
    } else if (boundary::TCP_NAME..boundary::SENDS_AGAIN).contains(&release) {
        ("sends messages to its own domain only", "Upgrade to 3.6.3 or later, up to 6.2.")
    } else {
        return None;
    };
    Some(obstacle(from, peer_release::CHECK.id, format!("{} runs {release}, which {what}", from.domain), fix))
}

/// One of the two has to be upgraded in both directions: the one whose release is from before 2.0.
fn other_protocol(facts: &PeerFacts, from: &Member, to: &Member) -> Option<Obstacle> {
    if !peer_federation::has_other_protocol(facts) {
        return None;
    }
    let older = if facts.generation().is_first_protocol() { from } else { to };
    let release = older.release().map_or("a release of 1.x".to_owned(), |release| release.to_string());
    let what = format!(
        "{} runs {release} with the protocol of 1.x, which releases from {} on do not support",
        older.domain,
        boundary::SECOND_PROTOCOL
    );
    let fix = format!("Upgrade {} to 3.6.3 or later, up to 6.2, and let all invite each other again.", older.domain);
    Some(obstacle(older, peer_federation::CHECK.id, what, &fix))
}

/// What a sender of this generation meets on its way: discovery, connection, TLS, HTTP, the federation routes.
fn peer_errors(facts: &PeerFacts, to: &Member) -> Vec<Obstacle> {
    // What the recipient's release cannot send concerns the other direction; a protocol concerns both.
    let is_elsewhere = |line: &Line| {
        line.id == peer_release::CHECK.id
            || line.id == peer_federation::CHECK.id && peer_federation::has_other_protocol(facts)
    };
    let error = |line: Line| match &line.verdict {
        Verdict::Problem(problem) if problem.severity == Severity::Error && !is_elsewhere(&line) => {
            Some(obstacle(to, line.id, format!("{}: {}", to.domain, problem.what), &problem.fix))
        }
        _ => None,
    };
    judge_peer(facts).into_iter().filter_map(error).collect()
}

/// The recipient opens the origin layer with the key that the sender publishes, as the recipient's generation finds it.
fn sender_key(from: &Member, generation: &Generation) -> Option<Obstacle> {
    let facts = from.view(generation).or(from.views.first())?;
    if !is_answered(facts) {
        return None;
    }
    let why = facts.records.discovery(generation).error?;
    // The same for each recipient of the generation: one sentence.
    let what = format!(
        "the published key of {} cannot be read by releases {}, which reject every message from it: {why}",
        from.domain, generation.releases
    );
    Some(obstacle(
        from,
        key_record::CHECK.id,
        what,
        &with_line("Find out what is wrong:", &format!("fedctl dns-check {}", from.domain)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::sample;
    use crate::rocketchat::boundary;

    #[test]
    fn a_release_that_cannot_send_is_the_senders_to_fix_and_no_obstacle_back() {
        let member = |name: &str, given: Release| Member {
            domain: name.parse().unwrap(),
            given: Some(given),
            views: vec![sample()],
        };
        let mesh = judge_mesh(
            &[member("a.example", boundary::CANNOT_SEND), member("b.example", boundary::LAST_SENDER)],
            boundary::LAST_SENDER,
        );
        let sends = |from: &str| {
            let direction = mesh.directions.iter().find(|direction| direction.from.as_str() == from).unwrap();
            direction.state.obstacles().iter().find(|obstacle| obstacle.check == peer_release::CHECK.id).cloned()
        };
        let obstacle = sends("a.example").unwrap();
        assert_eq!(obstacle.owner.as_str(), "a.example");
        assert!(obstacle.what.contains("cannot send to any peer") && obstacle.fix.contains("6.2"), "{obstacle:?}");
        assert_eq!(sends("b.example"), None);
    }
}
