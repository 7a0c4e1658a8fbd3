//! The matrix: senders in rows, recipients in columns; a number names the obstacle below. A group that is too large for the terminal
//! has one character for each direction.

use colored::Colorize;
use unicode_width::UnicodeWidthStr;

use super::verdict;
use crate::check::mesh::LIMITS;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::render::fill::{fitting, wrap};
use crate::render::report::Style;
use crate::render::report::human::{fix_lines, write_details};
use crate::report::mesh::{Direction, Mesh, Node, Obstacle, State};
use crate::report::{Details, fix_parts};

/// Columns that a label of a recipient takes at most; longer groups are numbered.
const LABEL_MAX: usize = 12;

pub fn write(mesh: &Mesh, details: &Details, style: Style) -> String {
    let obstacles = mesh.obstacles();
    let labels = labels(&mesh.members);
    let matrix = matrix(mesh, &obstacles, &labels, style.width);
    // Otherwise the numbers are those of the members.
    let head = |at: usize| if matrix.is_some() { (at + 1).to_string() } else { "-".to_owned() };
    let sentences: String = obstacles
        .iter()
        .enumerate()
        .map(|(at, (obstacle, blocked))| sentence(&head(at), obstacle, blocked, style.width))
        .collect();
    let mut out = matrix.unwrap_or_else(|| compact(mesh, style.width)) + &sentences;
    if !obstacles.is_empty() {
        out.push('\n');
    }
    out += "not visible from outside:\n";
    for limit in LIMITS {
        for (at, line) in wrap(limit, style.width.saturating_sub(4)).iter().enumerate() {
            out += &format!("  {} {line}\n", if at == 0 { "-" } else { " " });
        }
    }
    write_details(&mut out, details, style);
    let [whole, short] = verdict(mesh);
    out + &format!("\n{}\n", coloured(fitting(&whole, &short, style.width)))
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

/// `None` when it is too wide.
fn matrix(mesh: &Mesh, obstacles: &[(&Obstacle, Vec<&Direction>)], labels: &[String], width: usize) -> Option<String> {
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
    let places = 0..mesh.members.len();
    let cells: Vec<Vec<String>> = places
        .clone()
        .map(|from| places.clone().map(|to| cell(mesh.direction(from, to), obstacles)).collect())
        .collect();
    let widest = cells.iter().flatten().chain(labels).map(|text| text.width()).max().unwrap_or_default() + 2;
    if first + labels.len() * widest > width + 2 {
        return None;
    }
    let mut out = line(" from \\ to", first, labels.iter(), widest);
    for (row, cells) in rows.iter().zip(&cells) {
        out += &line(row, first, cells.iter(), widest);
    }
    Some(out + "\n")
}

/// The members with their numbers, then one character for each direction, in blocks of columns that fit. When every direction
/// works, the members alone.
fn compact(mesh: &Mesh, width: usize) -> String {
    let (tally, digits) = (mesh.tally(), mesh.members.len().to_string().len());
    if tally.works == tally.all() {
        let all = format!("each of the {} reaches every other one", counted(mesh.members.len(), "member"));
        return members(mesh, width, |_| " ".into()) + "\n " + &wrap(&all, width - 1).join("\n ") + "\n\n";
    }
    let mut out = members(mesh, width, |at| format!(" {:>digits$}  ", at + 1));
    let indent = digits + 3;
    let all: Vec<usize> = (0..mesh.members.len()).collect();
    for columns in all.chunks(width.saturating_sub(indent).max(1)) {
        out.push('\n');
        // The numbers of the recipients are written downwards.
        for digit in 0..digits {
            let heads = columns.iter().map(|at| format!("{:>digits$}", at + 1).chars().nth(digit).unwrap_or(' '));
            let line = format!("{}{}", " ".repeat(indent), heads.collect::<String>());
            if !line.trim().is_empty() {
                out += &(line.trim_end().to_owned() + "\n");
            }
        }
        for from in &all {
            let cells: String = columns.iter().map(|to| symbol(mesh.direction(*from, *to))).collect();
            out += &format!(" {:>digits$}  {cells}\n", from + 1);
        }
    }
    let muted = if mesh.tally().suppressed > 0 { ", m suppressed" } else { "" };
    let key = format!("senders in rows, recipients in columns: . works, X fails, ? could not be checked{muted}");
    let key = wrap(&key, width.saturating_sub(1));
    out + "\n" + &key.iter().map(|line| format!(" {line}\n")).collect::<String>() + "\n"
}

/// Each member behind its head, in as many columns as fit; from top to bottom, then to the right.
fn members(mesh: &Mesh, width: usize, head: impl Fn(usize) -> String) -> String {
    let text = |node: &Node| {
        let release = node.release.map_or("release unknown".into(), |release| release.to_string());
        format!("{} {release}{}", node.domain, if node.given { " (given)" } else { "" })
    };
    let texts: Vec<String> = mesh.members.iter().map(text).collect();
    let indent = head(0).width();
    let column = texts.iter().map(|text| text.width()).max().unwrap_or_default() + indent;
    let columns = ((width + 2) / (column + 2)).max(1);
    let rows = texts.len().div_ceil(columns);
    let mut out = String::new();
    for row in 0..rows {
        if columns == 1 {
            let lines = wrap(&texts[row], width.saturating_sub(indent)).join(&format!("\n{}", " ".repeat(indent)));
            out += &format!("{}{lines}\n", head(row));
            continue;
        }
        let places = (row..texts.len()).step_by(rows);
        let cells: Vec<String> = places
            .map(|at| format!("{}{}{}", head(at), texts[at], " ".repeat(column - indent - texts[at].width())))
            .collect();
        out += &format!("{}\n", cells.join("  ").trim_end());
    }
    out
}

fn symbol(direction: Option<&Direction>) -> char {
    match direction.map(|direction| &direction.state) {
        None => '-',
        Some(State::Works) => '.',
        Some(State::Fails(_)) => 'X',
        Some(State::Unknown(_)) => '?',
        Some(State::Suppressed(_)) => 'm',
    }
}

fn line<'a>(head: &str, first: usize, cells: impl Iterator<Item = &'a String>, widest: usize) -> String {
    let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()));
    let mut line = format!("{head}{}", pad(head, first));
    for cell in cells {
        line += &format!("{cell}{}", pad(cell, widest));
    }
    line.trim_end().to_owned() + "\n"
}

