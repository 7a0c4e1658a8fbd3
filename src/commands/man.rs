//! `fedctl man`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::Context;
use super::key_file::{Access, Pending};
use crate::count::counted;
use crate::error::{ExitStatus, hinted};
use crate::settings::SETTINGS;
use crate::term::WIDTH_RANGE;
use crate::text::Filtered;

/// Write the manual pages
///
/// With a directory, writes one page for each command into it, and makes the directory if it does not exist. Without one,
/// prints the page of fedctl.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl man | man -l -\n  fedctl man /usr/local/share/man/man1")]
pub struct Man {
    /// Directory for one page for each command; without it the page of fedctl goes to stdout
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let pages = pages(&cx.command)?;
        let Some(dir) = &self.dir else {
            cx.term.answer(String::from_utf8_lossy(&pages[0].1))?;
            return Ok(ExitStatus::Clean);
        };
        if dir.is_file() {
            return Err(hinted(format!("`{}` is a file, not a directory", dir.display()), "give another directory"));
        }
        std::fs::create_dir_all(dir).with_context(|| format!("`{}` cannot be made", dir.display()))?;
        for (name, page) in &pages {
            let path = dir.join(name);
            Pending::write(&path, &Filtered::own(&String::from_utf8_lossy(page)), Access::Everybody, true)?.commit()?;
        }
        cx.term.status(format_args!("{} in {}", counted(pages.len(), "page"), dir.display()));
        Ok(ExitStatus::Clean)
    }
}

/// Every page, that of fedctl first: its file name and its text in roff.
pub fn pages(command: &Command) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut root = command.clone().help_template("{all-args}");
    root.build();
    let mut pages = Vec::new();
    collect(&root, "fedctl", None, &mut pages)?;
    Ok(pages)
}

fn children(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|child| child.get_name() != "help" && !child.is_hide_set())
}

fn collect(
    command: &Command,
    name: &str,
    above: Option<&str>,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> anyhow::Result<()> {
    pages.push((format!("{name}.1"), page(command, name, above)?));
    for child in children(command) {
        collect(child, &format!("{name}-{}", child.get_name()), Some(name), pages)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str, above: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    let man = Page::new(command.clone().name(name.to_owned())).manual("fedctl");
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if children(command).next().is_some() {
        man.render_subcommands_section(&mut text)?;
    }
    examples(command).to_writer(&mut text)?;
    exit_status().to_writer(&mut text)?;
    files().to_writer(&mut text)?;
    environment(command).to_writer(&mut text)?;
    see_also(command, name, above).to_writer(&mut text)?;
    Ok(text)
}

/// The usage lines, with the names of values in italics.
fn synopsis(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    for (at, line) in usage.trim_start_matches("Usage:").lines().map(str::trim).enumerate() {
        if at > 0 {
            roff.control("br", []);
        }
        let words = line.split(' ').flat_map(|word| {
            let plain = word.replace(['<', '>'], "");
            let is_value =
                word.contains('<') || word.contains('[') || word.bytes().all(|byte| byte.is_ascii_uppercase());
            [if is_value { italic(plain) } else { bold(plain) }, roman(" ")]
        });
        roff.text(words.collect::<Vec<_>>());
    }
    roff
}

/// The command lines at the end of the long help.
fn examples(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    if !lines.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for line in lines {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}

fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in [
        ("0", "nothing at or above --fail-on was found, or the work is done"),
        ("1", "the report has findings at or above --fail-on"),
        ("2", "fedctl could not do its job: wrong arguments, unreadable files, nothing to report on"),
    ] {
        roff.control("TP", []).text([bold(status)]).text([roman(meaning)]);
    }
    roff.text([roman("With --format nagios the status is that of a monitoring plugin: 0, 1, 2 or 3.")]);
    roff
}

fn files() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["FILES"]);
    for (file, meaning) in [
        ("fedctl.yaml", "settings, in the working directory; else ~/.config/fedctl/fedctl.yaml"),
        ("~/.local/state/fedctl/recent.json", "what earlier runs found, for fedctl status and for completion"),
    ] {
        roff.control("TP", []).text([italic(file)]).text([roman(meaning)]);
    }
    roff
}

/// The variables that this command reads: its own options and the settings, and those of every command.
fn environment(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    let mut entry = |name: String, meaning: &str| {
        roff.control("TP", []).text([bold(name)]).text([roman(meaning)]);
    };
    let takes = |id: &str| command.get_arguments().any(|arg| arg.get_id().as_str() == id);
    let everything = command.get_name() == "fedctl";
    for (name, meaning) in SETTINGS.iter().filter(|(name, _)| everything || takes(name)) {
        entry(format!("FEDCTL_{}", name.to_ascii_uppercase()), meaning);
    }
    if everything || takes("passphrase_file") {
        entry("FEDCTL_PASSPHRASE".into(), "the passphrase of the private key");
    }
    entry("FEDCTL_CONFIG".into(), "the settings file, as --config");
    entry("NO_COLOR".into(), "not empty: no colour");
    let (least, most) = WIDTH_RANGE.into_inner();
    entry("COLUMNS".into(), &format!("the width of the text, from {least} to {most}"));
    roff
}

fn see_also(command: &Command, name: &str, above: Option<&str>) -> Roff {
    let mut pages: Vec<String> = above.iter().map(|above| (*above).to_owned()).collect();
    if above.is_some_and(|above| above != "fedctl") {
        pages.push("fedctl".into());
    }
    pages.extend(children(command).map(|child| format!("{name}-{}", child.get_name())));
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let last = pages.len().saturating_sub(1);
    let shown = pages
        .iter()
        .enumerate()
        .flat_map(|(at, page)| [bold(page.clone()), roman(if at < last { "(1), " } else { "(1)" })]);
    roff.text(shown.collect::<Vec<_>>());
    roff
}
