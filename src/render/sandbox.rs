//! The page of a sandbox: its rooms, each event with its parents, where it was sent, and what was wrong. Everything that others
//! wrote is escaped.

use maud::{Markup, html};

use super::page::page;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::render::fill::harmless;
use crate::report::watch::moment;
use crate::rocketchat::events::timeline::{Delivery, Entry, Sent};
use crate::rocketchat::release::Release;

/// Seconds after which a browser loads the page again.
const REFRESH: u32 = 15;
/// Events of one room, and rooms, on the page; the newest ones.
const ENTRIES: usize = 200;
const ROOMS: usize = 50;
/// Characters of an identifier that are shown; the rest is in its title.
const SHORT: usize = 12;

/// What the page shows.
pub struct Sandbox<'a> {
    pub domain: &'a Domain,
    pub release: Release,
    pub users: &'a [String],
    /// Those with the newest events first.
    pub rooms: Vec<Room>,
    pub refused: Vec<Refused>,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// A room, and its events in their order.
pub struct Room {
    pub id: String,
    /// `None` when the room was deleted, or never arrived.
    pub name: Option<String>,
    pub entries: Vec<Entry>,
}

/// A message that was not read.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Milliseconds since 1970.
    pub time: i64,
    pub sender: String,
    pub why: String,
}

impl Room {
    /// The events by room, the room with the newest event first.
    pub fn of(entries: Vec<Entry>, name: impl Fn(&str) -> Option<String>) -> Vec<Self> {
        let mut rooms: Vec<Self> = Vec::new();
        for entry in entries {
            let at = rooms.iter().position(|room| room.id == entry.room);
            let mut room = match at {
                Some(at) => rooms.remove(at),
                None => Self { id: entry.room.clone(), name: name(&entry.room), entries: Vec::new() },
            };
            room.entries.push(entry);
            rooms.push(room);
        }
        rooms.reverse();
        rooms
    }
}

/// The whole page.
pub fn html(sandbox: &Sandbox) -> String {
    let entries = || sandbox.rooms.iter().flat_map(|room| &room.entries);
    let (events, problems) = (entries().count(), entries().filter(|entry| is_wrong(entry)).count());
    let class = if problems > 0 || !sandbox.refused.is_empty() { "warning" } else { "ok" };
    let title = format!("Sandbox {}", sandbox.domain);
    let counts = [
        counted(sandbox.rooms.len(), "room"),
        counted(events, "event"),
        format!("{problems} with problems"),
        counted(sandbox.refused.len(), "refused message"),
    ];
    let body = html! {
        h1 { (title) }
        p class=(format!("verdict {class}")) { (counts.join(", ")) }
        p {
            "Acts as a Rocket.Chat " (sandbox.release) " server. Users: "
            @for (at, user) in sandbox.users.iter().enumerate() {
                @if at > 0 { ", " } code { (harmless(user)) "@" (sandbox.domain) }
            }
            "."
        }
        @if sandbox.rooms.is_empty() {
            p class="soft" { "No room yet. Open a chat with " code { "echo@" (sandbox.domain) } " on another server." }
        }
        @for room in sandbox.rooms.iter().take(ROOMS) { (section(room)) }
        @if !sandbox.refused.is_empty() { (refused(&sandbox.refused)) }
        p class="soft" { "As of " (moment(sandbox.now / 1000)) ". The newest " (ENTRIES) " events of a room are shown." }
    };
    page(&title, REFRESH, &body)
}

fn is_wrong(entry: &Entry) -> bool {
    !entry.problems.is_empty() || entry.sent.iter().any(|sent| matches!(sent.delivery, Delivery::GivenUp(_)))
}

fn section(room: &Room) -> Markup {
    let hidden = room.entries.len().saturating_sub(ENTRIES);
    html! {
        section class="room" {
            h2 { (room.name.as_deref().map_or_else(|| "A room without a name".to_owned(), harmless)) }
            p class="soft" { "Room " code { (harmless(&room.id)) } }
            @if hidden > 0 { p class="soft" { (counted(hidden, "older event")) " not shown." } }
            @for entry in &room.entries[hidden..] { (event(entry)) }
        }
    }
}

