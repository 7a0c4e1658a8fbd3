//! One self-contained page: the diagram, the matrix, the obstacles. Nothing is loaded from anywhere; its one script adds copy
//! buttons to commands.

use std::f64::consts::TAU;

use maud::{Markup, html};

use super::verdict;
use crate::check::mesh::LIMITS;
use crate::dns::name::Domain;
use crate::page;
use crate::render::markup::{fix, prose};
use crate::report::mesh::{Direction, Mesh, Node, Obstacle, State};

const CSS: &str = include_str!("mesh.css");
/// Radius of the circle, and of the ends of the names, in the diagram's own units.
const RADIUS: f64 = 300.0;
const NAMES: f64 = 320.0;
/// Members from which on lines are drawn thinner.
const MANY: usize = 24;
/// Members up to which the numbers of the obstacles fit into a printed matrix.
const WIDE: usize = 8;
/// The size of a name, and its part of the room between two names.
const SIZES: (f64, f64) = (8.0, 26.0);
const LEADING: f64 = 0.7;
/// Characters of a name that are drawn, and the width of one as a part of the font size.
const NAME_MAX: usize = 30;
const CHARACTER: f64 = 0.62;

pub fn write(mesh: &Mesh) -> String {
    let obstacles = mesh.obstacles();
    let (_, fails, unknown) = mesh.counts();
    let class = if fails > 0 {
        "bad"
    } else if unknown > 0 {
        "open"
    } else {
        "good"
    };
    let title = format!("Federation mesh of {} domains", mesh.members.len());
    let body = html! {
        h1 { (title) }
        p class=(format!("verdict {class}")) { (verdict(mesh)[0].replacen("  ", ": ", 1)) }
        (diagram(mesh))
        h2 { "Directions" }
        (matrix(mesh, &obstacles))
        @if !obstacles.is_empty() {
            h2 { "What to fix" }
            ol { @for (at, (obstacle, blocked)) in obstacles.iter().enumerate() { (item(at + 1, obstacle, blocked)) } }
        }
        h2 { "Not visible from outside" }
        ul { @for limit in LIMITS { li { (prose(limit)) } } }
        (page::copy_script())
    };
    page::frame(&title, CSS, &html! {}, &body)
}

/// Members on a circle. A line is drawn only where something is wrong, so that a large healthy group stays readable: solid when
/// one direction fails, thick when both do, dotted when it could not be checked.
fn diagram(mesh: &Mesh) -> Markup {
    let count = mesh.members.len().max(1) as f64;
    let is_large = mesh.members.len() > MANY;
    let size = (TAU * NAMES / count * LEADING).clamp(SIZES.0, SIZES.1);
    let longest = mesh.members.iter().map(|node| short(node.domain.as_str()).chars().count()).max().unwrap_or_default();
    // The longest name fits in every direction.
    let side = (2.0 * (NAMES + longest as f64 * size * CHARACTER)).ceil();
    let at = |index: usize, radius: f64| {
        let angle = TAU * index as f64 / count - TAU / 4.0;
        (side / 2.0 + radius * angle.cos(), side / 2.0 + radius * angle.sin())
    };
    let pairs = (0..mesh.members.len()).flat_map(|a| (a + 1..mesh.members.len()).map(move |b| (a, b)));
    let lines = pairs.filter_map(|(a, b)| {
        let class = pair(mesh, &mesh.members[a].domain, &mesh.members[b].domain)?;
        Some((at(a, RADIUS), at(b, RADIUS), class))
    });
    html! {
        svg viewBox=(format!("0 0 {side} {side}")) class=[is_large.then_some("large")] role="img" aria-label="Members on a circle; a line joins two members when messages do not pass between them" {
            @for ((x1, y1), (x2, y2), class) in lines {
                line class=(class) x1=(round(x1)) y1=(round(y1)) x2=(round(x2)) y2=(round(y2)) {}
            }
            @for (index, node) in mesh.members.iter().enumerate() {
                (label(node, 360.0 * index as f64 / count - 90.0, at(index, RADIUS), at(index, NAMES), size))
            }
        }
        p class="soft" { "A line means that messages do not pass: thin in one direction, thick in both, dotted where \
         it could not be checked." }
    }
}

