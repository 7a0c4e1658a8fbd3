//! What TAB offers for a value: domains of the settings and of recent runs, check ids, releases, formats of records.

use std::ffi::OsString;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::CompleteEnv;

use crate::check::CHECKS;
use crate::commands::completions::{SHELLS, VARIABLE};
use crate::commands::recent::Recent;
use crate::render::records::FORMATS;
use crate::rocketchat::quirks;
use crate::rocketchat::release::Release;
use crate::settings::Settings;

/// Answers a shell that completes; false when this is an ordinary run.
pub fn answer(argv: &[OsString]) -> Result<bool, clap::Error> {
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(super::command).var(VARIABLE).shells(SHELLS).try_complete(argv, here.as_deref())
}

/// Gives every option whose values fedctl knows its candidates.
pub fn equip(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|arg| offer(&name, arg)).mut_subcommands(equip)
}

fn offer(command: &str, arg: Arg) -> Arg {
    let candidates = |of: fn() -> Vec<CompletionCandidate>| ArgValueCandidates::new(of);
    match (command, arg.get_id().as_str()) {
        ("explain", "id") => arg.add(candidates(checks)),
        (_, "suppress") => arg.add(candidates(suppressible)),
        (_, "domain" | "peer" | "domains" | "members") => arg.add(candidates(domains)),
        (_, "audience") => arg.add(candidates(audiences)),
        ("compatibility", "one" | "other") | (_, "release" | "releases" | "view") => arg.add(candidates(releases)),
        (_, "provider" | "for_provider") => arg.add(candidates(providers)),
        _ => arg,
    }
}

fn checks() -> Vec<CompletionCandidate> {
    CHECKS.iter().map(|check| CompletionCandidate::new(check.id).help(Some(check.title.into()))).collect()
}

/// With the `=` behind which the reason goes.
fn suppressible() -> Vec<CompletionCandidate> {
    let candidate =
        |check: &crate::check::Check| CompletionCandidate::new(format!("{}=", check.id)).help(Some(check.title.into()));
    CHECKS.iter().map(candidate).collect()
}

/// The domain of the settings first, then those of recent runs.
fn domains() -> Vec<CompletionCandidate> {
    let own = Settings::load(None).ok().and_then(|settings| settings.domain);
    let mut names: Vec<String> = own.iter().map(ToString::to_string).collect();
    for run in Recent::read().runs {
        if !names.contains(&run.subject) {
            names.push(run.subject);
        }
    }
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The releases at which something changed.
fn releases() -> Vec<CompletionCandidate> {
    let mut releases: Vec<Release> =
        quirks::all().flat_map(|quirk| [Some(quirk.first), quirk.until]).flatten().collect();
    releases.sort_unstable();
    releases.dedup();
    releases.iter().map(|release| CompletionCandidate::new(release.to_string())).collect()
}

fn audiences() -> Vec<CompletionCandidate> {
    let named = ["all", "guide"].map(CompletionCandidate::new);
    named.into_iter().chain(releases()).collect()
}

fn providers() -> Vec<CompletionCandidate> {
    let auto = CompletionCandidate::new("auto").help(Some("find out from DNS who hosts the zone".into()));
    let formats = FORMATS.iter().map(|format| CompletionCandidate::new(format.id).help(Some(format.title.into())));
    std::iter::once(auto).chain(formats).collect()
}
