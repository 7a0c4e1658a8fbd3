//! GraphViz: `fedctl mesh --format dot ... | dot -Tsvg > mesh.svg`.

use crate::report::mesh::{Mesh, State};

pub fn write(mesh: &Mesh) -> String {
    let mut out = String::from("digraph mesh {\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for node in &mesh.members {
        let release = node.release.map_or("release unknown".into(), |release| release.to_string());
        out += &format!(
            "  {} [label={}];\n",
            quoted(node.domain.as_str()),
            quoted(&format!("{}\n{release}", node.domain))
        );
    }
    for direction in &mesh.directions {
        let style = match &direction.state {
            State::Works => "color=\"#176f2c\"".to_owned(),
            State::Fails(why) => format!("color=\"#a3131f\", style=dashed, tooltip={}", tooltip(why)),
            State::Unknown(why) => format!("color=\"#57606a\", style=dotted, tooltip={}", tooltip(why)),
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
