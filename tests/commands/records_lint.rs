//! `fedctl records lint`: files of records in each form.

use serde_json::Value;

use super::records::{printed, validate, with_key};
use crate::support::{Fedctl, Ran};

fn lint(fedctl: &Fedctl, format: &str, text: &str, more: &[&str]) -> Ran {
    let args: Vec<&str> = ["records", "lint", "--format", format].iter().chain(more).copied().collect();
    fedctl.run_with(&args, text)
}

/// The ids of the findings, worst first.
fn findings(ran: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let ids = report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn what_records_prints_is_clean_in_every_form() {
    let (fedctl, _) = with_key();
    for line in fedctl.ok(&["records", "formats"]).lines() {
        let id = line.split(' ').next().unwrap();
        let ran = lint(&fedctl, id, &printed(&fedctl, id), &["--report", "json", "--key", "federation.pub"]);
        assert_eq!((ran.status, findings(&ran)), (0, Vec::new()), "{id}: {}", ran.stderr);
        validate("docs/report.schema.json", &ran.stdout);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (&report["subject"], report["skipped"].as_array().unwrap().len()),
            (&"mydomain.com".into(), 0),
            "{id}"
        );
        assert_eq!(report["generations"][3]["url"], "https://chat.mydomain.com:443", "{id}");
    }
}

#[test]
fn the_value_alone_is_clean_in_every_form_with_boxes() {
    let (fedctl, _) = with_key();
    let mut count = 0;
    for line in fedctl.ok(&["records", "formats"]).lines() {
        let id = line.split(' ').next().unwrap();
        let text = printed(&fedctl, id);
        let values = text.lines().filter_map(|line| line.trim().split_once("  ")).filter(|(label, value)| {
            !label.contains(' ') && value.trim_start().trim_start_matches('"').starts_with("-----BEGIN")
        });
        for (label, value) in values {
            let ran = lint(&fedctl, id, value.trim(), &["--report", "json", "--domain", "mydomain.com"]);
            assert_eq!((ran.status, findings(&ran)), (0, Vec::new()), "{id} {label}: {}", ran.stdout);
            count += 1;
        }
        for only in ["Value", "Strings"] {
            let other = if only == "Value" { "  Strings " } else { "  Value " };
            if id == "fields" {
                let one: String =
                    text.lines().filter(|line| !line.starts_with(other)).flat_map(|line| [line, "\n"]).collect();
                assert_eq!(lint(&fedctl, id, &one, &[]).status, 0, "{only}");
            }
        }
    }
    assert!(count > 5, "{count} values");
}

#[test]
fn a_text_without_the_domains_records_does_not_pass_in_any_form() {
    let (fedctl, _) = with_key();
    for line in fedctl.ok(&["records", "formats"]).lines() {
        let id = line.split(' ').next().unwrap();
        let args =
            ["records", "other.example", "--target", "chat.other.example", "--key", "federation.pub", "--format", id];
        let text = fedctl.run(&args).stdout;
        let ran = lint(&fedctl, id, &text, &["--domain", "mydomain.com", "--zone", "other.example"]);
        assert_eq!(ran.status, 1, "{id}: {}", ran.stdout);
        let shown = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains("would not be ready") && shown.contains("is not below mydomain.com"), "{id}: {shown}");
    }
    let ran = lint(&fedctl, "zone", "www 60 IN A 192.0.2.1\n", &["--domain", "mydomain.com"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
}

#[test]
fn the_layout_of_the_guide_makes_two_records_in_the_console() {
    let (fedctl, key) = with_key();
    let (first, second) = key.split_at(255);
    let one_line = format!("\"{first}\" \"{second}\"\n");
    assert_eq!(lint(&fedctl, "route53", &one_line, &[]).status, 0);
    let ran = lint(&fedctl, "route53", &format!("\"{first}\"\n\"{second}\"\n"), &["--report", "json"]);
    assert_eq!((ran.status, findings(&ran)), (1, vec!["key-record".to_owned()]));
    assert!(ran.stdout.contains("2 TXT records at rocketchat-public-key.mydomain.com"), "{}", ran.stdout);
}

#[test]
fn each_forms_own_trap_is_found() {
    let (fedctl, key) = with_key();
    let (first, second) = key.split_at(255);
    let traps = [
        ("zone", format!("rocketchat-public-key TXT \"{key}\"\n"), "a string of 442 bytes"),
        ("zone", format!("rocketchat-public-key TXT {key}\n"), "a string of 408 bytes"),
        ("pdnsutil", format!("pdnsutil replace-rrset mydomain.com rocketchat-public-key TXT 3600 {key}\n"), "for an option"),
        ("terraform-aws", format!("resource \"aws_route53_record\" \"k\" {{\n name = \"rocketchat-public-key.mydomain.com\"\n type = \"TXT\"\n ttl = 3600\n records = [\"{key}\"]\n}}\n"), "a string of 442 bytes"),
        ("windows", format!("Add-DnsServerResourceRecord -ZoneName mydomain.com -Txt -Name rocketchat-public-key -DescriptiveText '{key}'\n"), "drops the rest"),
        ("windows", format!("$a = '{first}'\nAdd-DnsServerResourceRecord -ZoneName mydomain.com -Txt -Name rocketchat-public-key -DescriptiveText \"$a`r`n$b\"\n"), "`$b` is never set"),
        ("octodns", "_rocketchat._https:\n  type: SRV\n  value: {priority: 1, weight: 1, port: 443, target: chat.mydomain.com}\n".into(), "no final dot"),
        ("gcloud", format!("gcloud dns record-sets create rocketchat-public-key.mydomain.com. --zone=Z --type=TXT --ttl=60 --rrdatas='{first} {second}'\n"), "strings of 10 + 6 +"),
        ("route53-batch", "{}".into(), "neither `Changes`"),
        ("cloudflare", "not json".into(), "not JSON"),
    ];
    for (format, text, part) in traps {
        let ran = lint(&fedctl, format, &text, &["--report", "json"]);
        assert_eq!(ran.status, 1, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains(part), "{format}: {}", ran.stdout);
    }
}

#[test]
fn a_name_that_got_the_zone_twice_is_reported() {
    let (fedctl, key) = with_key();
    let (first, second) = key.split_at(255);
    let text = format!("rocketchat-public-key.mydomain.com 3600 IN TXT \"{first}\" \"{second}\"\n");
    let ran = lint(&fedctl, "zone", &text, &["--report", "json", "--zone", "mydomain.com"]);
    assert!(ran.stdout.contains("the zone is in it twice"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Name it `rocketchat-public-key.mydomain.com`"), "{}", ran.stdout);
}

#[test]
fn the_wrong_key_is_reported() {
    let (fedctl, key) = with_key();
    fedctl.ok(&["keygen", "--private", "other.key"]);
    let ran = lint(&fedctl, "namecheap", &key, &["--report", "json", "--key", "other.pub"]);
    assert_eq!((ran.status, findings(&ran)), (1, vec!["key-match".to_owned()]));
}

#[test]
fn what_cannot_be_read_is_refused() {
    let (fedctl, _) = with_key();
    fedctl.write("binary", [0xffu8, 0, 1]);
    for (file, part) in [("missing", "does not exist"), ("binary", "not a text file"), (".", "is a directory")] {
        let (error, _) = fedctl.refused(&["records", "lint", "--format", "zone", file]);
        assert!(error.contains(part), "{file}: {error}");
    }
    assert_eq!(lint(&fedctl, "zone", " \n", &[]).status, 2);
}
