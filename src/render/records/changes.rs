//! What must change, for people, and as nsupdate scripts that do it and undo it.

use std::net::SocketAddr;

use super::human::size;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{CharacterString, RData, Rr};
use crate::render::fill::hang;
use crate::rocketchat::change::Change;
use crate::rocketchat::records::{Data, STRING_MAX};

/// A line a set: fine, missing or wrong, with what is there and what should be.
pub fn table(domain: &Domain, changes: &[Change], in_the_way: &[String]) -> String {
    let needed = changes.iter().filter(|change| change.is_needed()).count();
    let mut out = format!("{domain}: {needed} of {} record sets differ from what DNS answers\n\n", changes.len());
    for change in changes {
        let status = match (change.is_needed(), change.before.is_empty()) {
            (false, _) => "ok",
            (true, true) => "missing",
            (true, false) => "wrong",
        };
        out += &format!("  {status:<7}  {:<4}  {}\n", change.question.kind.to_string(), change.question.name);
        if change.is_needed() {
            let mut row = |label: &str, rr: &Rr| out += &format!("           {label:<4}  {}\n", description(&rr.data));
            change.before.iter().for_each(|rr| row("has", rr));
            change.after.iter().for_each(|rr| row("want", rr));
        }
    }
    for line in in_the_way {
        out += &hang(&format!("  remove   {line}"), 80, 11);
    }
    out
}

/// Data in a few words.
fn description(data: &RData) -> String {
    match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}."),
        other => match other.joined() {
            Some(value) if value.len() <= 20 => format!("{:?}", CharacterString(value)),
            Some(value) => size(&Data::Txt(value)),
            None => "another type".into(),
        },
    }
}

/// The changes as a script for nsupdate, with their prerequisites.
pub fn script(server: SocketAddr, zone: &Host, changes: &[Change]) -> String {
    let mut out = format!("server {} {}\nzone {}\n", server.ip(), server.port(), zone.absolute());
    for change in changes {
        let (owner, kind) = (&change.question.name, change.question.kind);
        out += &format!("prereq nxrrset {owner}. CNAME\n");
        if change.before.is_empty() {
            out += &format!("prereq nxrrset {owner}. {kind}\n");
        }
        for rr in &change.before {
            out += &format!("prereq yxrrset {owner}. {kind} {}\n", data(&rr.data));
        }
        out += &format!("update delete {owner}. {kind}\n");
        for rr in &change.after {
            out += &format!("update add {owner}. {} {kind} {}\n", rr.ttl, data(&rr.data));
        }
    }
    out + "send\n"
}

/// The script that puts back what was there, unless somebody else has changed it meanwhile.
pub fn undo(server: SocketAddr, zone: &Host, changes: &[Change]) -> String {
    let back = |change: &Change| Change {
        question: change.question.clone(),
        before: change.after.clone(),
        after: change.before.clone(),
    };
    script(server, zone, &changes.iter().map(back).collect::<Vec<_>>())
}

fn data(data: &RData) -> String {
    match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}."),
        RData::Txt(strings) => strings
            .iter()
            .flat_map(|string| if string.0.is_empty() { vec![&[][..]] } else { string.0.chunks(STRING_MAX).collect() })
            .map(|string| format!("{:?}", CharacterString(string.to_vec())))
            .collect::<Vec<_>>()
            .join(" "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{Query, RecordType};

    fn change() -> Change {
        let rr = |text: &str, ttl| Rr {
            name: "rocketchat-public-key.mydomain.com".into(),
            ttl,
            data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]),
        };
        let question = Query::new("rocketchat-public-key.mydomain.com", RecordType::Txt);
        Change { question, before: vec![rr("old", 60), rr("stray", 60)], after: vec![rr("new", 3600)] }
    }

    #[test]
    fn a_script_changes_only_what_was_seen_and_undo_brings_it_back() {
        let (server, zone) = ("192.0.2.1:53".parse().unwrap(), "mydomain.com".parse().unwrap());
        insta::assert_snapshot!(script(server, &zone, &[change()]), @r#"
        server 192.0.2.1 53
        zone mydomain.com.
        prereq nxrrset rocketchat-public-key.mydomain.com. CNAME
        prereq yxrrset rocketchat-public-key.mydomain.com. TXT "old"
        prereq yxrrset rocketchat-public-key.mydomain.com. TXT "stray"
        update delete rocketchat-public-key.mydomain.com. TXT
        update add rocketchat-public-key.mydomain.com. 3600 TXT "new"
        send
        "#);
        let undo = undo(server, &zone, &[change()]);
        assert!(undo.contains("prereq yxrrset rocketchat-public-key.mydomain.com. TXT \"new\"\n"), "{undo}");
        assert!(undo.contains("update add rocketchat-public-key.mydomain.com. 60 TXT \"stray\"\n"), "{undo}");
    }

    #[test]
    fn the_table_says_what_is_there_and_what_should_be() {
        let way = ["`_rocketchat._https.mydomain.com` is published too".to_owned()];
        insta::assert_snapshot!(table(&"mydomain.com".parse().unwrap(), &[change()], &way), @r#"
        mydomain.com: 1 of 1 record sets differ from what DNS answers

          wrong    TXT   rocketchat-public-key.mydomain.com
                   has   "old"
                   has   "stray"
                   want  "new"
          remove   `_rocketchat._https.mydomain.com` is published too
        "#);
    }
}
