//! The matrix: senders in rows, recipients in columns; a number names the obstacle below. Wide groups are cut into blocks of
//! columns that fit the terminal.

use colored::Colorize;
use unicode_width::UnicodeWidthStr;

use super::{Style, verdict};
use crate::check::mesh::LIMITS;
use crate::render::fill::wrap;
use crate::render::report::human::fix_lines;
use crate::report::fix_parts;
use crate::report::mesh::{Direction, Mesh, Node, Obstacle, State};

/// Columns that a label of a recipient takes at most; longer groups are numbered.
const LABEL_MAX: usize = 12;

pub fn write(mesh: &Mesh, style: Style) -> String {
    let obstacles = mesh.obstacles();
    let labels = labels(&mesh.members);
    let mut out = matrix(mesh, &obstacles, &labels, style.width);
    for (at, (obstacle, blocked)) in obstacles.iter().enumerate() {
        out += &sentence(at + 1, obstacle, blocked, style.width);
    }
    if !obstacles.is_empty() {
        out.push('\n');
    }
    out += "not visible from outside:\n";
    for limit in LIMITS {
        for (at, line) in wrap(limit, style.width.saturating_sub(4)).iter().enumerate() {
            out += &format!("  {} {line}\n", if at == 0 { "-" } else { " " });
        }
    }
    out + &format!("\n{}\n", coloured(&verdict(mesh)))
}

fn coloured(verdict: &str) -> String {
    match verdict.split_once(' ') {
        Some(("PASS", rest)) => format!("{} {rest}", "PASS".green().bold()),
        Some(("FAIL", rest)) => format!("{} {rest}", "FAIL".red().bold()),
        Some((word, rest)) => format!("{} {rest}", word.yellow().bold()),
        None => verdict.to_owned(),
    }
}

/// Short names for the columns: the first label of each domain when these differ and are short, else numbers.
fn labels(members: &[Node]) -> Vec<String> {
    let first: Vec<&str> =
        members.iter().map(|node| node.domain.as_str().split('.').next().unwrap_or_default()).collect();
    let unique = first.iter().enumerate().all(|(at, label)| !first[..at].contains(label));
    if unique && first.iter().all(|label| label.width() <= LABEL_MAX) {
        return first.into_iter().map(str::to_owned).collect();
    }
    (1..=members.len()).map(|number| format!("#{number}")).collect()
}

fn matrix(mesh: &Mesh, obstacles: &[(&Obstacle, Vec<&Direction>)], labels: &[String], width: usize) -> String {
    let longest = mesh.members.iter().map(|node| node.domain.as_str().width()).max().unwrap_or_default();
    // A name, a release and one column.
    let is_narrow = longest + 2 * LABEL_MAX + 8 > width;
    let name = |(node, label): (&Node, &String)| {
        let number = if label.starts_with('#') { format!("{label} ") } else { String::new() };
        if is_narrow {
            return format!(" {number}{}", node.domain);
        }
        let release = node.release.map_or("release unknown".into(), |release| release.to_string());
        format!(" {number}{} {release}{}", node.domain, if node.given { " (given)" } else { "" })
    };
    let rows: Vec<String> = mesh.members.iter().zip(labels).map(name).collect();
    let first = rows.iter().map(|row| row.width()).max().unwrap_or_default().max(10) + 2;
    let cells: Vec<Vec<String>> = mesh
        .members
        .iter()
        .map(|from| mesh.members.iter().map(|to| cell(mesh, from, to, obstacles)).collect())
        .collect();
    let widest = cells.iter().flatten().chain(labels).map(|text| text.width()).max().unwrap_or_default() + 2;
    let fit = (width.saturating_sub(first) / widest).max(1);
    let mut out = String::new();
    for start in (0..labels.len()).step_by(fit) {
        let columns = start..(start + fit).min(labels.len());
        out += &line(" from \\ to", first, labels[columns.clone()].iter(), widest);
        for (row, cells) in rows.iter().zip(&cells) {
            out += &line(row, first, cells[columns.clone()].iter(), widest);
        }
        out.push('\n');
    }
    out
}

fn line<'a>(head: &str, first: usize, cells: impl Iterator<Item = &'a String>, widest: usize) -> String {
    let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()));
    let mut line = format!("{head}{}", pad(head, first));
    for cell in cells {
        line += &format!("{cell}{}", pad(cell, widest));
    }
    line.trim_end().to_owned() + "\n"
}

fn cell(mesh: &Mesh, from: &Node, to: &Node, obstacles: &[(&Obstacle, Vec<&Direction>)]) -> String {
    let Some(direction) = mesh.direction(&from.domain, &to.domain) else { return "-".into() };
    let numbers: Vec<String> = obstacles
        .iter()
        .enumerate()
        .filter(|(_, (obstacle, _))| direction.state.obstacles().contains(obstacle))
        .map(|(at, _)| (at + 1).to_string())
        .collect();
    match direction.state {
        State::Works => "ok".into(),
        State::Fails(_) => format!("FAIL {}", numbers.join(",")),
        State::Unknown(_) => format!("? {}", numbers.join(",")),
    }
}

fn sentence(number: usize, obstacle: &Obstacle, blocked: &[&Direction], width: usize) -> String {
    let directions = match blocked {
        [one] => format!("{} to {}", one.from, one.to),
        more => format!("{} directions", more.len()),
    };
    let mut out = String::new();
    for (at, line) in wrap(&obstacle.what, width.saturating_sub(5)).iter().enumerate() {
        let head = if at == 0 { format!("{number:>3}  ") } else { " ".repeat(5) };
        out += &format!("{head}{line}\n");
    }
    let owner = format!("{} fixes it; it blocks {directions}", obstacle.owner);
    for line in wrap(&owner, width.saturating_sub(5)) {
        out += &format!("     {line}\n");
    }
    for part in fix_parts(&obstacle.fix) {
        for line in fix_lines(part, width.saturating_sub(5)) {
            out += &format!("     {line}\n");
        }
    }
    out
}
