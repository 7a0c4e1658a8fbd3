//! GraphViz: `fedctl mesh --format dot ... | dot -Tsvg > mesh.svg`.

use std::f64::consts::TAU;

use crate::report::mesh::{Mesh, State};

/// Inches of the circle for each member, and of the smallest circle's radius.
const SPACE: f64 = 0.3;
const RADIUS_MIN: f64 = 2.0;

/// Members on a circle: GraphViz needs minutes to find places for a group of fifty in which everybody is joined to everybody.
pub fn write(mesh: &Mesh) -> String {
    let mut out = String::from("digraph mesh {\n  layout=neato; splines=line; outputorder=edgesfirst;\n");
    out += "  node [shape=box, fontname=\"sans-serif\", style=filled, fillcolor=white];\n";
    let count = mesh.members.len() as f64;
    let radius = (count * SPACE).max(RADIUS_MIN);
    for (at, node) in mesh.members.iter().enumerate() {
        let release = node.release.map_or("release unknown".into(), |release| release.to_string());
        let angle = TAU / 4.0 - TAU * at as f64 / count;
        let (name, label) = (quoted(node.domain.as_str()), quoted(&format!("{}\n{release}", node.domain)));
        let (x, y) = (radius * angle.cos(), radius * angle.sin());
        out += &format!("  {name} [label={label}, pos=\"{x:.2},{y:.2}!\"];\n");
    }
    for direction in &mesh.directions {
        let style = match &direction.state {
            State::Works => "color=\"#a9d3b2\"".to_owned(),
            State::Fails(why) => format!("color=\"#a3131f\", penwidth=2, tooltip={}", tooltip(why)),
            State::Suppressed(why) => format!("color=\"#57606a\", style=dashed, tooltip={}", tooltip(why)),
            State::Unknown(why) => format!("color=\"#57606a\", penwidth=2, style=dotted, tooltip={}", tooltip(why)),
        };
        out += &format!("  {} -> {} [{style}];\n", quoted(direction.from.as_str()), quoted(direction.to.as_str()));
    }
    out + "}\n"
}

fn tooltip(why: &[crate::report::mesh::Obstacle]) -> String {
    quoted(&why.iter().map(|obstacle| obstacle.what.as_str()).collect::<Vec<_>>().join("; "))
}

/// A string of the DOT language: quotes and backslashes escaped, line breaks as `\n`, nothing else that is not printable.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            '\n' => vec!['\\', 'n'],
            c if crate::text::is_unsafe(c) => vec!['\u{fffd}'],
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_string() {
        assert_eq!(quoted("a\"]; x\\\n\u{1b}"), "\"a\\\"]; x\\\\\\n\u{fffd}\"");
    }
}
