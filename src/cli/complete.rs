//! What TAB offers for a value: what the settings and recent runs name, check ids, releases, providers, formats, files.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::CompleteEnv;

use crate::check::CHECKS;
use crate::commands::completions::{SHELLS, VARIABLE};
use crate::commands::lab::every::scenarios;
use crate::commands::recent::Recent;
use crate::commands::watch::channel;
use crate::key::diagnosis::DefectKind;
use crate::key::{DEFAULT_BITS, SIZES};
use crate::net::resolvers::{public_resolvers, system_resolvers};
use crate::publish::provider::PROVIDERS;
use crate::render::records::FORMATS;
use crate::render::records::edit::TOOLS;
use crate::rocketchat::release::Release;
use crate::rocketchat::{boundary, quirks};
use crate::serve::dns::fault;
use crate::settings::Settings;

/// What is offered for a value, whatever was typed of it.
type Candidates = fn() -> Vec<CompletionCandidate>;
/// What is offered for a value that consists of parts.
type Parts = fn(&OsStr) -> Vec<CompletionCandidate>;

/// Answers a shell that completes; false when this is an ordinary run.
pub fn answer(argv: &[OsString]) -> Result<bool, clap::Error> {
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(super::command).var(VARIABLE).shells(SHELLS).try_complete(argv, here.as_deref())
}

/// Gives every argument whose values fedctl knows its candidates.
pub fn equip(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|arg| offer(&name, arg)).mut_subcommands(equip)
}

fn offer(command: &str, arg: Arg) -> Arg {
    if let Some(of) = candidates(command, arg.get_id().as_str(), value_name(&arg)) {
        return arg.add(ArgValueCandidates::new(of));
    }
    if let Some(of) = parts(arg.get_id().as_str()) {
        return arg.add(ArgValueCompleter::new(of));
    }
    match arg.get_value_hint() {
        ValueHint::AnyPath if value_name(&arg) == "DIR" => arg.value_hint(ValueHint::DirPath),
        ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
        _ => arg,
    }
}

fn value_name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// The candidates of an argument, by its id; `value` is the name of its value.
fn candidates(command: &str, arg: &str, value: &str) -> Option<Candidates> {
    Some(match (command, arg) {
        ("explain", "id") => explained,
        ("keygen", "bits") => bits,
        ("lab", "only") => || scenarios().map(|scenario| CompletionCandidate::new(scenario.domain)).collect(),
        (_, "suppress") => suppressible,
        (_, "domain" | "peer" | "domains" | "members" | "allow" | "allow_domains" | "zone") => domains,
        (_, "audience") => audiences,
        ("plan", "from" | "to") | ("dns-check", "releases") => every_release,
        ("init" | "configure" | "undo" | "doctor", "release") => every_release,
        ("compatibility", "one" | "other") | (_, "release" | "releases") => classic_releases,
        (_, "for_provider") => forms_and_auto,
        ("init" | "plan", "provider") => forms,
        (_, "provider" | "dns_provider") => providers,
        (_, "via") => || TOOLS.iter().map(|tool| CompletionCandidate::new(tool.id)).collect(),
        (_, "speaks") => || ["2.x", "1.x"].map(CompletionCandidate::new).into(),
        ("dns", "faults") => || fault::NAMES.map(CompletionCandidate::new).into(),
        (_, "resolvers") => resolvers,
        (_, "connect_to") => || setting("connect_to"),
        (_, "target" | "host" | "names") => || setting("target"),
        (_, "port") => || setting("port"),
        (_, "server" | "site_url" | "at_server" | "url") if value == "URL" => || setting("server"),
        (_, "hub_url" | "public_url") => || setting("hub_url"),
        _ => return None,
    })
}

/// The candidates of an argument whose value has a part before a mark and one behind it.
fn parts(arg: &str) -> Option<Parts> {
    Some(match arg {
        "zones" => origin_and_file,
        "peers" => domain_and_release,
        "alerts" => alerts,
        _ => return None,
    })
}

/// The settings of the line that is completed: those of its --config, of FEDCTL_CONFIG, or of the file that a run finds.
fn settings() -> Settings {
    let mut words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut file = std::env::var_os("FEDCTL_CONFIG").filter(|file| !file.is_empty());
    while let Some(word) = words.next() {
        match word.to_str().and_then(|word| word.strip_prefix("--config")) {
            Some("") => file = words.next().or(file),
            Some(rest) => file = rest.strip_prefix('=').map(OsString::from).or(file),
            None => {}
        }
    }
    Settings::load(file.map(PathBuf::from).as_deref()).unwrap_or_default()
}

