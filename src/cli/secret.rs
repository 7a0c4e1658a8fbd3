//! Secrets among the arguments: every user of the machine can read them in the process list.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use url::Url;

/// The kinds of `--alert` whose URL is a secret by itself.
const SECRET_URLS: [&str; 2] = ["webhook:", "rocketchat:"];

/// One warning for each option that was given a password or a secret URL and that a variable could hold instead. Options whose
/// variable help does not show (`hide_env_values`) may hold one.
pub fn exposed(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let given = |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let secret = |arg: &&Arg| {
        let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
        values.filter_map(|value| value.to_str()).any(holds_secret)
    };
    let args = command.get_arguments().filter(|arg| arg.is_hide_env_values_set()).filter(given).filter(secret);
    let mut found: Vec<String> = args.map(warning).collect();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        found.extend(exposed(command, matches));
    }
    found
}

fn warning(arg: &Arg) -> String {
    let option = arg.get_long().unwrap_or_default();
    let variable = arg.get_env().unwrap_or_default().to_string_lossy();
    format!("the secret in --{option} is in the process list of this machine: set {variable} instead")
}

fn holds_secret(value: &str) -> bool {
    let (is_secret, url) = match SECRET_URLS.iter().find_map(|kind| value.strip_prefix(kind)) {
        Some(url) => (true, url),
        None => (false, value.strip_prefix("alertmanager:").unwrap_or(value)),
    };
    Url::parse(url).is_ok_and(|url| is_secret || url.password().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_the_url_of_a_webhook_are_secrets() {
        for secret in [
            "smtps://me:pw@mail.example.org",
            "postgres://me:pw@db.example.org/fedctl",
            "webhook:https://hooks.example.org/s3cret",
            "rocketchat:https://chat.example.org/hooks/a/b",
            "alertmanager:https://me:pw@alerts.example.org",
        ] {
            assert!(holds_secret(secret), "{secret}");
        }
        for plain in ["smtp://localhost:25", "postgres://me@db.example.org/fedctl", "mailto:a@b.example", "command:x"] {
            assert!(!holds_secret(plain), "{plain}");
        }
    }
}