fn event(entry: &Entry) -> Markup {
    html! {
        article id=(format!("event-{}", harmless(&entry.id))) {
            div class="head" {
                @if is_wrong(entry) { span class="tag failing" { "problem" } }
                @else if entry.sender.is_some() { span class="tag ok" { "received" } }
                @else { span class="tag unknown" { "sent" } }
                h3 { (harmless(&entry.who)) }
                span class="soft" { (moment(entry.time / 1000)) }
            }
            p { (harmless(&entry.what)) }
            @for problem in &entry.problems { p class="verdict failing" { (harmless(problem)) } }
            @for note in &entry.notes { p class="verdict notice" { (harmless(note)) } }
            dl {
                dt { "Event" } dd { code { (harmless(&entry.kind)) } " " (short(&entry.id)) }
                @if !entry.parents.is_empty() {
                    dt { "Parents" }
                    dd { @for parent in &entry.parents { a href=(format!("#event-{}", harmless(parent))) { (short(parent)) } " " } }
                }
                @if let Some(sender) = &entry.sender { dt { "From" } dd { (harmless(sender)) } }
                @if let Some(asked) = &entry.asked { dt { "Recovery" } dd { (harmless(asked)) " was sent a request \
                 for missing events" } }
                @if let Some(zone) = &entry.zone { dt { "Time zone" } dd { (harmless(zone)) } }
                @if !entry.sent.is_empty() { dt { "To" } dd { @for sent in &entry.sent { (delivery(sent)) } } }
            }
        }
    }
}

fn short(id: &str) -> Markup {
    let id = harmless(id);
    let text: String = id.chars().take(SHORT).collect();
    let rest = if text.len() < id.len() { "…" } else { "" };
    html! { code title=(id) { (text) (rest) } }
}

fn delivery(sent: &Sent) -> Markup {
    let delivery = match &sent.delivery {
        Delivery::Waiting => "waits".to_owned(),
        Delivery::Arrived => "arrived".to_owned(),
        Delivery::GivenUp(why) => format!("not delivered: {why}"),
    };
    html! { div { (harmless(&sent.to)) ": " (harmless(&delivery)) } }
}

fn refused(refused: &[Refused]) -> Markup {
    html! {
        h2 { "Refused messages" }
        div class="scroll" {
            table {
                thead { tr { @for head in ["Time", "Sender", "Reason"] { th scope="col" { (head) } } } }
                tbody {
                    @for it in refused.iter().rev() {
                        tr { td { (moment(it.time / 1000)) } td { (harmless(&it.sender)) } td { (harmless(&it.why)) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_wrote_never_becomes_markup() {
        let hostile = "\"><script>alert('x')</script>\u{1b}[2J&";
        let domain: Domain = "b.example".parse().unwrap();
        let event = json!({
            "_id": hostile, "origin": hostile, "context": {"roomId": hostile}, "parentIds": [hostile], "type": "room_message",
            "data": {"message": {"msg": hostile, "u": {"username": hostile}}},
        });
        let mut entry = Entry::of(&event, &domain, Some(&domain), 0);
        entry.problems = vec![hostile.into()];
        entry.notes = vec![hostile.into()];
        entry.zone = Some(hostile.into());
        entry.asked = Some(hostile.into());
        entry.sent = vec![Sent { to: hostile.into(), delivery: Delivery::GivenUp(hostile.into()) }];
        let refused = vec![Refused { time: 0, sender: hostile.into(), why: hostile.into() }];
        let sandbox = Sandbox {
            domain: &domain,
            release: Release(6, 2, 0),
            users: &[hostile.to_owned()],
            rooms: Room::of(vec![entry], |_| Some(hostile.to_owned())),
            refused,
            now: 0,
        };
        let html = html(&sandbox);
        assert!(!html.contains("<script") && !html.contains('\u{1b}') && html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn the_room_with_the_newest_event_comes_first() {
        let domain: Domain = "b.example".parse().unwrap();
        let entry = |room: &str, id: &str| {
            Entry::of(&json!({"_id": id, "context": {"roomId": room}, "type": "room_message"}), &domain, None, 0)
        };
        let entries =
            vec![entry("one", "1"), entry("two", "2"), entry("one", "3"), entry("three", "4"), entry("one", "5")];
        let rooms = Room::of(entries, |_| None);
        let ids: Vec<&str> = rooms.iter().map(|room| room.id.as_str()).collect();
        assert_eq!(ids, ["one", "three", "two"]);
        assert_eq!(rooms[0].entries.len(), 3);
    }
}
