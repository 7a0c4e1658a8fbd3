//! `records apply --via`: the records go into the configuration of a tool that people already have, and the tool's own preview
//! shows what it will do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use sha2::{Digest, Sha256};

use super::Apply;
use crate::commands::Context;
use crate::commands::confirm::confirm;
use crate::commands::key_file::{Access, Pending};
use crate::dns::name::Host;
use crate::dns::provider::recognise;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::dns::ZoneCut;
use crate::file::read;
use crate::net::delegation;
use crate::publish::provider::hosting;
use crate::publish::state::{Place, SavedState};
use crate::render::records::changes::{self, Planned};
use crate::render::records::edit::{Edited, File, TOOLS, Tool, edit};
use crate::rocketchat::change::Change;
use crate::rocketchat::records::Plan;
use crate::text::Filtered;

/// Which tool, and which file of it.
#[derive(Debug, Clone, Default, Args)]
pub struct ViaArgs {
    /// Change the configuration of this tool and not the zone: dnscontrol, octodns or terraform
    #[arg(long, value_name = "TOOL", value_parser = tool, requires = "via_file", conflicts_with_all = ["server", "endpoint"])]
    pub via: Option<&'static Tool>,
    /// The file to change: dnsconfig.js, the YAML file of the zone, or a .tf file
    #[arg(long = "file", value_name = "FILE", requires = "via")]
    via_file: Option<PathBuf>,
    /// The configuration that octodns-sync reads, for its preview
    #[arg(long, value_name = "FILE", requires = "via")]
    sync_config: Option<PathBuf>,
}

fn tool(id: &str) -> Result<&'static Tool, Hinted> {
    let ids = || TOOLS.iter().map(|tool| tool.id).collect::<Vec<_>>().join(", ");
    let known = TOOLS.iter().find(|tool| tool.id == id);
    known.ok_or_else(|| {
        let hint = format!("one of {}; `fedctl records formats` lists what is printed for others", ids());
        Hinted::new(format!("fedctl does not change files of a tool `{id}`"), hint)
    })
}

impl ViaArgs {
    /// Puts the records into the file, after a question.
    pub fn apply(&self, cx: &Context, apply: &Apply, tool: &'static Tool) -> anyhow::Result<ExitStatus> {
        let path = self.via_file.clone().unwrap_or_default();
        let zone = apply.options.zone().cloned();
        let cut = if zone.is_some() { None } else { Some(zone_cut(cx, apply)?) };
        let apex = zone.as_ref().or(cut.as_ref().map(|cut| &cut.apex));
        let plan = apply.options.plan(cx, apex)?;
        plan.warnings.iter().for_each(|warning| cx.term.warn(warning));
        let before = read::text(&path, &read::TOOL)?;
        let edited = edit(tool, &File { text: &before, plan: &plan, provider: provider(apply, cut.as_ref()) })
            .map_err(|why| hinted(format!("`{}`: {why}", path.display()), why.hint))?;
        cx.term.status(description(cx, &path, &plan, &edited));
        if edited.text == **before {
            cx.term.status("there is nothing to do, and the file was not changed");
            return Ok(ExitStatus::Clean);
        }
        cx.term.verbatim(&edited.diff);
        if !apply.yes && !confirm(&cx.term, &format!("Change {}?", path.display()))? {
            cx.term.status("nothing was changed; --yes changes the file without a question");
            return Ok(ExitStatus::Clean);
        }
        let saved = write(apply, &Rewrite { tool, path: &path, plan: &plan, before: &before, edited: &edited })?;
        cx.term.status(format_args!("changed; to undo it: fedctl records undo {}", read::in_command(&saved)));
        let preview = self.command(tool, &path, &plan.set.zone, false);
        if tool.id == "octodns" && self.sync_config.is_none() {
            cx.term.status(format_args!("--sync-config FILE runs the preview: {}", shown(&preview)));
        } else {
            run_preview(cx, tool, &path, &preview, &saved)?;
        }
        let publish = self.command(tool, &path, &plan.set.zone, true);
        cx.term.status(format_args!("next: {}", shown(&publish)));
        cx.term.status(format_args!("then: fedctl dns-check {} --wait", plan.set.domain));
        Ok(ExitStatus::Clean)
    }

    /// The command of the tool that shows what it would do, or that does it.
    fn command(&self, tool: &Tool, path: &Path, zone: &Host, publish: bool) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![tool.program.into()];
        match tool.id {
            "dnscontrol" => {
                words.push(if publish { "push" } else { "preview" }.into());
                let name = path.file_name().unwrap_or(path.as_os_str());
                words.extend(["--config".into(), name.to_owned(), "--domains".into(), zone.as_str().into()]);
            }
            "octodns" => {
                let config = self.sync_config.clone().unwrap_or_else(|| "CONFIG".into());
                words.extend(["--config-file".into(), config.into_os_string(), zone.absolute().into()]);
                words.extend(publish.then(|| "--doit".into()));
            }
            _ => words.extend([if publish { "apply" } else { "plan" }.into(), "-input=false".into()]),
        }
        if publish && tool.id == "terraform" {
            words.pop();
        }
        words
    }
}

