//! Every option that takes a number or a length of time states its range, and takes or refuses any value without a panic.

use std::any::TypeId;
use std::time::Duration;

use clap::error::ErrorKind;
use fedctl::error::Hinted;

use crate::support::Fedctl;
use crate::support::world::{World, key_record, zone};

/// Values at and far beyond the ends of any range.
const EXTREMES: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775807s",
    "18446744073709551615",
    "18446744073709551616s",
    "99999999999999999999999999999999",
    "-9223372036854775808s",
    "1e400",
    "NaN",
    "inf",
    "2562047788015215h",
    "0.0000000001s",
];

/// The words of a command, and one of its options that take a number.
fn numeric_flags() -> Vec<(Vec<String>, clap::Arg)> {
    let types = [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
        TypeId::of::<usize>(),
        TypeId::of::<f64>(),
        TypeId::of::<Duration>(),
    ];
    fn walk(command: &clap::Command, path: &[String], types: &[TypeId], found: &mut Vec<(Vec<String>, clap::Arg)>) {
        let is_number = |arg: &&clap::Arg| {
            arg.get_action().takes_values() && types.iter().any(|id| arg.get_value_parser().type_id() == *id)
        };
        found.extend(command.get_arguments().filter(is_number).map(|arg| (path.to_vec(), arg.clone())));
        for child in command.get_subcommands() {
            walk(child, &[path, &[child.get_name().to_owned()]].concat(), types, found);
        }
    }
    let mut found = Vec::new();
    walk(&fedctl::cli::command(), &["fedctl".to_owned()], &types, &mut found);
    found
}

#[test]
fn every_number_states_its_range_in_help() {
    let flags = numeric_flags();
    assert!(flags.len() >= 15, "{}", flags.len());
    for (path, flag) in flags {
        let help = flag.get_long_help().or(flag.get_help()).map(ToString::to_string).unwrap_or_default();
        let has_range = help.contains("rom 0 to ") || help.contains("rom 1") || help.contains("rom 30 to ");
        assert!(has_range && help.contains(" to ") || help.contains("2048"), "{path:?} {}: {help}", flag.get_id());
    }
}

#[test]
fn no_value_of_a_number_panics_and_what_is_out_of_range_names_the_range() {
    for (path, flag) in numeric_flags() {
        let name = flag.get_long().unwrap();
        for value in EXTREMES {
            let argv = path.iter().cloned().chain([format!("--{name}={value}")]);
            let Err(error) = fedctl::cli::command().try_get_matches_from(argv) else { continue };
            // A value that is taken may still lack another argument.
            if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
                continue;
            }
            let hinted = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Hinted>());
            let hint = hinted.unwrap_or_else(|| panic!("{path:?} --{name}={value}: {error}")).hint.clone();
            assert!(hint.contains(" to ") || hint.contains("4096"), "{path:?} --{name}={value}: {hint}");
        }
        let argv = path.iter().cloned().chain([format!("--{name}=9223372036854775807s")]);
        let error = fedctl::cli::command().try_get_matches_from(argv).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{path:?} --{name}: {error}");
    }
}

/// Ports, moments, hours and intervals inside other values: whatever is taken can be used.
#[test]
fn no_number_inside_another_value_panics() {
    for value in EXTREMES {
        for args in [
            vec!["watch", "history", "b.example", "--at", value],
            vec!["watch", "diff", "b.example", value],
            vec!["watch", "b.example", "--silence", value],
            vec!["serve", "dns", "--zone", "x", "--listen", value],
        ] {
            let _ = fedctl::cli::command().try_get_matches_from(["fedctl"].into_iter().chain(args));
        }
        for option in [
            format!("--at={value}d"),
            format!("--at={value}-01-01"),
            format!("--silence={value}:00-06:00"),
            format!("--silence=b.example={value}/{value}"),
            format!("--resolver=127.0.0.1:{value}"),
            format!("--connect-to=a.example:{value}=127.0.0.1:{value}"),
            format!("--listen=127.0.0.1:{value}"),
            format!("--certificate-days={value},{value}"),
            format!("--fault=delay={value}"),
        ] {
            for words in
                [&["watch", "history", "b.example"][..], &["watch", "b.example"], &["serve", "dns", "--zone=x"]]
            {
                let argv = ["fedctl"].iter().chain(words).map(ToString::to_string).chain([option.clone()]);
                let _ = fedctl::cli::command().try_get_matches_from(argv);
            }
        }
        let _ = fedctl::commands::watch::list::parse(&format!("a.example every={value}\n"), Duration::from_secs(60));
        let port =
            fedctl::settings::Settings::of_text(&format!("port: {value}\n"), std::path::Path::new("fedctl.yaml"));
        assert!(port.is_err() || matches!(*value, "" | "1"), "{value}");
    }
    // What is taken is used too: the ends of the calendar.
    let fedctl = Fedctl::new();
    for moment in ["4294967295d", "-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z", "0s"] {
        let ran = fedctl.run(&["watch", "history", "b.example", "--data", "watch", &format!("--at={moment}")]);
        assert!(ran.status == 2 && !ran.stderr.contains("panicked"), "{moment}: {}", ran.stderr);
    }
}

#[test]
fn the_longest_times_work_and_longer_ones_are_refused() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--quiet"]);
    let key = fedctl.read("federation.pub").trim_end().to_owned();
    let mut world = World::new();
    let srv = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n";
    for host in ["ns1.mydomain.com", "ns2.mydomain.com"] {
        world.serve(host, &[("mydomain.com", zone(1, &format!("{srv}{}", key_record(&key))))], &[]);
    }
    let mut args: Vec<String> =
        ["dns-check", "mydomain.com", "--timeout", "10m", "--wait", "168h"].map(String::from).into();
    args.extend(world.flags());
    let ran = fedctl.run(&args);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let (error, hint) = fedctl.refused(&["dns-check", "mydomain.com", "--timeout", "9223372036854775807s"]);
    assert_eq!(error, "--timeout: `9223372036854775807s` is out of range");
    assert_eq!(hint, "write a time from 1ms to 10m");
}
