//! Help: commands in groups on one screen, and per command only the options that mean something there.

use std::fmt::Write as _;

use clap::builder::styling::Style;
use clap::builder::{StyledStr, Styles};
use clap::{Arg, Command};

use crate::term::width;

/// Which group each command is in, in the order of the help. `help` is not listed.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Set up", &["init", "keygen", "records", "configure", "register", "proxy"]),
    ("Diagnose", &["doctor", "dns-check", "handshake", "drill", "mesh", "explain"]),
    ("Operate", &["status", "watch", "rotate"]),
    ("Servers", &["serve", "lab"]),
    (
        "Reference",
        &["checks", "compatibility", "config", "diff", "envelope", "hub", "key", "upgrade", "completions", "man"],
    ),
];

/// Columns of the screen that the short help fits.
const SCREEN: usize = 80;

/// Options of a command whose presence shows that it uses the network, so that `--timeout` and `--deadline` mean something.
const NETWORK: &[&str] = &["resolvers", "hub_url", "connect_to"];
/// Options that `-h` leaves to `--help`: few people need them, and short help is one screen.
const RARE: &[&str] = &[
    "accept_leftovers",
    "alert_severity",
    "at_server",
    "allow_domain",
    "allow_plain_http",
    "allow_private",
    "code_command",
    "dns_endpoint",
    "dns_provider",
    "dns_server",
    "dns_token_command",
    "dns_token_file",
    "site_url",
    "callback_cert",
    "callback_cert_key",
    "ca_file",
    "ca_out",
    "cert",
    "cert_key",
    "certificate_days",
    "silences",
    "confirm",
    "jobs",
    "join",
    "keep",
    "keep_room",
    "key_days",
    "names",
    "native",
    "no_verify",
    "remove",
    "color",
    "config",
    "connect_to",
    "connections",
    "database_ca",
    "deadline",
    "endpoint",
    "gate_open",
    "faithful_bypass",
    "fail_on",
    "link_lifetime",
    "log_format",
    "mail_from",
    "mail_to_log",
    "mails_per_day",
    "own_address",
    "passphrase_file",
    "port",
    "probe_any",
    "probe_bypass",
    "protocol",
    "qps",
    "quiet",
    "rate_limits",
    "registrations_per_hour",
    "replay",
    "ttl",
    "resolvers",
    "resume",
    "save",
    "searches_per_minute",
    "settle",
    "smtp_ca",
    "speaks",
    "state",
    "suppress",
    "sync_config",
    "system_only",
    "timeout",
    "token_command",
    "token_file",
    "trusted_proxy",
    "undo",
    "via_file",
    "verbose",
    "version",
    "target",
    "zone",
    "zone_id",
];
/// Commands whose short help has such an option all the same.
const NEEDED: &[(&str, &str)] = &[("lab", "keep"), ("records", "target"), ("apply", "target"), ("diff", "target")];
/// Columns of the group and of the name of a command.
const GROUP: usize = 11;
const NAME: usize = 11;

/// Gives the command line its help pages.
pub fn dress(root: Command) -> Command {
    let globals: Vec<Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let short = if width() < SCREEN { narrow(&root) } else { short(&root) };
    let long = long(&root);
    let mut root = root.help_template("{before-help}").before_help(short).before_long_help(long);
    let names: Vec<String> = root.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        root = root.mut_subcommand(name, |command| fit(command, &globals));
    }
    root
}

/// Hides the global options that mean nothing for this command, and what does not fit into short help.
fn fit(mut command: Command, globals: &[Arg]) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|child| child.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |child| fit(child, globals));
    }
    let has = |ids: &[&str]| command.get_arguments().any(|arg| ids.contains(&arg.get_id().as_str()));
    let (connects, reports) = (has(NETWORK), command.get_arguments().any(writes_reports));
    // Their answers are no reports. The exit status of one depends on the severity all the same, that of the other on checks.
    let judges = reports || command.get_name() == "compatibility";
    let suppresses = reports || command.get_name() == "mesh";
    // clap gives a command the global options that it does not have yet.
    let fitting = globals.iter().map(|arg| match arg.get_id().as_str() {
        "timeout" | "deadline" => arg.clone().hide(!connects),
        "fail_on" => arg.clone().hide(!judges),
        "suppress" => arg.clone().hide(!suppresses),
        _ => arg.clone(),
    });
    command = command.args(fitting.collect::<Vec<Arg>>());
    let name = command.get_name().to_owned();
    command.disable_help_subcommand(true).mut_args(|arg| shorten(&name, arg))
}

/// Short help leaves rare options out, and of the others it shows what stands before the first semicolon.
fn shorten(command: &str, arg: Arg) -> Arg {
    let id = arg.get_id().as_str();
    let is_rare = RARE.contains(&id) && !NEEDED.contains(&(command, id));
    let arg = if is_rare { arg.hide_short_help(true) } else { arg };
    if arg.is_hide_short_help_set() {
        // Manual pages take nothing but the long help of such an option.
        return match arg.get_long_help().or(arg.get_help()).cloned() {
            Some(whole) => arg.long_help(whole),
            None => arg,
        };
    }
    let help = arg.get_help().filter(|_| arg.get_long_help().is_none()).map(ToString::to_string);
    match help.as_deref().and_then(|whole| Some((whole, whole.split_once("; ")?.0))) {
        Some((whole, start)) => {
            let start = if start.matches('(').count() > start.matches(')').count() { whole } else { start };
            arg.long_help(whole.to_owned()).help(start.to_owned())
        }
        None => arg,
    }
}

