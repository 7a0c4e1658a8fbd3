//! The diagram: senders in rows, recipients in columns, and a mark only where something is wrong, so that it can be read however many
//! directions fail. The members with most broken directions come first: what fails for all of them is a full row or column.

use maud::{Markup, html};

use crate::report::mesh::{Direction, Mesh, State};

/// The side of a cell in a small and in a large group, and members from which on a group is large.
const CELLS: [usize; 2] = [28, 15];
const LARGE: usize = 13;
/// Columns and rows after which a line helps the eye.
const STEP: usize = 5;
/// The size of a name as a part of the cell, and at most; the width of a character as a part of the size.
const NAME: f64 = 0.8;
const SIZE_MAX: f64 = 14.0;
const CHARACTER: f64 = 0.6;
/// Characters of a name that are drawn.
const NAME_MAX: usize = 30;
/// Room around a mark, and between a name and its row.
const GAP: usize = 2;
const SPACE: usize = 6;

/// The sizes of everything, in the units of the drawing.
struct Layout {
    cell: usize,
    size: f64,
    /// Where the cells begin, below and beside the names.
    start: usize,
    end: usize,
}

impl Layout {
    fn of(mesh: &Mesh) -> Self {
        let cell = CELLS[usize::from(mesh.members.len() >= LARGE)];
        let size = (cell as f64 * NAME).min(SIZE_MAX);
        let longest = mesh.members.iter().map(|node| short(node.domain.as_str()).chars().count()).max();
        let start = (longest.unwrap_or_default() as f64 * size * CHARACTER).ceil() as usize + 2 * SPACE;
        Self { cell, size, start, end: start + mesh.members.len() * cell }
    }

    fn at(&self, place: usize) -> usize {
        self.start + place * self.cell
    }
}

/// The members in this order.
pub fn diagram(mesh: &Mesh, order: &[usize]) -> Markup {
    let layout = Layout::of(mesh);
    let side = layout.end + SPACE;
    let mark = layout.cell - 2 * GAP;
    html! {
        div class="scroll" role="group" aria-label="Directions" tabindex="0" {
            svg class="diagram" width=(side) height=(side) viewBox=(format!("0 0 {side} {side}")) role="img"
                aria-label="Senders in rows, recipients in columns; a mark where messages do not pass" {
                (grid(&layout, order.len()))
                @for (row, from) in order.iter().enumerate() {
                    (names(mesh, &layout, row, *from))
                    @for (column, to) in order.iter().enumerate() {
                        @let (x, y) = (layout.at(column) + GAP, layout.at(row) + GAP);
                        @match mesh.direction(*from, *to) {
                            None => rect class="self" x=(x) y=(y) width=(mark) height=(mark) {},
                            Some(direction) => (cell(direction, x, y, mark)),
                        }
                    }
                }
            }
        }
        (key(mesh.tally().suppressed > 0))
    }
}

fn grid(layout: &Layout, count: usize) -> Markup {
    let places = (0..=count).filter(|place| place % STEP == 0 || *place == count);
    html! {
        @for at in places.map(|place| layout.at(place)) {
            line class="grid" x1=(layout.start) y1=(at) x2=(layout.end) y2=(at) {}
            line class="grid" x1=(at) y1=(layout.start) x2=(at) y2=(layout.end) {}
        }
    }
}

/// The name of a member beside its row and above its column.
fn names(mesh: &Mesh, layout: &Layout, place: usize, member: usize) -> Markup {
    let name = mesh.members[member].domain.as_str();
    let (middle, edge) = (layout.at(place) + layout.cell / 2, layout.start - SPACE);
    let size = format!("{:.1}", layout.size);
    html! {
        text x=(edge) y=(middle) font-size=(size) text-anchor="end" dominant-baseline="central" { title { (name) } (short(name)) }
        text x=(middle) y=(edge) font-size=(size) dominant-baseline="central" transform=(format!("rotate(-90 {middle} {edge})")) {
            title { (name) }
            (short(name))
        }
    }
}

/// The mark of a direction: none when it works.
fn cell(direction: &Direction, x: usize, y: usize, side: usize) -> Markup {
    let (class, result) = match direction.state {
        State::Works => return html! {},
        State::Fails(_) => ("fails", "fails"),
        State::Unknown(_) => ("open", "could not be checked"),
        State::Suppressed(_) => ("muted", "fails, suppressed"),
    };
    html! {
        rect class=(class) x=(x) y=(y) width=(side) height=(side) {
            title { (direction.from) " to " (direction.to) ": " (result) }
        }
    }
}

/// What the marks mean, by their shape and not by their colour.
fn key(has_suppressed: bool) -> Markup {
    let sign = |class: &str| {
        html! { svg viewBox="0 0 14 14" class="diagram" aria-hidden="true" { rect class=(class) x="1" y="1" width="12" height="12" {} } }
    };
    html! {
        p class="soft key" {
            "Senders in rows, recipients in columns. Empty: messages pass. " (sign("fails")) " Filled: they do not pass. "
            (sign("open")) " Dashed outline: it could not be checked. "
            @if has_suppressed { (sign("muted")) " Thin outline: they do not pass, and this is suppressed. " }
            "The members with the most broken directions come first."
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