/// A file of a tool, and what it becomes.
struct Rewrite<'a> {
    tool: &'a Tool,
    path: &'a Path,
    plan: &'a Plan,
    before: &'a str,
    edited: &'a Edited,
}

/// Replaces the file, when it still holds what the plan was made from.
fn write(apply: &Apply, rewrite: &Rewrite) -> anyhow::Result<PathBuf> {
    let Rewrite { tool, path, plan, before, edited } = *rewrite;
    let real = path.canonicalize()?;
    let place =
        Place::File { tool: tool.id.into(), path: real, before: before.to_owned(), sha256: digest(&edited.text) };
    let needed: Vec<Change> = edited.changes.iter().filter(|change| change.is_needed()).cloned().collect();
    let saved = apply.save(place, plan, &needed)?;
    let replaced = replace(path, before, &edited.text);
    if replaced.is_err() {
        // There is nothing to undo.
        let _ = std::fs::remove_file(&saved);
    }
    replaced.map(|()| saved)
}

/// Runs the tool's own preview; its output goes where fedctl's goes.
fn run_preview(cx: &Context, tool: &Tool, path: &Path, words: &[OsString], saved: &Path) -> anyhow::Result<()> {
    cx.term.status(format_args!("preview: {}", shown(words)));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    // dnscontrol and terraform look for their other files in the current directory.
    if let Some(dir) = path.parent().filter(|dir| tool.id != "octodns" && !dir.as_os_str().is_empty()) {
        command.current_dir(dir);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let hint = format!("the file is changed; fedctl records undo {}", read::in_command(saved));
            Err(hinted(format!("the preview of {} failed ({status})", tool.program), hint))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            cx.term.status(format_args!("{} is not installed here, so there is no preview", tool.program));
            Ok(())
        }
        Err(error) => Err(hinted(format!("{} cannot be run: {error}", tool.program), "run the preview by itself")),
    }
}

fn shown(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The plan, as for a zone.
fn description(cx: &Context, path: &Path, plan: &Plan, edited: &Edited) -> String {
    let heading = format!("zone {} in {}", plan.set.zone, path.display());
    let rest = "the rest of the file stays as it is";
    let planned = Planned { set: &plan.set, changes: &edited.changes, foreign: &edited.foreign, rest };
    changes::plan(&heading, &planned, cx.term.width)
}

fn zone_cut(cx: &Context, apply: &Apply) -> anyhow::Result<ZoneCut> {
    let domain = apply.options.domain(cx)?;
    let net = apply.place.net(cx, &apply.network)?;
    let found = cx.block_on(async { Ok(delegation::find(&net, &net.resolver_addrs(), &domain).await) })?;
    found.map_err(|why| hinted(format!("the zone of `{domain}` was not found: {why}"), "name it with --zone ZONE"))
}

/// The provider that was named, or that the delegation tells.
fn provider(apply: &Apply, cut: Option<&ZoneCut>) -> Option<&'static str> {
    let named = apply.place.provider.provider;
    named.or_else(|| recognise(cut?.server_names()).and_then(hosting)).map(|provider| provider.id)
}

/// Replaces the file in one step.
fn replace(path: &Path, expected: &str, text: &str) -> anyhow::Result<()> {
    if **read::text(path, &read::TOOL)? != *expected {
        let what = format!("`{}` has changed since the plan was made; nothing was changed", path.display());
        return Err(hinted(what, "run the same command again for a new plan"));
    }
    Pending::write(path, &Filtered::own(text), Access::AsBefore, true)?.commit()
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts back what the file held before.
pub fn undo(cx: &Context, saved: &SavedState, yes: bool) -> anyhow::Result<ExitStatus> {
    let Place::File { path, before, sha256, .. } = &saved.place else { return Ok(ExitStatus::Clean) };
    let shown = path.display();
    let now = read::text(path, &read::TOOL)?;
    if digest(&now) != *sha256 {
        let what = format!("`{shown}` is not as apply left it; nothing was changed");
        return Err(hinted(what, "undo the changes manually: the state file contains the text from before"));
    }
    if !yes && !confirm(&cx.term, &format!("Restore {shown}?"))? {
        cx.term.status("nothing was changed; --yes restores the file without a question");
        return Ok(ExitStatus::Clean);
    }
    replace(path, &now, before)?;
    cx.term.status(format_args!("{shown} is as it was before"));
    Ok(ExitStatus::Clean)
}