/// The name beside its dot, turned so that it points away from the circle and is never upside down.
fn label(node: &Node, degrees: f64, dot: (f64, f64), start: (f64, f64), size: f64) -> Markup {
    let left = (90.0..270.0).contains(&degrees);
    let (anchor, turn) = if left { ("end", degrees - 180.0) } else { ("start", degrees) };
    html! {
        circle cx=(round(dot.0)) cy=(round(dot.1)) r="7" {}
        text x=(round(start.0)) y=(round(start.1)) font-size=(round(size)) text-anchor=(anchor) dominant-baseline="middle"
            transform=(format!("rotate({} {} {})", round(turn), round(start.0), round(start.1))) {
                title { (node.domain) }
                (short(node.domain.as_str()))
            }
    }
}

/// A name that is not longer than the diagram can take.
fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn pair(mesh: &Mesh, one: &Domain, other: &Domain) -> Option<&'static str> {
    let state = |from, to| mesh.direction(from, to).map(|direction| &direction.state);
    let states = [state(one, other), state(other, one)];
    let fails = states.iter().filter(|state| matches!(state, Some(State::Fails(_)))).count();
    let unknown = states.iter().any(|state| matches!(state, Some(State::Unknown(_))));
    match (fails, unknown) {
        (2, _) => Some("both"),
        (1, _) => Some("one"),
        (_, true) => Some("unknown"),
        _ => None,
    }
}

fn matrix(mesh: &Mesh, obstacles: &[(&Obstacle, Vec<&Direction>)]) -> Markup {
    html! {
        div class=(if mesh.members.len() > WIDE { "scroll wide" } else { "scroll" }) {
            table {
                thead { tr { th { "from \\ to" } @for number in 1..=mesh.members.len() { th scope="col" { (number) } } } }
                tbody {
                    @for (number, from) in mesh.members.iter().enumerate() {
                        tr {
                            th scope="row" { (number + 1) " " (from.domain) " " span class="soft" { (release(from)) } }
                            @for to in &mesh.members { (cell(mesh.direction(&from.domain, &to.domain), obstacles)) }
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

fn cell(direction: Option<&Direction>, obstacles: &[(&Obstacle, Vec<&Direction>)]) -> Markup {
    let Some(direction) = direction else { return html! { td { "–" } } };
    let numbers: Vec<usize> = obstacles
        .iter()
        .enumerate()
        .filter(|(_, (obstacle, _))| direction.state.obstacles().contains(obstacle))
        .map(|(at, _)| at + 1)
        .collect();
    let (class, word) = match direction.state {
        State::Works => ("ok", "ok"),
        State::Fails(_) => ("error", "fail"),
        State::Unknown(_) => ("unknown", "?"),
    };
    html! {
        td class=(class) title=(format!("{} to {}", direction.from, direction.to)) {
            (word) @for number in &numbers { " " a href=(format!("#obstacle-{number}")) { (number) } }
        }
    }
}

fn item(number: usize, obstacle: &Obstacle, blocked: &[&Direction]) -> Markup {
    html! {
        li id=(format!("obstacle-{number}")) {
            p { strong { (prose(&obstacle.what)) } }
            p { (obstacle.owner) " fixes it." }
            (fix(&obstacle.fix))
            details {
                summary { (blocked.len()) @if blocked.len() == 1 { " direction" } @else { " directions" } " blocked" }
                ul { @for direction in blocked { li { (direction.from) " to " (direction.to) } } }
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
    fn no_text_of_a_server_becomes_markup_and_every_pair_is_in_the_matrix() {
        let page = write(&group(50));
        assert!(page.matches("<script").count() == 1 && page.contains("&lt;script&gt;"));
        assert_eq!(page.matches("title=\"member").count(), 50 * 49);
    }
}
