//! Counts on HTML pages: what there is one of has its singular. Every page that a test gets is searched (`support::counts`); these
//! are the pages of one thing.

use fedctl::render::mesh::{MeshFormat, write};
use fedctl::render::report::Style;
use fedctl::report::Details;
use fedctl::report::mesh::{Direction, Mesh, Node, Obstacle, State};
use fedctl::severity::Severity;

use crate::support::counts::{assert_page, visible};

/// A group whose first members have something to fix that blocks their way to one other.
fn group(count: usize, broken: usize) -> Mesh {
    let domain = |at: usize| format!("m{at}.example").parse::<fedctl::dns::name::Domain>().unwrap();
    let obstacle = |at: usize| Obstacle {
        owner: domain(at),
        check: "key-text".into(),
        what: "half a key".into(),
        fix: "Fix it.".into(),
        suppressed: None,
    };
    let fails = |from: usize, to: usize| from < broken && to == (from + 1) % count;
    let state = |from, to| if fails(from, to) { State::Fails(vec![obstacle(from)]) } else { State::Works };
    let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let direction = |(from, to)| Direction { from: domain(from), to: domain(to), state: state(from, to) };
    let node = |at| Node { domain: domain(at), release: None, given: false };
    Mesh { members: (0..count).map(node).collect(), directions: pairs.map(direction).collect() }
}

#[test]
fn the_page_of_a_mesh_counts_in_singular_and_plural() {
    let style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };
    for (count, broken) in [(1, 0), (2, 0), (2, 1), (20, 1), (20, 19), (20, 20), (50, 0)] {
        let page = write(MeshFormat::Html, &group(count, broken), &Details::default(), style).unwrap();
        assert_page(&page);
        let text = visible(&page);
        let domains = if count == 1 { "mesh of 1 domain\n".to_owned() } else { format!("mesh of {count} domains\n") };
        assert!(text.contains(&domains), "{text}");
        assert_eq!(text.contains("Nothing to fix, 1 member:"), broken == 19, "{count} {broken}: {text}");
    }
}