/// The values of one setting.
fn setting(name: &str) -> Vec<CompletionCandidate> {
    let values = settings().setting(name).map(|setting| setting.values.clone());
    values.into_iter().flatten().map(CompletionCandidate::new).collect()
}

/// What has a page: the checks and the defects of keys, and the releases at which something changed.
fn explained() -> Vec<CompletionCandidate> {
    let checks = CHECKS.iter().map(|check| CompletionCandidate::new(check.id).help(Some(check.title.into())));
    let defects = DefectKind::ALL.iter().map(|kind| CompletionCandidate::new(kind.id()));
    checks.chain(defects).chain(every_release()).collect()
}

/// With the `=` behind which the reason goes.
fn suppressible() -> Vec<CompletionCandidate> {
    let candidate =
        |check: &crate::check::Check| CompletionCandidate::new(format!("{}=", check.id)).help(Some(check.title.into()));
    CHECKS.iter().map(candidate).collect()
}

/// The domains of the settings first, then those of recent runs.
fn domains() -> Vec<CompletionCandidate> {
    let settings = settings();
    let mut names: Vec<String> =
        settings.domain.iter().chain(&settings.drill_domain).map(ToString::to_string).collect();
    // The interval is behind a blank.
    let watched = settings.watch.iter().filter_map(|watched| watched.split_whitespace().next());
    let recent = Recent::read().runs;
    for name in watched.chain(recent.iter().map(|run| run.subject.as_str())) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The releases of classic federation at which something changed, and the last of each protocol.
fn classic_releases() -> Vec<CompletionCandidate> {
    offered(&[boundary::LAST_OF_1, boundary::LAST_SENDER])
}

/// Those, and the first and the newest without classic federation.
fn every_release() -> Vec<CompletionCandidate> {
    offered(&[boundary::LAST_OF_1, boundary::LAST_SENDER, boundary::REMOVED, boundary::NEWEST])
}

fn offered(more: &[Release]) -> Vec<CompletionCandidate> {
    let changes = quirks::all().flat_map(|quirk| [Some(quirk.first), quirk.until]).flatten();
    let releases: BTreeSet<Release> = changes.chain(more.iter().copied()).collect();
    releases.iter().map(|release| CompletionCandidate::new(release.to_string())).collect()
}

fn audiences() -> Vec<CompletionCandidate> {
    let named = ["all", "guide"].map(CompletionCandidate::new);
    named.into_iter().chain(classic_releases()).collect()
}

fn forms() -> Vec<CompletionCandidate> {
    FORMATS.iter().map(|format| CompletionCandidate::new(format.id).help(Some(format.title.into()))).collect()
}

fn forms_and_auto() -> Vec<CompletionCandidate> {
    let auto =
        CompletionCandidate::new("auto").help(Some("recognise the provider of the zone by its name servers".into()));
    std::iter::once(auto).chain(forms()).collect()
}

/// The providers whose API fedctl uses.
fn providers() -> Vec<CompletionCandidate> {
    PROVIDERS.iter().map(|provider| CompletionCandidate::new(provider.id).help(Some(provider.name.into()))).collect()
}

fn bits() -> Vec<CompletionCandidate> {
    let candidate = |bits: usize| {
        let help = (bits == DEFAULT_BITS).then(|| "what servers make".into());
        CompletionCandidate::new(bits.to_string()).help(help)
    };
    SIZES.map(candidate).into()
}

/// Those of the settings and of this machine, and the public ones.
fn resolvers() -> Vec<CompletionCandidate> {
    let known = system_resolvers().unwrap_or_default().into_iter().chain(public_resolvers());
    let known =
        known.map(|resolver| CompletionCandidate::new(resolver.addr.ip().to_string()).help(Some(resolver.name.into())));
    setting("resolvers").into_iter().chain(known).collect()
}

/// `ORIGIN=FILE`, or a file.
fn origin_and_file(typed: &OsStr) -> Vec<CompletionCandidate> {
    let files = PathCompleter::file();
    match typed.to_str().and_then(|text| text.split_once('=')) {
        Some((origin, file)) => {
            let prefix = format!("{origin}=");
            files.complete(OsStr::new(file)).into_iter().map(|found| found.add_prefix(prefix.as_str())).collect()
        }
        None => files.complete(typed),
    }
}

/// `DOMAIN=RELEASE`, or a domain.
fn domain_and_release(typed: &OsStr) -> Vec<CompletionCandidate> {
    match typed.to_str().and_then(|text| text.split_once('=')) {
        Some((domain, release)) => {
            let prefix = format!("{domain}=");
            let found = begins(every_release(), release);
            found.into_iter().map(|candidate| candidate.add_prefix(prefix.as_str())).collect()
        }
        None => begins(domains(), typed.to_str().unwrap_or_default()),
    }
}

/// `KIND:PLACE`; the place of a command is a file.
fn alerts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_str().unwrap_or_default();
    match typed.strip_prefix("command:") {
        Some(file) => {
            let files = PathCompleter::file().complete(OsStr::new(file));
            files.into_iter().map(|found| found.add_prefix("command:")).collect()
        }
        None => begins(channel::KINDS.map(|kind| CompletionCandidate::new(format!("{kind}:"))).into(), typed),
    }
}

