//! Who answers what, for people: a line for each server, a column for each record, and the same word wherever all is well.

use unicode_width::UnicodeWidthStr;

use crate::render::fill::{hang, one_line};
use crate::report::{Cell, Matrix};

const TITLE: &str = "propagation";
const SAME: &str = "same";
/// The longest answer that is shown in the table, in columns.
const ANSWER: usize = 24;

/// True when somebody gives another answer than the one that is published.
pub fn is_uneven(matrix: &Matrix) -> bool {
    matrix.rows.iter().any(|row| row.cells.iter().any(|cell| cell.differs))
}

/// The table. Where it is wider than `width` columns, the other answers are marked only; the findings have them.
pub fn write(matrix: &Matrix, width: usize) -> String {
    let fits = |table: &String| table.lines().all(|line| line.width() <= width);
    let beside = |show| Some(table(matrix, show, Title::Beside)).filter(fits);
    let above = || Some(table(matrix, marked, Title::Above)).filter(fits);
    beside(description).or_else(|| beside(marked)).or_else(above).unwrap_or_else(|| list(matrix, width))
}

/// Where the title of the table is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Title {
    Beside,
    /// On its own line, in a narrow terminal.
    Above,
}

fn table(matrix: &Matrix, show: fn(&Cell) -> String, place: Title) -> String {
    let head = matrix.columns.iter().map(|column| heading(column));
    let mut rows = vec![std::iter::once(String::new()).chain(head).collect::<Vec<String>>()];
    rows.extend(matrix.rows.iter().map(|row| {
        let cells = std::iter::once(row.observer.clone()).chain(row.cells.iter().map(show));
        cells.map(|cell| one_line(&cell)).collect()
    }));
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or_default()).collect();
    let mut out = if place == Title::Above { format!("  {TITLE}\n") } else { String::new() };
    for (at, row) in rows.iter().enumerate() {
        let title = match place {
            Title::Above => " ".repeat(2),
            Title::Beside => format!("{:<11}  ", if at == 0 { TITLE } else { "" }),
        };
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        let line = format!("  {title}{}", cells.collect::<Vec<String>>().join("  "));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The answers of each server below its name, where no table fits.
fn list(matrix: &Matrix, width: usize) -> String {
    let mut out = format!("  {TITLE}\n");
    for row in &matrix.rows {
        let cells = matrix.columns.iter().zip(&row.cells);
        let cells = cells.map(|(column, cell)| format!("{} {}", heading(column), one_line(&marked(cell))));
        out += &format!("    {}\n", one_line(&row.observer));
        out += &hang(&format!("      {}", cells.collect::<Vec<String>>().join(", ")), width, 6);
    }
    out
}

/// `SRV _rocketchat._https` is `_https`, `TXT rocketchat-public-key` is `key`.
fn heading(column: &str) -> String {
    let name = column.split_once(' ').map_or(column, |(_, name)| name);
    let name = name.strip_prefix("_rocketchat.").or_else(|| name.strip_prefix("rocketchat-")).unwrap_or(name);
    if name == "public-key" { "key".into() } else { name.into() }
}

fn description(cell: &Cell) -> String {
    let short = || match cell.text.char_indices().nth(ANSWER) {
        Some((at, _)) => format!("{}…", &cell.text[..at]),
        None => cell.text.clone(),
    };
    match (cell.differs, &cell.failure) {
        (true, _) => format!("≠ {}", short()),
        (false, None) => SAME.into(),
        (false, Some(_)) => short(),
    }
}

fn marked(cell: &Cell) -> String {
    match (cell.differs, &cell.failure) {
        (true, _) => "≠".into(),
        (false, None) => SAME.into(),
        (false, Some(failure)) => failure.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Row;

    fn matrix(other: &str) -> Matrix {
        let cell = |text: &str, differs| Cell {
            text: text.into(),
            differs,
            failure: (text == "NXDOMAIN").then(|| "none".into()),
        };
        let row = |observer: &str, key: &str, differs| Row {
            observer: observer.into(),
            role: "name server",
            cells: vec![cell("chat.mydomain.com:443", false), cell("NXDOMAIN", false), cell(key, differs)],
        };
        Matrix {
            columns: ["SRV _rocketchat._https", "SRV _rocketchat._tcp", "TXT rocketchat-public-key"]
                .map(String::from)
                .into(),
            rows: vec![row("ns1.mydomain.com", "RSA-2048 a", false), row("ns2", other, other != "RSA-2048 a")],
        }
    }

    #[test]
    fn what_differs_stands_out_and_the_columns_stay_aligned() {
        assert!(!is_uneven(&matrix("RSA-2048 a")));
        let uneven = matrix("RSA-2048 b");
        assert!(is_uneven(&uneven));
        let shown = "  propagation                    _https  _tcp      key\n\
                     \x20              ns1.mydomain.com  same    NXDOMAIN  same\n\
                     \x20              ns2               same    NXDOMAIN  ≠ RSA-2048 b\n";
        assert_eq!(write(&uneven, 80), shown);
        assert!(write(&uneven, 50).contains("none  ≠\n"));
        assert!(write(&matrix(&"x".repeat(200)), 80).contains("≠ xxxxxxxxxxxxxxxxxxxxxxxx…\n"));
    }
}