/// The option takes the formats of a report.
fn writes_reports(arg: &Arg) -> bool {
    matches!(arg.get_id().as_str(), "format" | "report")
        && arg.get_possible_values().iter().any(|value| value.get_name() == "junit")
}

/// The commands of a group that exist, each with its summary.
fn members<'a>(root: &'a Command, names: &'a [&str]) -> impl Iterator<Item = (&'a str, String)> {
    names.iter().filter_map(|name| {
        let command = root.find_subcommand(name)?;
        Some((*name, command.get_about().map(ToString::to_string).unwrap_or_default()))
    })
}

/// One screen: all but the last group with a line for each command.
fn short(root: &Command) -> StyledStr {
    let styles = root.get_styles().clone();
    let mut out = head(root, &styles, false) + "\n";
    let last = GROUPS.len() - 1;
    for (at, (group, names)) in GROUPS.iter().enumerate() {
        out += &heading(&styles, group, GROUP);
        if at == last {
            let list = members(root, names).map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            out += &textwrap::wrap(&list, SCREEN - GROUP).join(&format!("\n{}", " ".repeat(GROUP)));
            continue;
        }
        for (row, (name, about)) in members(root, names).enumerate() {
            let indent = if row == 0 { String::new() } else { format!("\n{}", " ".repeat(GROUP)) };
            let _ = write!(out, "{indent}{}{about}", literal(&styles, name, NAME));
        }
    }
    out += "\n\n`fedctl COMMAND -h` lists its options, `fedctl --help` all of this in full.";
    StyledStr::from(out)
}

/// The same for a terminal in which the summaries have no room beside the names.
fn narrow(root: &Command) -> StyledStr {
    let styles = root.get_styles().clone();
    let mut out = head(root, &styles, false) + "\n";
    for (group, names) in GROUPS {
        out += &heading(&styles, group, 0);
        for (name, about) in members(root, names) {
            let _ = write!(out, "\n  {}\n    {about}", literal(&styles, name, 0));
        }
        out.push('\n');
    }
    out += "\n`fedctl COMMAND -h` lists its options, `fedctl --help` all of this in full.";
    StyledStr::from(out)
}

/// Everything: the summary, each group under its heading, the options of all commands.
fn long(root: &Command) -> StyledStr {
    let styles = root.get_styles().clone();
    let mut out = head(root, &styles, true) + "\n";
    let longest = GROUPS.iter().flat_map(|(_, names)| names.iter()).map(|name| name.len()).max().unwrap_or(NAME);
    for (group, names) in GROUPS {
        out += &heading(&styles, &format!("{group}:"), 0);
        for (name, about) in members(root, names) {
            let _ = write!(out, "\n  {}{about}", literal(&styles, name, longest + 2));
        }
        out.push('\n');
    }
    out += &heading(&styles, "Options:", 0);
    let options =
        root.get_arguments().map(|arg| (spelling(arg), arg.get_help().map(ToString::to_string).unwrap_or_default()));
    let own = [("-h, --help", "Print help: -h on one screen, --help in full"), ("-V, --version", "Print the version")];
    for (option, help) in options.chain(own.map(|(option, help)| (option.to_owned(), help.to_owned()))) {
        let _ = write!(out, "\n  {}\n          {help}", literal(&styles, &option, 0));
    }
    let _ = write!(
        out,
        "\n{}\n  0 nothing wrong, 1 something is wrong, 2 fedctl could not do its job (docs/exit-codes.md)\n{}\n  {}",
        heading(&styles, "Exit status:", 0),
        heading(&styles, "Examples:", 0),
        ["fedctl init", "fedctl doctor", "fedctl handshake peer.example"].join("\n  "),
    );
    StyledStr::from(out)
}

fn head(root: &Command, styles: &Styles, long: bool) -> String {
    let about = if long { root.get_long_about().or(root.get_about()) } else { root.get_about() };
    let about = about.map(ToString::to_string).unwrap_or_default();
    // Short help is one screen, so it spends no line on space here.
    let space = if long { "\n" } else { "" };
    format!("{about}{space}{} {}", heading(styles, "Usage:", 0), literal(styles, "fedctl COMMAND [OPTIONS]", 0))
}

/// `-q, --quiet` or `--color <WHEN>`.
fn spelling(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_else(|| "    ".into());
    let values = arg.get_value_names().filter(|_| arg.get_action().takes_values()).unwrap_or_default();
    let values: String = values.iter().map(|value| format!(" <{value}>")).collect();
    format!("{short}--{}{values}", arg.get_long().unwrap_or_default())
}

/// Begins a line. The line break is part of the styled text, because clap counts columns from there when it wraps.
fn heading(styles: &Styles, text: &str, width: usize) -> String {
    format!("{}{}", styled(*styles.get_header(), &format!("\n{text}")), gap(text, width))
}

fn literal(styles: &Styles, text: &str, width: usize) -> String {
    format!("{}{}", styled(*styles.get_literal(), text), gap(text, width))
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Blanks up to the next column; none behind what is no column.
fn gap(text: &str, width: usize) -> String {
    match width {
        0 => String::new(),
        _ => " ".repeat(width.saturating_sub(text.chars().count()).max(2)),
    }
}