fn begins(all: Vec<CompletionCandidate>, typed: &str) -> Vec<CompletionCandidate> {
    all.into_iter().filter(|candidate| candidate.get_value().to_string_lossy().starts_with(typed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arguments for which nothing is offered, and why.
    const FREE: &[(&[&str], &str)] = &[
        (
            &["timeout", "deadline", "wait", "settle", "every", "link_lifetime", "silences", "at", "before", "after"],
            "a time",
        ),
        (
            &[
                "ttl",
                "low_ttl",
                "jobs",
                "qps",
                "confirm",
                "certificate_days",
                "key_days",
                "days",
                "keep",
                "mails_per_day",
                "registrations_per_hour",
                "searches_per_minute",
                "connections",
            ],
            "a number",
        ),
        (&["listen", "callback", "page", "upstream"], "a place on this machine"),
        (&["server", "dns_server", "own_address", "trusted_proxies"], "an address that no setting holds"),
        (&["code_command", "token_command", "dns_token_command"], "a line for a shell"),
        (&["endpoint", "dns_endpoint", "database", "smtp"], "a URL that no setting holds"),
        (&["zone_id", "user", "users", "mail_from"], "a name that only its owner knows"),
    ];

    /// What an argument of a command takes, and what is offered for it.
    fn each(command: &Command, path: &str, look: &mut impl FnMut(&str, &Arg)) {
        for arg in command.get_arguments() {
            if arg.get_num_args().is_some_and(|count| count.takes_values()) {
                look(path, arg);
            }
        }
        for sub in command.get_subcommands() {
            each(sub, &format!("{path} {}", sub.get_name()), look);
        }
    }

    #[test]
    fn something_is_decided_for_every_value() {
        let mut command = super::super::command();
        command.build();
        let mut free = Vec::new();
        each(&command, "fedctl", &mut |path, arg| {
            let (id, hint) = (arg.get_id().as_str(), arg.get_value_hint());
            let ours = arg.get::<ArgValueCandidates>().is_some() || arg.get::<ArgValueCompleter>().is_some();
            let is_path = matches!(hint, ValueHint::FilePath | ValueHint::DirPath);
            let offered = ours || !arg.get_possible_values().is_empty() || is_path;
            let listed = FREE.iter().any(|(ids, _)| ids.contains(&id));
            if listed && !offered {
                free.push(id.to_owned());
            }
            assert!(offered || listed, "nothing is offered for `{id}` of `{path}`: see src/cli/complete.rs");
            // A file is named where a file is meant, and nowhere else.
            let named = ["FILE", "DIR", "A", "B", "A.json"].contains(&value_name(arg));
            assert_eq!(is_path, named && !ours, "`{id}` of `{path}` is a {hint:?}");
        });
        for (ids, why) in FREE {
            for id in *ids {
                assert!(free.iter().any(|known| known == id), "`{id}` ({why}) is no free value of any command");
            }
        }
    }

    #[test]
    fn the_parts_of_a_value_are_offered_behind_each_other() {
        let values = |found: Vec<CompletionCandidate>| -> Vec<String> {
            found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
        };
        assert!(values(domain_and_release(OsStr::new("peer.example=6.3"))).contains(&"peer.example=6.3.0".to_owned()));
        assert_eq!(values(alerts(OsStr::new("web"))), ["webhook:"]);
        assert!(values(alerts(OsStr::new("command:Cargo.t"))).contains(&"command:Cargo.toml".to_owned()));
        assert_eq!(values(origin_and_file(OsStr::new("mydomain.test=Cargo.t"))), ["mydomain.test=Cargo.toml"]);
        assert_eq!(values(origin_and_file(OsStr::new("Cargo.t"))), ["Cargo.toml"]);
    }
}
