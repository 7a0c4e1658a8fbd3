//! The form of the texts of a finding. `what` and `means` are fragments, which other texts go around: they begin in lower case and
//! have no final dot. A fix is whole sentences; a command in it is alone on its line, and a colon leads to it.

use super::{COPY, FixPart, fix_parts, with_line};

/// A fragment from a table, or a hint, as the fix of a finding. The command at its end goes to its own line.
pub fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_command = |command: &str| command.starts_with("fedctl ") && !command.contains('`');
    if is_command(&text) {
        return with_line("Run this command:", &text);
    }
    // `fedctl records` prints one.
    let first = text.strip_prefix('`').and_then(|rest| rest.split_once("` "));
    if let Some((command, what)) = first.filter(|(command, _)| is_command(command)) {
        return with_line(&format!("This command {what}:"), command);
    }
    let last = text.rsplit_once(": ").map(|(before, last)| (before, last.trim_matches('`')));
    match last.filter(|(_, command)| is_command(command)) {
        Some((before, command)) => with_line(&format!("{}:", capital(before)), command),
        None => match within(&text) {
            Some((before, command, after)) => {
                with_line(&format!("{}this command{after}:", capital(before)), &format!("fedctl {command}"))
            }
            None => format!("{}.", capital(text.trim_end_matches('.'))),
        },
    }
}

/// A fragment with its commands in the form of a fix: each is alone on its line, below what leads to it.
pub fn commands_apart(text: &str) -> String {
    let (mut out, mut prose) = (String::new(), Vec::new());
    for clause in text.split("; ") {
        let begins = clause.starts_with("fedctl ").then_some(0);
        let Some(at) = begins.or_else(|| clause.find(": fedctl ").map(|at| at + 2)) else {
            prose.push(clause);
            continue;
        };
        prose.extend(Some(clause[..at].trim_end()).filter(|before| !before.is_empty()));
        let before = std::mem::take(&mut prose).join("; ");
        out += &match before.is_empty() {
            true => format!("{COPY}{}\n", &clause[at..]),
            false => with_line(&before, &clause[at..]) + "\n",
        };
    }
    out + &prose.join("; ")
}

/// A command in the middle of a text, with what stands before and after it.
fn within(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("`fedctl ")?;
    let (command, after) = rest.split_once('`')?;
    Some((before, command, after))
}

/// The text with a capital letter at its begin, unless an identifier or a name in the records begins it.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next().filter(|_| !begins_with_name(text)) {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => text.to_owned(),
    }
}

/// True when the first word is a name that keeps its case: an identifier, a domain, an option, fedctl itself.
fn begins_with_name(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_mark = |c: char| c.is_ascii_digit() || "._/-=`*".contains(c);
    word.trim_end_matches(['.', ',', ':']).contains(is_mark) || word == "fedctl"
}

/// What is wrong with the form of a fix.
pub fn fix_fault(fix: &str) -> Option<&'static str> {
    let mut parts = fix_parts(fix).peekable();
    if !matches!(parts.peek(), Some(FixPart::Text(_))) {
        return Some("no sentence says what to do");
    }
    while let Some(part) = parts.next() {
        let FixPart::Text(text) = part else { continue };
        let numbered = text.split_once(". ").filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit()));
        let sentence = numbered.map_or(text, |(_, sentence)| sentence);
        let leads_on = matches!(parts.peek(), Some(FixPart::Copy(_))) || sentence == "Check, in this order:";
        match () {
            () if sentence.starts_with(char::is_lowercase) && !begins_with_name(sentence) => {
                return Some("a sentence begins in lower case");
            }
            () if sentence.contains("`fedctl ") || sentence.contains(": fedctl ") => {
                return Some("a command is not alone on its line");
            }
            () if leads_on && !sentence.ends_with(':') => return Some("no colon leads to the command"),
            () if !leads_on && !sentence.ends_with('.') => return Some("a sentence has no final dot"),
            () => {}
        }
    }
    None
}

/// What is wrong with the form of `what` or `means`.
pub fn fragment_fault(text: &str) -> Option<&'static str> {
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_acronym = word.chars().filter(|c| c.is_uppercase()).count() > 1;
    // What is quoted has its own form.
    let plain: String = text.split('`').step_by(2).collect();
    match () {
        () if text.trim().is_empty() => Some("it is empty"),
        () if text.starts_with(char::is_uppercase) && !is_acronym && !begins_with_name(text) => {
            Some("it begins with a capital letter")
        }
        () if text.ends_with('.') => Some("it has a final dot"),
        () if plain.split(". ").skip(1).any(|next| next.starts_with(char::is_uppercase)) => {
            Some("it is more than one sentence")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_become_sentences() {
        for (fragment, wanted) in [
            ("upgrade to 3.6.3 or later", "Upgrade to 3.6.3 or later."),
            ("_rocketchat._http is missing", "_rocketchat._http is missing."),
            ("fedctl dns-check b.example", "Run this command:\n  fedctl dns-check b.example"),
            ("fix it first: fedctl dns-check b.example", "Fix it first:\n  fedctl dns-check b.example"),
            ("make a new pair: `fedctl keygen`", "Make a new pair:\n  fedctl keygen"),
            (
                "`fedctl records --format arm` prints a template",
                "This command prints a template:\n  fedctl records --format arm",
            ),
            ("cut it, as `fedctl records` does", "Cut it, as this command does:\n  fedctl records"),
            ("one line\n  and another", "One line and another."),
        ] {
            assert_eq!(sentence(fragment), wanted);
            assert_eq!(fix_fault(&sentence(fragment)), None, "{fragment}");
            assert!(fix_fault(fragment).is_some(), "{fragment}");
        }
    }

    #[test]
    fn commands_are_taken_out_of_a_fragment() {
        for (fragment, wanted) in [
            ("switch it off; switch it on", "switch it off; switch it on"),
            ("fedctl doctor", "  fedctl doctor\n"),
            ("one; on it: fedctl doctor; then restart it; wait", "one; on it:\n  fedctl doctor\nthen restart it; wait"),
        ] {
            assert_eq!(commands_apart(fragment), wanted);
        }
    }

    #[test]
    fn the_form_of_a_fix_is_checked() {
        for fine in [
            "Renew it. Then reload the proxy:\n  systemctl reload nginx",
            "Check, in this order:\n1. Look at your records:\n  fedctl dns-check b.example\n2. Restart the peer.",
            "fedctl.yaml names another domain. Correct it.",
        ] {
            assert_eq!(fix_fault(fine), None, "{fine}");
        }
        for wrong in [
            "",
            "  fedctl keygen",
            "renew it.",
            "Renew it",
            "Renew it:",
            "Renew it.\n  certbot renew",
            "Make one with `fedctl keygen`.",
            "Publish it: fedctl records b.example.",
            "Do both:\n  one\nand two",
        ] {
            assert!(fix_fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn the_form_of_a_fragment_is_checked() {
        for fine in [
            "the server is slow",
            "TXT b.example is empty",
            "Rocket.Chat 8.0 has none",
            "`A` differs",
            "it answers `No. Never.`",
        ] {
            assert_eq!(fragment_fault(fine), None, "{fine}");
        }
        for wrong in ["", "The server is slow", "the server is slow.", "it is slow. Peers lose messages"] {
            assert!(fragment_fault(wrong).is_some(), "{wrong}");
        }
    }
}
