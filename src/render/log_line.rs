//! Log lines, translated.

use serde_json::json;

use super::fill::{command_row, hang};
use super::key::pretty;
use crate::count::{counted, is_or_are};
use crate::dns::name::Domain;
use crate::rocketchat::log_line::Translation;

/// Different lines that are shown; the most frequent come first.
const SHOWN_MAX: usize = 100;
/// Different lines in JSON.
const LISTED_MAX: usize = 10_000;

/// For people.
pub fn write(found: &[Translation], unknown: usize, width: usize) -> String {
    let each: Vec<String> = found.iter().take(SHOWN_MAX).map(|translation| one(translation, width)).collect();
    let mut out = each.join("\n");
    if let Some(more) = found.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        out += &format!("\n{} {} left out\n", counted(more, "rarer line"), is_or_are(more));
    }
    if unknown > 0 && !found.is_empty() {
        let verb = if unknown == 1 { "contains" } else { "contain" };
        let lines = counted(unknown, "other line");
        out += &format!("\n{lines} {verb} nothing about federation that fedctl can explain\n");
    }
    out
}

fn one(translation: &Translation, width: usize) -> String {
    let known = translation.known;
    let times =
        if translation.count > 1 { format!(" ({})", counted(translation.count, "time")) } else { String::new() };
    let mut out = hang(&format!("{}{times}", short(&translation.line)), width, 0);
    out += &row("releases", &known.releases.to_string(), width);
    out += &row("means", &sentence(translation), width);
    for (at, cause) in known.causes.iter().enumerate() {
        out += &row(&format!("{}. cause", at + 1), &translation.filled(cause.what), width);
        out += &row("   check", &translation.filled(cause.confirm), width);
        out += &row("   fix", &translation.filled(cause.fix), width);
    }
    out
}

fn sentence(translation: &Translation) -> String {
    let lost = if translation.is_dropped { ". The message is lost: servers try once" } else { "" };
    format!("{}{lost}", translation.filled(translation.known.means))
}

fn row(name: &str, text: &str, width: usize) -> String {
    command_row(&format!("  {name}"), text, 12, width)
}

/// The line without what loggers put before it is not to be had in general; its length is.
fn short(line: &str) -> String {
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// For programs.
pub fn json(found: &[Translation], unknown: usize) -> anyhow::Result<String> {
    let causes = |translation: &Translation| {
        let cause = translation.known.causes.iter().map(|cause| {
            json!({
                "what": translation.filled(cause.what),
                "check": translation.filled(cause.confirm),
                "fix": translation.filled(cause.fix),
            })
        });
        cause.collect::<Vec<_>>()
    };
    let lines = found.iter().take(LISTED_MAX).map(|translation| {
        json!({
            "line": translation.line,
            "count": translation.count,
            "domain": translation.domain.as_ref().map(Domain::as_str),
            "releases": translation.known.releases.to_string(),
            "means": sentence(translation),
            "causes": causes(translation),
        })
    });
    let mut document = json!({"schema": 1, "lines": lines.collect::<Vec<_>>(), "unknown": unknown});
    if found.len() > LISTED_MAX {
        document["left_out"] = json!(found.len() - LISTED_MAX);
    }
    pretty(&document)
}

#[cfg(test)]
mod tests {
    use crate::report::wording::commands_apart;
    use crate::report::{FixPart, fix_parts};
    use crate::rocketchat::log_table;
    use crate::rocketchat::status::STATUS_STRINGS;

    /// Columns for a command within a sentence in the narrowest terminal.
    const CODE_MAX: usize = 26;

    #[test]
    fn a_command_in_an_explanation_is_alone_or_short() {
        let causes = log_table::all().flat_map(|known| known.causes).flat_map(|cause| [cause.confirm, cause.fix]);
        let mut commands = 0;
        for text in causes.chain(STATUS_STRINGS.iter().map(|status| status.next)) {
            for part in fix_parts(&commands_apart(text)) {
                let FixPart::Text(text) = part else {
                    commands += 1;
                    continue;
                };
                let sentence: String = text.split('`').step_by(2).collect();
                let code = text
                    .split('`')
                    .skip(1)
                    .step_by(2)
                    .find(|code| code.len() > CODE_MAX && code.starts_with("fedctl "));
                assert!(!sentence.contains("fedctl ") && code.is_none(), "{text}");
            }
        }
        assert!(commands > 20, "{commands}");
    }
}
