//! Arguments that do not parse, described as every other error: what is wrong in one sentence, and what to type instead.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Described, ExitStatus, Hinted, meant};
use crate::term::{ColorChoice, Term};

/// Prints help and version to stdout, and what is wrong to stderr.
pub fn answer(error: &clap::Error, root: &Command, argv: &[OsString]) -> ExitStatus {
    let term = Term::new(ColorChoice::Auto, false, 0);
    let styled = error.render();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let text = if term.color { styled.ansi().to_string() } else { styled.to_string() };
        // A stdout that cannot be written leaves nothing to report.
        let _ = term.answer(text);
        return ExitStatus::Clean;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let text = if term.color_stderr { styled.ansi().to_string() } else { styled.to_string() };
        term.verbatim(text.trim_end());
        return ExitStatus::Failed;
    }
    let path = path(root, argv);
    term.fail(Described(&anyhow::Error::new(described(error, &path))));
    ExitStatus::Failed
}

/// The command that was named, as in `fedctl records lint`.
fn path(root: &Command, argv: &[OsString]) -> String {
    let (mut command, mut path) = (root, "fedctl".to_owned());
    for word in argv.iter().skip(1).map(|word| word.to_string_lossy()) {
        let Some(child) = command.find_subcommand(&*word) else { continue };
        path = format!("{path} {}", child.get_name());
        command = child;
    }
    path
}

fn described(error: &clap::Error, path: &str) -> Hinted {
    let named = |kind: ContextKind| strings(error, kind).into_iter().next();
    let argument = named(ContextKind::InvalidArg).unwrap_or_default();
    let cause = std::error::Error::source(error);
    if let Some(hinted) = cause.and_then(|cause| cause.downcast_ref::<Hinted>()) {
        return match argument.starts_with("--") {
            true => Hinted::new(format!("{}: {hinted}", name(&argument)), hinted.hint.clone()),
            false => Hinted::new(hinted.to_string(), hinted.hint.clone()),
        };
    }
    let value = named(ContextKind::InvalidValue).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("there is no command `{}`", named(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => format!("there is no option `{argument}` here"),
        ErrorKind::UnknownArgument => format!("`{argument}` is one argument too many"),
        ErrorKind::MissingRequiredArgument => missing(&strings(error, ContextKind::InvalidArg)),
        ErrorKind::ArgumentConflict => {
            let others = strings(error, ContextKind::PriorArg).iter().map(|other| quoted(other)).collect::<Vec<_>>();
            match others.is_empty() || others == [quoted(&argument)] {
                true => format!("{} was given twice", quoted(&argument)),
                false => format!("{} cannot be combined with {}", quoted(&argument), others.join(" and ")),
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{} needs a value", quoted(&argument)),
        ErrorKind::InvalidValue => format!("`{value}` is not a value of {}", quoted(&argument)),
        ErrorKind::ValueValidation => {
            let why = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("`{value}` is not a value of {}{why}", quoted(&argument))
        }
        _ => first_line(error),
    };
    Hinted::new(what, hint(error, path))
}

/// What was meant, or the values that there are, or where the help is.
fn hint(error: &clap::Error, path: &str) -> String {
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand];
    let given = [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    let given: Vec<String> = given.iter().flat_map(|kind| strings(error, *kind)).collect();
    for suggested in suggested.iter().flat_map(|kind| strings(error, *kind)) {
        let known = suggested.split(' ').next().unwrap_or_default();
        if given.iter().any(|given| meant(given, [known]).is_some()) {
            return format!("did you mean `{known}`?");
        }
    }
    match strings(error, ContextKind::ValidValue).split_last() {
        Some((last, others)) if !others.is_empty() => format!("use {} or {last}", others.join(", ")),
        _ => format!("{path} -h"),
    }
}

fn missing(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", plain(name))).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb} missing", names.join(" and "))
}

/// `--format <FORMAT>` without its value.
fn name(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}

fn quoted(argument: &str) -> String {
    format!("`{}`", plain(name(argument)))
}

/// `[DOMAIN]...` without the signs of a synopsis.
fn plain(argument: &str) -> String {
    argument.replace(['<', '>', '[', ']'], "").trim_end_matches("...").to_owned()
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// clap's own sentence.
fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).replace('\'', "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> (String, String) {
        let root = crate::cli::command();
        let argv: Vec<OsString> = std::iter::once("fedctl").chain(words.iter().copied()).map(Into::into).collect();
        let error = root.clone().try_get_matches_from(&argv).unwrap_err();
        let hinted = described(&error, &path(&root, &argv));
        (hinted.to_string(), hinted.hint)
    }

    #[test]
    fn every_argument_is_named_without_the_signs_of_a_synopsis() {
        fn check(command: &Command) {
            for argument in command.get_arguments() {
                let shown = [quoted(&argument.to_string()), missing(&[argument.to_string()])];
                let is_plain = |shown: &String| !shown.contains(['<', '>', '[', ']']) && !shown.contains("...");
                assert!(shown.iter().all(is_plain), "{}: {shown:?}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        let mut root = crate::cli::command();
        root.build();
        check(&root);
    }

    #[test]
    fn every_kind_of_mistake_has_a_sentence_and_a_hint() {
        for (words, what, hint) in [
            (&["dns-chek", "a.example"][..], "there is no command `dns-chek`", "did you mean `dns-check`?"),
            (&["xyz"], "there is no command `xyz`", "fedctl -h"),
            (&["dns-check", "--fromat", "json"], "there is no option `--fromat` here", "did you mean `--format`?"),
            (&["records", "lint", "--xyz"], "there is no option `--xyz` here", "fedctl records lint -h"),
            (&["upgrade", "plan"], "`--from RELEASE` and `--to RELEASE` are missing", "fedctl upgrade plan -h"),
            (&["checks", "one"], "`one` is one argument too many", "fedctl checks -h"),
            (&["completions", "ksh"], "`ksh` is not a value of `SHELL`", "use bash, zsh, fish, powershell or elvish"),
            (&["completions", "zshh"], "`zshh` is not a value of `SHELL`", "did you mean `zsh`?"),
            (&["keygen", "--form", "xml"], "`xml` is not a value of `--form`", "use one-line, pem, json or mongosh"),
            (&["keygen", "--form"], "`--form` needs a value", "use one-line, pem, json or mongosh"),
            (&["keygen", "--form", "pem", "--form", "json"], "`--form` was given twice", "fedctl keygen -h"),
            (
                &["dns-check", "--list", "a.txt", "a.example"],
                "`--list` cannot be combined with `DOMAIN`",
                "fedctl dns-check -h",
            ),
            (&["lab", "--keep", "--list"], "`--keep` cannot be combined with `--list`", "fedctl lab -h"),
        ] {
            assert_eq!(shown(words), (what.to_owned(), hint.to_owned()), "{words:?}");
        }
    }
}
