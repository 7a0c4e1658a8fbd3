//! A mesh of domains, for people and for programs: one file a form.

mod dot;
mod html;
mod human;

use crate::report::mesh::Mesh;

/// The forms in which a mesh can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MeshFormat {
    /// A matrix for people, then one sentence for each obstacle.
    #[default]
    Human,
    /// One JSON object with members and directions.
    Json,
    /// One self-contained page with a diagram and the matrix.
    Html,
    /// A graph for GraphViz: dot -Tsvg.
    Dot,
}

/// What a writer needs besides the mesh.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
}

/// Writes the mesh.
pub fn write(format: MeshFormat, mesh: &Mesh, style: Style) -> anyhow::Result<String> {
    Ok(match format {
        MeshFormat::Human => human::write(mesh, style),
        MeshFormat::Json => json(mesh)?,
        MeshFormat::Html => html::write(mesh),
        MeshFormat::Dot => dot::write(mesh),
    })
}

fn json(mesh: &Mesh) -> anyhow::Result<String> {
    let (works, fails, unknown) = mesh.counts();
    let value = serde_json::json!({
        "schema": 1, "members": mesh.members, "directions": mesh.directions,
        "works": works, "fails": fails, "unknown": unknown,
    });
    Ok(crate::text::escaped_json(&serde_json::to_string_pretty(&value)?) + "\n")
}

/// `FAIL  3 of 6 directions work, 1 could not be checked`.
pub fn verdict(mesh: &Mesh) -> String {
    let (works, fails, unknown) = mesh.counts();
    let word = match (fails, unknown) {
        (0, 0) => "PASS",
        (0, _) => "UNKNOWN",
        _ => "FAIL",
    };
    let unknown = if unknown == 0 { String::new() } else { format!(", {unknown} could not be checked") };
    format!("{word}  {works} of {} directions work{unknown}", mesh.directions.len())
}
