//! What stays at the peer after a drill, and how its admin removes it.

use serde::Serialize;

use super::drill::fetched;
use super::{Check, Judge, Needs};
use crate::facts::drill::{DrillFacts, Taken};
use crate::report::Verdict;
use crate::rocketchat::drill::cast::IMAGE_NAME;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-leftovers",
    title: "what stays at the peer",
    page: include_str!("../../docs/checks/drill-leftovers.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Drill(judge),
};

/// One thing that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    pub what: String,
    /// How the peer's admin removes it.
    pub remove: String,
}

fn judge(facts: &DrillFacts) -> Vec<Verdict> {
    let left = leftovers(facts);
    match left.is_empty() {
        true => Verdict::pass("nothing stays at the peer"),
        false => Verdict::pass(left.iter().map(|left| left.what.as_str()).collect::<Vec<_>>().join("; ")),
    }
}

/// Everything that stays.
pub fn leftovers(facts: &DrillFacts) -> Vec<Leftover> {
    let mut left = Vec::new();
    let mut add = |what: String, remove: String| left.push(Leftover { what, remove });
    let (user, domain, guest, is_first) = (&facts.user, &facts.domain, &facts.username, facts.is_first_protocol());
    if facts.guest.is_some() && !is_first {
        add(
            format!("the members `federation` and `isRemote` in the document of {guest}"),
            "nothing to do: the peer writes them into every user that another server looks up".into(),
        );
    }
    let may_stay = |step: Step| facts.sent(step).is_some_and(|(request, _)| !is_refused(request.taken()));
    if !may_stay(Step::DirectRoom) && !may_stay(Step::PrivateRoom) && !may_stay(Step::BroadcastRoom) {
        return left;
    }
    let deleted = facts
        .sent(Step::DeleteRoom)
        .is_some_and(|(request, _)| matches!(request.taken(), Taken::Applied | Taken::Accepted));
    if !deleted {
        let ids: Vec<&str> = if is_first { old_rooms(facts) } else { facts.room.as_deref().into_iter().collect() };
        let rooms = if ids.len() == 1 { "the room" } else { "the rooms" };
        add(format!("{rooms} {}", ids.join(", ")), format!("Administration > Rooms > the rooms with {user} > Delete"));
    }
    let when = if deleted { "" } else { ", after the rooms" };
    add(format!("the user {user}"), format!("Administration > Users > {user} > Delete{when}"));
    if is_first {
        add(
            format!("a ping of {domain} every few seconds, while nothing answers there"),
            "ends when the user is removed and the server is restarted".into(),
        );
    } else {
        add(
            format!("an entry for {domain} in the list of federated servers"),
            "nothing to do: it is removed with the user".into(),
        );
    }
    if facts.sent(Step::File).is_some_and(|(request, _)| fetched(facts, request.at).is_some()) {
        let member = if is_first { "federation.peer" } else { "federation.origin" };
        add(
            format!("1 uploaded file, {IMAGE_NAME}"),
            format!(
                "no screen lists it: in the database, the document of rocketchat_uploads whose {member} is {domain}"
            ),
        );
    }
    if facts.sent(Step::Message).is_some() {
        add(format!("a mail or push notification to {guest}"), "cannot be taken back".into());
    }
    left
}

fn is_refused(taken: Taken) -> bool {
    matches!(taken, Taken::Rejected(text) if text.contains("decrypt"))
}

/// The identifiers of the rooms that a 1.x drill has made.
fn old_rooms(facts: &DrillFacts) -> Vec<&str> {
    let rooms =
        [Step::DirectRoom, Step::PrivateRoom, Step::BroadcastRoom].into_iter().filter_map(|step| facts.sent(step));
    rooms.filter_map(|(_, part)| part.sent.first()?.pointer("/event/payload/room/_id")?.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::drill_sample::sample;

    #[test]
    fn what_was_made_is_listed_and_nothing_else() {
        let mut facts = sample("6.2.0");
        let what =
            |facts: &DrillFacts| leftovers(facts).into_iter().map(|left| left.what).collect::<Vec<_>>().join("\n");
        let all = what(&facts);
        assert!(all.contains("the user fedctl@drill.example") && !all.contains("the room"), "{all}");
        facts.requests.retain(|request| request.parts.iter().all(|part| part.step != Step::DeleteRoom));
        assert!(what(&facts).contains("the room "), "it was not deleted");
        facts.requests.clear();
        assert_eq!(leftovers(&facts).len(), 1, "the look-up alone");
        facts.guest = None;
        assert_eq!(judge(&facts), Verdict::pass("nothing stays at the peer"));
    }
}
