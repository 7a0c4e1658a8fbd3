//! `fedctl completions` and `fedctl man`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;

use super::Context;
use crate::error::ExitStatus;

/// Print the completion script of a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// Write the manual pages
#[derive(Debug, Args)]
pub struct Man {
    /// Directory for one page a command; without it the page of fedctl goes to stdout
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        cx.term.answer(script(self.shell, &cx.command))?;
        Ok(ExitStatus::Clean)
    }
}

/// The completion script of a shell.
pub fn script(shell: Shell, command: &clap::Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), "fedctl", &mut script);
    script
}

impl Man {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.dir {
            None => cx.term.answer(page(cx.command.clone())?)?,
            Some(dir) => {
                for (name, page) in pages(&cx.command)? {
                    let path = dir.join(&name);
                    std::fs::write(&path, page).with_context(|| format!("`{}` cannot be written", path.display()))?;
                }
            }
        }
        Ok(ExitStatus::Clean)
    }
}

/// Every page: its file name and its text in roff.
pub fn pages(command: &clap::Command) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = Vec::new();
    let mut root = command.clone();
    root.build();
    collect(&root, "fedctl", &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    pages.push((format!("{name}.1"), page(command.clone().name(name.to_owned()))?));
    for child in command.get_subcommands().filter(|child| child.get_name() != "help" && !child.is_hide_set()) {
        collect(child, &format!("{name}-{}", child.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(text)
}