fn cell(direction: Option<&Direction>, obstacles: &[(&Obstacle, Vec<&Direction>)]) -> String {
    let Some(direction) = direction else { return "-".into() };
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
        State::Suppressed(_) => format!("muted {}", numbers.join(",")),
    }
}

fn sentence(head: &str, obstacle: &Obstacle, blocked: &[&Direction], width: usize) -> String {
    let same = |end: fn(&Direction) -> &Domain| {
        let first = end(blocked.first()?);
        blocked.iter().all(|direction| end(direction) == first).then_some(first)
    };
    let directions = match (blocked, same(|direction| &direction.from), same(|direction| &direction.to)) {
        ([one], ..) => format!("{} to {}", one.from, one.to),
        (more, Some(from), _) => format!("{} from {from}", counted(more.len(), "direction")),
        (more, _, Some(to)) => format!("{} to {to}", counted(more.len(), "direction")),
        (more, ..) => counted(more.len(), "direction"),
    };
    let mut out = String::new();
    for (at, line) in wrap(&obstacle.what, width.saturating_sub(5)).iter().enumerate() {
        let head = if at == 0 { head } else { "" };
        out += &format!("{head:>3}  {line}\n");
    }
    let Obstacle { owner, check, .. } = obstacle;
    // `--suppress` and `explain` take the id.
    let found = if check.is_empty() { String::new() } else { format!("found by {check}; ") };
    let owner = format!("{found}{owner} fixes it; it blocks {directions}");
    for line in wrap(&owner, width.saturating_sub(5)) {
        out += &format!("     {line}\n");
    }
    if let Some(reason) = &obstacle.suppressed {
        for line in wrap(&format!("suppressed: {reason}"), width.saturating_sub(5)) {
            out += &format!("     {line}\n");
        }
        return out;
    }
    for part in fix_parts(&obstacle.fix) {
        for line in fix_lines(part, width.saturating_sub(5)) {
            out += &format!("     {line}\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::severity::Severity;

    const STYLE: Style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };

    /// Members, all healthy.
    fn healthy(count: usize) -> Mesh {
        let mut mesh = group(count);
        mesh.directions.iter_mut().for_each(|direction| direction.state = State::Works);
        mesh.members.iter_mut().for_each(|node| node.release = Some(crate::rocketchat::boundary::LAST_SENDER));
        mesh
    }

    #[test]
    fn a_large_healthy_group_is_its_members_and_one_sentence() {
        let text = |count, width| write(&healthy(count), &Details::default(), Style { width, ..STYLE });
        for (count, width, rows) in
            [(20, 40, 20), (20, 80, 10), (20, 200, 4), (50, 40, 50), (50, 80, 25), (50, 200, 10)]
        {
            let text = text(count, width);
            assert!(text.lines().all(|line| line.width() <= width) && !text.contains(".."), "{text}");
            assert_eq!(
                text.lines().filter(|line| line.contains("university")).count(),
                rows,
                "{count} {width}\n{text}"
            );
            assert_eq!(text.matches(".university.example 6.2.0").count(), count, "{text}");
        }
        let wide = text(20, 200);
        let cell = |at: usize| format!(" {:<35}", format!("faculty-{at}.university.example 6.2.0"));
        let first: Vec<String> = [1, 5, 9, 13, 17].map(cell).into();
        assert_eq!(wide.lines().next().unwrap(), first.join("  ").trim_end(), "{wide}");
        assert!(wide.contains("\n\n each of the 20 members reaches every other one\n\nnot visible"), "{wide}");
        let last = text(50, 40).lines().next_back().unwrap().to_owned();
        assert_eq!(last, "PASS  2450 of 2450 directions work");
    }

    /// Members; the fourth reaches nobody.
    fn group(count: usize) -> Mesh {
        let domain = |at: usize| -> Domain { format!("faculty-{at}.university.example").parse().unwrap() };
        let members = (1..=count).map(|at| Node { domain: domain(at), release: None, given: false }).collect();
        let pairs = (1..=count).flat_map(|from| (1..=count).map(move |to| (from, to)));
        let obstacle = Obstacle {
            owner: domain(4),
            check: "key-text".into(),
            what: "half a key".into(),
            fix: "Fix it.".into(),
            suppressed: None,
        };
        let direction = |(from, to)| Direction {
            from: domain(from),
            to: domain(to),
            state: if from == 4 { State::Fails(vec![obstacle.clone()]) } else { State::Works },
        };
        Mesh { members, directions: pairs.filter(|(from, to)| from != to).map(direction).collect() }
    }

    #[test]
    fn a_large_group_fits_and_has_one_sentence_for_one_cause() {
        for (width, count) in [(80, 50), (40, 50), (80, 120)] {
            let text = write(&group(count), &Details::default(), Style { width, ..STYLE });
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert!(!text.contains("\n\n\n"), "{text}");
            assert_eq!(text.matches("half a key").count(), 1);
        }
        let text = write(&group(50), &Details::default(), STYLE);
        // The numbers are those of the members.
        assert!(text.contains("\n  -  half a key\n"), "{text}");
        assert!(text.contains(&format!("\n  4  XXX-{}\n", "X".repeat(46))), "{text}");
        assert!(text.contains(&format!("\n  5  ....-{}\n", ".".repeat(45))), "{text}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let owner = "found by key-text; faculty-4.university.example fixes it; it blocks 49 directions from faculty-4.";
        assert!(flat.contains(owner), "{text}");
        assert!(text.lines().count() < 130, "{text}");
    }
}
