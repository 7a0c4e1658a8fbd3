//! The lines that a change removes and adds, with some of those around them.

use super::Edit;
use crate::position::Position;
use crate::render::fill::harmless;

/// Lines that are shown before and after a change.
const AROUND: usize = 2;

/// `  12  - line` and `  + line`; edits in the order of the file.
pub fn diff(before: &str, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut rest = edits;
    let mut shown_to = 0;
    while let Some(first) = rest.first() {
        // Edits that share lines, or are near, belong together.
        let start = before[..first.range.start].rfind('\n').map_or(0, |at| at + 1);
        let (mut end, mut count) = (line_end(before, first), 1);
        while let Some(next) = rest.get(count).filter(|next| next.range.start <= end) {
            end = end.max(line_end(before, next));
            count += 1;
        }
        let (group, after) = rest.split_at(count);
        let old = &before[start..end];
        let mut new = String::new();
        let mut at = start;
        for edit in group {
            new += &before[at..edit.range.start];
            new += &edit.text;
            at = edit.range.end;
        }
        new += &before[at..end];
        let until =
            after.first().map_or(before.len(), |next| before[..next.range.start].rfind('\n').map_or(0, |at| at + 1));
        out += &hunk(before, start.max(shown_to)..end, (old, &new), shown_to..until);
        shown_to = end;
        rest = after;
    }
    out
}

fn line_end(text: &str, edit: &Edit) -> usize {
    let at = edit.range.end;
    let whole = edit.range.is_empty() && (at == 0 || text[..at].ends_with('\n'));
    let ends = at > 0 && text[..at].ends_with('\n') && !edit.range.is_empty();
    if whole || ends { at } else { text[at..].find('\n').map_or(text.len(), |end| at + end + 1) }
}

fn hunk(text: &str, range: std::ops::Range<usize>, (old, new): (&str, &str), within: std::ops::Range<usize>) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - same;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let before: Vec<&str> = text[within.start..range.start].lines().chain(old[..same].iter().copied()).collect();
    let after: Vec<&str> =
        old[old.len() - end..].iter().copied().chain(text[range.end..within.end].lines()).take(AROUND).collect();
    let mut out = format!("  @ line {}\n", Position::of(text, range.start).line + same);
    let mut put = |sign: char, line: &str| out += &format!("  {sign} {}\n", harmless(line));
    before[before.len().saturating_sub(AROUND)..].iter().for_each(|line| put(' ', line));
    old[same..old.len() - end].iter().for_each(|line| put('-', line));
    new[same..new.len() - end].iter().for_each(|line| put('+', line));
    after.iter().for_each(|line| put(' ', line));
    out
}
