//! A mesh of domains, for people and for programs: one file for each form.

mod diagram;
mod dot;
mod html;
mod human;

use super::report::{Style, found};
use crate::report::Details;
use crate::report::mesh::{Direction, Mesh, Obstacle, State, Tally};

/// The forms in which a mesh can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MeshFormat {
    /// A matrix for people, then one sentence for each obstacle.
    #[default]
    Human,
    /// One JSON object with members and directions.
    Json,
    /// One self-contained page with a diagram, the members and what to fix.
    Html,
    /// A graph for GraphViz: dot -Tsvg.
    Dot,
}

/// Writes the mesh; people who ask for details are shown how it was observed.
pub fn write(format: MeshFormat, mesh: &Mesh, details: &Details, style: Style) -> anyhow::Result<String> {
    Ok(match format {
        MeshFormat::Human => human::write(mesh, details, style),
        MeshFormat::Json => json(mesh)?,
        MeshFormat::Html => html::write(mesh),
        MeshFormat::Dot => dot::write(mesh),
    })
}

fn json(mesh: &Mesh) -> anyhow::Result<String> {
    let Tally { works, fails, unknown, suppressed } = mesh.tally();
    let value = serde_json::json!({
        "schema": 1, "members": mesh.members, "directions": mesh.directions,
        "works": works, "fails": fails, "unknown": unknown, "suppressed": suppressed,
    });
    Ok(crate::text::escaped_json(&serde_json::to_string_pretty(&value)?) + "\n")
}

/// `FAIL  3 of 6 directions work: 2 errors; 1 could not be checked; 1 suppressed`, and the same in fewer words.
pub fn verdict(mesh: &Mesh) -> [String; 2] {
    let Tally { works, fails, unknown, suppressed } = mesh.tally();
    let fails_for = |direction: &&Direction| matches!(direction.state, State::Fails(_));
    let is_error = |(obstacle, blocked): &&(&Obstacle, Vec<&Direction>)| {
        obstacle.suppressed.is_none() && blocked.iter().any(fails_for)
    };
    let errors = mesh.obstacles().iter().filter(is_error).count();
    let word = match (fails, unknown) {
        (0, 0) => "PASS",
        (0, _) => "UNKNOWN",
        _ => "FAIL",
    };
    let errors = if errors == 0 { String::new() } else { format!(": {}", found(&[(errors, "error")])) };
    let all = mesh.directions.len();
    let (mut whole, mut short) = match unknown {
        0 => (String::new(), String::new()),
        _ => (format!("; {unknown} could not be checked"), format!(", {unknown} unknown")),
    };
    if suppressed > 0 {
        whole += &format!("; {suppressed} suppressed");
        short += &format!(", {suppressed} muted");
    }
    [
        format!("{word}  {works} of {all} directions work{errors}{whole}"),
        format!("{word}  {works} of {all} work{errors}{short}"),
    ]
}
