//! One self-contained page: the diagram, the members with what they can reach, the obstacles. Nothing is loaded from anywhere; its
//! one script adds copy buttons to commands.

use maud::{Markup, html};

use super::diagram::diagram;
use super::verdict;
use crate::check::mesh::LIMITS;
use crate::count::counted;
use crate::page;
use crate::render::markup::{fix, prose};
use crate::report::mesh::{Direction, Mesh, Node, Obstacle, State, Tally};

const CSS: &str = concat!(include_str!("../../page.css"), include_str!("mesh.css"));
/// Members up to which every direction has a cell with its result in words; in a larger group every member has a line.
const FEW: usize = 8;

/// Every obstacle with the directions that it blocks.
type Obstacles<'a> = [(&'a Obstacle, Vec<&'a Direction>)];

pub fn write(mesh: &Mesh) -> String {
    let order = mesh.worst_first();
    let mut obstacles = mesh.obstacles();
    let owner = |obstacle: &Obstacle| order.iter().position(|at| mesh.members[*at].domain == obstacle.owner);
    obstacles.sort_by_cached_key(|(obstacle, _)| owner(obstacle));
    let tally = mesh.tally();
    let class = match (tally.fails, tally.unknown) {
        (0, 0) => "ok",
        (0, _) => "unknown",
        _ => "error",
    };
    let title = format!("Federation mesh of {}", counted(mesh.members.len(), "domain"));
    let body = html! {
        h1 { (title) }
        p class=(format!("verdict {class}")) { (verdict(mesh)[0].replacen("  ", ": ", 1)) }
        h2 { "Directions" }
        (diagram(mesh, &order))
        @if order.len() > FEW {
            h2 { "Members" }
            (members(mesh, &order, &obstacles))
        } @else {
            (pairs(mesh, &order, &obstacles))
        }
        @if !obstacles.is_empty() {
            h2 { "What to fix, and who does it" }
            (fixes(&obstacles))
        }
        h2 { "Not visible from outside" }
        ul { @for limit in LIMITS { li { (prose(limit)) } } }
        (page::copy_script())
    };
    page::frame(&title, CSS, &html! {}, &body)
}

/// The members that have something to fix, those with most broken directions first, and the names of the others.
fn members(mesh: &Mesh, order: &[usize], obstacles: &Obstacles) -> Markup {
    let fixes = |at: &usize| obstacles.iter().any(|(obstacle, _)| obstacle.owner == mesh.members[*at].domain);
    let (broken, others): (Vec<usize>, Vec<usize>) = order.iter().partition(|at| fixes(at));
    html! {
        @if !broken.is_empty() {
            table class="members" {
                thead { tr { @for head in ["Domain", "Release", "Sends to", "Receives from", "To fix"] { th scope="col" { (head) } } } }
                tbody { @for at in &broken { (member(mesh, *at, obstacles)) } }
            }
        }
        @if !others.is_empty() {
            p { "Nothing to fix, " (counted(others.len(), "member")) ":" }
            ul class="names" {
                @for at in others { li { (mesh.members[at].domain) " " span class="soft" { (release(&mesh.members[at])) } } }
            }
        }
    }
}

fn member(mesh: &Mesh, at: usize, obstacles: &Obstacles) -> Markup {
    let node = &mesh.members[at];
    let is_own = |(_, (obstacle, _)): &(usize, &(&Obstacle, Vec<&Direction>))| obstacle.owner == node.domain;
    let own: Vec<usize> = obstacles.iter().enumerate().filter(is_own).map(|(at, _)| at + 1).collect();
    html! {
        tr {
            th scope="row" { (node.domain) }
            td data-label="Release" { (release(node)) }
            td data-label="Sends to" { (share(mesh.sent(at))) }
            td data-label="Receives from" { (share(mesh.received(at))) }
            td data-label="To fix" { (range(&own)) }
        }
    }
}

fn share(tally: Tally) -> String {
    let count = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    let (unknown, suppressed) = (count(tally.unknown, "unknown"), count(tally.suppressed, "suppressed"));
    format!("{} of {}{unknown}{suppressed}", tally.works, tally.all())
}

/// The numbers of the obstacles of one member, which follow each other.
fn range(numbers: &[usize]) -> Markup {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return html! {} };
    html! { a href=(format!("#obstacle-{first}")) { (first) @if last > first { "–" (last) } } }
}

fn links(numbers: &[usize]) -> Markup {
    html! { @for number in numbers { a href=(format!("#obstacle-{number}")) { (number) } " " } }
}

fn pairs(mesh: &Mesh, order: &[usize], obstacles: &Obstacles) -> Markup {
    html! {
        div class="scroll" {
            table class="pairs" {
                thead { tr { th { "from \\ to" } @for to in order { th scope="col" { (mesh.members[*to].domain) } } } }
                tbody {
                    @for from in order {
                        tr {
                            th scope="row" { (mesh.members[*from].domain) " " span class="soft" { (release(&mesh.members[*from])) } }
                            @for to in order { (cell(mesh.direction(*from, *to), obstacles)) }
                        }
                    }
                }
            }
        }
    }
}

fn release(node: &Node) -> String {
    match (node.release, node.given) {
        (None, _) => "release unknown".into(),
        (Some(release), true) => format!("{release} (given)"),
        (Some(release), false) => release.to_string(),
    }
}

fn cell(direction: Option<&Direction>, obstacles: &Obstacles) -> Markup {
    let Some(direction) = direction else { return html! { td { "–" } } };
    let blocks =
        |(_, (obstacle, _)): &(usize, &(&Obstacle, Vec<&Direction>))| direction.state.obstacles().contains(obstacle);
    let numbers: Vec<usize> = obstacles.iter().enumerate().filter(blocks).map(|(at, _)| at + 1).collect();
    let (class, word) = match direction.state {
        State::Works => ("ok", "works"),
        State::Fails(_) => ("error", "fails"),
        State::Unknown(_) => ("unknown", "unknown"),
        State::Suppressed(_) => ("unknown", "suppressed"),
    };
    html! { td class=(class) { (word) " " (links(&numbers)) } }
}

/// The obstacles in the order of their owners, below the name of each.
fn fixes(obstacles: &Obstacles) -> Markup {
    let of_one = obstacles.chunk_by(|(one, _), (next, _)| one.owner == next.owner);
    let groups: Vec<(usize, &Obstacles)> = of_one
        .scan(1, |next, group| {
            let first = *next;
            *next += group.len();
            Some((first, group))
        })
        .collect();
    html! {
        @for (first, group) in groups {
            @if let Some((obstacle, _)) = group.first() { h3 { (obstacle.owner) } }
            ol class="fixes" start=(first) {
                @for (at, (obstacle, blocked)) in group.iter().enumerate() { (item(first + at, obstacle, blocked)) }
            }
        }
    }
}

fn item(number: usize, obstacle: &Obstacle, blocked: &[&Direction]) -> Markup {
    html! {
        li id=(format!("obstacle-{number}")) {
            p { strong { (prose(&obstacle.what)) } }
            @if let Some(reason) = &obstacle.suppressed { p class="soft" { "suppressed: " (reason) } }
            (fix(&obstacle.fix))
            details class="blocked" {
                summary { (counted(blocked.len(), "direction")) " blocked" }
                ul class="names" { @for direction in blocked { li { (direction.from) " to " (direction.to) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(count: usize) -> Mesh {
        let members: Vec<Node> = (0..count)
            .map(|at| Node { domain: format!("member{at}.example").parse().unwrap(), release: None, given: false })
            .collect();
        let state = |a: usize, b: usize| match (a * 7 + b * 3) % 11 {
            0 => State::Fails(vec![Obstacle {
                owner: members[b].domain.clone(),
                check: "tls-chain".into(),
                what: format!("{}: <script>alert(1)</script>", members[b].domain),
                fix: "Serve fullchain.pem\"'>".into(),
                suppressed: None,
            }]),
            1 if b == 5 => State::Unknown(Vec::new()),
            _ => State::Works,
        };
        let pairs = (0..count).flat_map(|a| (0..count).map(move |b| (a, b))).filter(|(a, b)| a != b);
        let directions = pairs.map(|(a, b)| Direction {
            from: members[a].domain.clone(),
            to: members[b].domain.clone(),
            state: state(a, b),
        });
        let directions = directions.collect();
        Mesh { members, directions }
    }

    #[test]
    fn no_text_of_a_server_becomes_markup_and_every_broken_direction_is_in_the_diagram() {
        for count in [8, 50] {
            let mesh = group(count);
            let page = write(&mesh);
            assert!(page.matches("<script").count() == 1 && page.contains("&lt;script&gt;"));
            let tally = mesh.tally();
            assert_eq!(page.matches("class=\"fails\"").count(), tally.fails + 1, "one more is in the key");
            assert_eq!(page.matches("class=\"open\"").count(), tally.unknown + 1);
        }
    }

    #[test]
    fn a_direction_is_found_by_the_places_of_its_ends() {
        let mesh = group(4);
        for (from, sender) in mesh.members.iter().enumerate() {
            for (to, recipient) in mesh.members.iter().enumerate() {
                let found = mesh.direction(from, to).map(|it| (&it.from, &it.to));
                assert_eq!(found, (from != to).then_some((&sender.domain, &recipient.domain)));
            }
        }
        assert_eq!(mesh.direction(0, 4), None);
        assert_eq!(mesh.tally().all(), 12);
    }
}
