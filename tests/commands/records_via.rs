//! `records apply --via`: the configuration files of octoDNS, dnscontrol and Terraform. octoDNS runs for real, up to the name server;
//! what the others would read is read by node and by Terraform's grammar, and their commands are played by a script.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::records::with_key;
use super::records_apply::{POLICY, tsig};
use super::records_programs::whole_zone;
use crate::support::name_servers::{Server, named_with};
use crate::support::{Fedctl, Ran, programs};

const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==";
const SET: [&str; 7] = ["records", "apply", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub"];

fn apply(fedctl: &Fedctl, more: &[&str]) -> Ran {
    fedctl.run(&SET.iter().chain(["--zone", "mydomain.com"].iter()).chain(more).copied().collect::<Vec<_>>())
}

/// octoDNS in the directory of `fedctl`, with BIND as its target; both hold half a key in each of two records.
fn octodns() -> Option<(Fedctl, String, Server)> {
    let python = programs::python(&["octodns", "octodns_bind"])?;
    let (fedctl, key) = with_key();
    let zone = whole_zone(&format!(
        "rocketchat-public-key 60 IN TXT \"{}\"\nrocketchat-public-key 60 IN TXT \"{}\"\nwww 60 IN TXT \"mine\"\n",
        &key[255..],
        &key[..255]
    ));
    let server = named_with(&[("mydomain.com", &zone)], &tsig(SECRET), POLICY)?;
    let path = std::env::join_paths(
        [python.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let fedctl = fedctl.env("PATH", path.unwrap().to_str().unwrap());
    let config = format!(
        "providers:\n  config:\n    class: octodns.provider.yaml.YamlProvider\n    directory: ./config\n    default_ttl: 3600\n  \
         bind:\n    class: octodns_bind.Rfc2136Provider\n    host: 127.0.0.1\n    port: {}\n    key_name: update.key\n    \
         key_secret: {SECRET}\n    key_algorithm: hmac-sha256\nzones:\n  mydomain.com.:\n    sources: [config]\n    targets: [bind]\n",
        server.addr.port()
    );
    fedctl.write("octodns.yaml", config);
    std::fs::create_dir(fedctl.path("config")).unwrap();
    fedctl.write(ZONE, zone_file(&key));
    Some((fedctl, key, server))
}

const ZONE: &str = "config/mydomain.com.yaml";

fn zone_file(key: &str) -> String {
    format!(
        "---\n# the zone of the office\n'':\n  type: NS\n  value: ns1.mydomain.com.\nchat:\n  type: A\n  value: 198.51.100.7\n\
         ns1: {{type: A, value: 127.0.0.1}}   # this machine\nrocketchat-public-key:\n  ttl: 60\n  type: TXT\n  values:\n  \
         - '{}'\n  - {}\nwww: {{ttl: 60, type: TXT, value: mine}}\n",
        &key[..255],
        &key[255..]
    )
}

const OCTODNS: [&str; 6] = ["--via", "octodns", "--file", ZONE, "--sync-config", "octodns.yaml"];

#[test]
fn octodns_publishes_what_was_written_into_its_file() {
    let Some((fedctl, key, server)) = octodns() else { return };
    let before = fedctl.read(ZONE);
    let plan = apply(&fedctl, &OCTODNS);
    assert_eq!((plan.status, fedctl.read(ZONE)), (0, before.clone()), "{}", plan.stderr);
    for part in [
        "zone mydomain.com in config/mydomain.com.yaml",
        "  -  TXT  rocketchat-public-key  187 bytes",
        "  +  TXT  rocketchat-public-key  442 bytes",
        "     the rest of the file stays as it is\n",
        "  - rocketchat-public-key",
        "Change config/mydomain.com.yaml? [y/N] \nnothing was changed",
    ] {
        assert!(plan.stderr.contains(part) || part.starts_with("  - r"), "{part}\n{}", plan.stderr);
    }

    std::fs::set_permissions(fedctl.path(ZONE), std::fs::Permissions::from_mode(0o640)).unwrap();
    let done = apply(&fedctl, &[&OCTODNS[..], &["--yes", "--undo", "before"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("preview: octodns-sync --config-file octodns.yaml mydomain.com."), "{}", done.stderr);
    let shown = format!("{}{}", done.stdout, done.stderr);
    assert!(shown.contains("Update") && shown.contains("Create"), "octoDNS shows its plan: {shown}");
    assert!(!shown.contains(SECRET));
    let mode = |name: &str| fedctl.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(ZONE), mode("before")), (0o640, 0o600));
    let after = fedctl.read(ZONE);
    for line in before.lines().filter(|line| !line.contains("KEY-----") && *line != "  values:" && *line != "  ttl: 60")
    {
        assert!(after.lines().any(|kept| kept == line), "{line}\n{after}");
    }
    let again = apply(&fedctl, &OCTODNS);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);

    // The command that was printed, and then dns-check.
    let next = "next: octodns-sync --config-file octodns.yaml mydomain.com. --doit";
    assert!(done.stderr.contains(next), "{}", done.stderr);
    let mut sync = Command::new("sh");
    let path = format!("{}:/usr/bin:/bin", programs::python(&[]).unwrap().parent().unwrap().display());
    sync.args(["-c", next.trim_start_matches("next: ")]).current_dir(fedctl.dir.path()).env("PATH", path);
    let synced = sync.output().unwrap();
    assert!(synced.status.success(), "{}", String::from_utf8_lossy(&synced.stderr));
    let (addr, near) = (server.addr.to_string(), format!("ns1.mydomain.com:53={}", server.addr));
    let check = fedctl.run(&[
        "dns-check",
        "mydomain.com",
        "--key",
        "federation.pub",
        "--resolver",
        &addr,
        "--connect-to",
        &near,
    ]);
    assert_eq!(check.status, 0, "{}{}", check.stdout, check.stderr);
    let dig = Command::new("dig")
        .args([
            "@127.0.0.1",
            "-p",
            &server.addr.port().to_string(),
            "+short",
            "+tcp",
            "rocketchat-public-key.mydomain.com",
            "TXT",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(dig.stdout).unwrap(), format!("\"{}\" \"{}\"\n", &key[..255], &key[255..]));

    let back = fedctl.run(&["records", "undo", "before", "--yes"]);
    assert_eq!((back.status, fedctl.read(ZONE)), (0, before), "{}", back.stderr);
    let twice = fedctl.run(&["records", "undo", "before", "--yes"]);
    assert!(twice.status == 2 && twice.stderr.contains("is not as apply left it"), "{}", twice.stderr);
}

#[test]
fn octodns_that_cannot_reach_the_name_server_leaves_a_way_back() {
    let Some((fedctl, _, server)) = octodns() else { return };
    drop(server);
    let before = fedctl.read(ZONE);
    let ran = apply(&fedctl, &[&OCTODNS[..], &["--yes", "--undo", "before"]].concat());
    assert!(ran.status == 2 && ran.stderr.contains("the preview of octodns-sync failed"), "{}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET));
    let again = apply(&fedctl, &OCTODNS);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    let back = fedctl.run(&["records", "undo", "before", "--yes"]);
    assert_eq!((back.status, fedctl.read(ZONE)), (0, before), "{}", back.stderr);
}

#[test]
fn an_alias_in_the_file_is_refused_and_a_foreign_value_is_kept() {
    let (fedctl, key) = with_key();
    fedctl.write("zone.yaml", "rocketchat-public-key: {type: CNAME, value: key.example.}\n");
    let via = ["--via", "octodns", "--file", "zone.yaml", "--yes", "--undo", "before"];
    let ran = apply(&fedctl, &via);
    assert!(ran.status == 2 && ran.stderr.contains("is an alias (CNAME) in the file"), "{}", ran.stderr);
    assert!(!fedctl.path("before").exists());

    let values = format!("rocketchat-public-key:\n  type: TXT\n  values: ['{}', verification=1]\n", &key[..200]);
    fedctl.write("zone.yaml", values);
    let ran = apply(&fedctl, &via);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("left alone") && ran.stderr.contains("--sync-config FILE runs the preview"),
        "{}",
        ran.stderr
    );
    let text = fedctl.read("zone.yaml");
    assert!(text.contains("- verification=1") && text.contains(&key), "{text}");
}

#[test]
fn a_file_that_changes_during_the_question_is_kept() {
    let (fedctl, key) = with_key();
    fedctl.write("zone.yaml", "www: {type: TXT, value: mine}\n");
    let args: Vec<&str> = SET
        .iter()
        .chain(&["--zone", "mydomain.com", "--via", "octodns", "--file", "zone.yaml", "--undo", "before"])
        .copied()
        .collect();
    let mut child =
        fedctl.command(&args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stderr, mut seen) = (child.stderr.take().unwrap(), Vec::new());
    while !String::from_utf8_lossy(&seen).contains("[y/N]") {
        let mut byte = [0];
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
    fedctl.write("zone.yaml", "www: {type: TXT, value: theirs}\n");
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{rest}");
    assert!(rest.contains("has changed since the plan was made"), "{rest}");
    assert_eq!(fedctl.read("zone.yaml"), "www: {type: TXT, value: theirs}\n");
    assert!(!fedctl.path("before").exists(), "there is nothing to undo");
    assert!(!rest.contains(&key));
}

/// A directory first in PATH with a program that notes how it was called, and ends as told.
fn with_program(fedctl: Fedctl, name: &str, status: u8) -> Fedctl {
    let bin = fedctl.path("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let log = fedctl.path("called").display().to_string();
    let script =
        format!("#!/bin/sh\necho \"$(pwd) $0 $*\" | sed 's|[^ ]*/||g' >> '{log}'\necho 'a plan'\nexit {status}\n");
    std::fs::write(bin.join(name), script).unwrap();
    std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    fedctl.env("PATH", &path)
}

const DNSCONFIG: &str = "var REG = NewRegistrar('none'), DNS = NewDnsProvider('bind');\n\
    D('mydomain.com', REG, DnsProvider(DNS),\n  A('@', '192.0.2.1'),\n  \
    TXT('rocketchat-public-key', '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAA'),\n  \
    TXT('rocketchat-public-key', 'OCAQ8AMIIBCgKCAQEAabcdefgh-----END PUBLIC KEY-----'),\n  CNAME('www', '@'));\n";

#[test]
fn dnsconfig_holds_the_records_for_node_and_its_preview_is_run() {
    let (fedctl, key) = with_key();
    std::fs::create_dir(fedctl.path("dns")).unwrap();
    fedctl.write("dns/dnsconfig.js", DNSCONFIG);
    let fedctl = with_program(fedctl, "dnscontrol", 0);
    let via = ["--via", "dnscontrol", "--file", "dns/dnsconfig.js", "--yes", "--undo", "before"];
    let ran = apply(&fedctl, &via);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "a plan\n"), "{}", ran.stderr);
    assert_eq!(fedctl.read("called"), "dns dnscontrol preview --config dnsconfig.js --domains mydomain.com\n");
    assert!(
        ran.stderr.contains("next: dnscontrol push --config dnsconfig.js --domains mydomain.com"),
        "{}",
        ran.stderr
    );
    let script = r#"
        const zones = {}, call = (kind) => (...words) => [kind, ...words];
        const [A, TXT, SRV, CNAME, TTL, DnsProvider] = ['A', 'TXT', 'SRV', 'CNAME', 'TTL', 'DnsProvider'].map(call);
        const NewRegistrar = call('registrar'), NewDnsProvider = call('provider');
        const D = (zone, registrar, ...records) => { zones[zone] = records; };
        const D_EXTEND = (zone, ...records) => { zones[zone].push(...records); };
        eval(JSON.parse(require('fs').readFileSync(0)));
        console.log(JSON.stringify(zones['mydomain.com'].filter(([kind]) => kind != 'DnsProvider')));"#;
    let text = fedctl.read("dns/dnsconfig.js");
    let Some(records) = programs::node_json("fs", script, &text.as_str().into()) else { return };
    let srv = |label: &str| json!(["SRV", label, 1, 1, 443, "chat.mydomain.com.", ["TTL", 3600]]);
    let expected = json!([
        ["A", "@", "192.0.2.1"],
        ["TXT", "rocketchat-public-key", key, ["TTL", 3600]],
        srv("_rocketchat._https"),
        srv("_rocketchat._tcp"),
        ["CNAME", "www", "@"]
    ]);
    assert_eq!(sorted(records), sorted(expected), "{text}");
    let again = apply(&fedctl, &via);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    let back = fedctl.run(&["records", "undo", "before", "--yes"]);
    assert_eq!((back.status, fedctl.read("dns/dnsconfig.js").as_str()), (0, DNSCONFIG), "{}", back.stderr);
}

fn sorted(value: Value) -> Vec<String> {
    let mut rows: Vec<String> = value.as_array().unwrap().iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

const MAIN_TF: &str = "resource \"aws_route53_zone\" \"main\" {\n  name = \"mydomain.com\"\n}\n\n\
    resource \"aws_route53_record\" \"www\" {\n  zone_id = aws_route53_zone.main.zone_id\n  name    = \"www.${aws_route53_zone.main.name}\"\n  \
    type    = \"A\"\n  ttl     = 60\n  records = [\"192.0.2.1\"]\n}\n";

#[test]
fn terraform_reads_the_resources_and_its_plan_is_run() {
    let (fedctl, key) = with_key();
    std::fs::create_dir(fedctl.path("infra")).unwrap();
    fedctl.write("infra/main.tf", MAIN_TF);
    let fedctl = with_program(fedctl, "terraform", 0);
    let via = ["--via", "terraform", "--file", "infra/main.tf", "--yes", "--undo", "before"];
    let ran = apply(&fedctl, &via);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(fedctl.read("called"), "infra terraform plan -input=false\n");
    assert!(ran.stderr.contains("next: terraform apply\n"), "{}", ran.stderr);
    let text = fedctl.read("infra/main.tf");
    assert!(text.starts_with(MAIN_TF), "the rest is kept byte for byte: {text}");
    assert_eq!(text.matches("zone_id = aws_route53_zone.main.zone_id").count(), 4, "{text}");
    accepted_by_terraform(&fedctl.path("infra"));
    let script = include_str!("../support/records.py");
    let file = fedctl.path("infra/main.tf");
    let Some(bodies) = programs::python_json(&["hcl2"], script, &["hcl", file.to_str().unwrap()]) else { return };
    let values: Vec<&Value> = bodies.as_array().unwrap().iter().filter_map(|body| body.pointer("/records/0")).collect();
    let whole = format!("{}\"\"{}", &key[..255], &key[255..]);
    assert!(values.contains(&&Value::from(whole)) && values.contains(&&Value::from("192.0.2.1")), "{values:?}");
    let again = apply(&fedctl, &via);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
}

/// Terraform is not packaged by Debian; where it is installed, it must find its own layout in the file.
fn accepted_by_terraform(dir: &Path) {
    let Ok(output) = Command::new("terraform").args(["fmt", "-check", "-diff"]).current_dir(dir).output() else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_preview_that_fails_prints_how_to_go_back() {
    let (fedctl, _) = with_key();
    fedctl.write("main.tf", MAIN_TF);
    let fedctl = with_program(fedctl, "terraform", 1);
    let ran = apply(&fedctl, &["--via", "terraform", "--file", "main.tf", "--yes", "--undo", "before"]);
    assert!(ran.status == 2 && ran.stderr.contains("the preview of terraform failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("fedctl records undo before"), "{}", ran.stderr);
    let back = fedctl.run(&["records", "undo", "before", "--yes"]);
    assert_eq!((back.status, fedctl.read("main.tf").as_str()), (0, MAIN_TF), "{}", back.stderr);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let (fedctl, _) = with_key();
    let fedctl = fedctl.env("PATH", "/nowhere");
    fedctl.write("locals.tf", "locals { rc = \"_rocketchat._https\" }\n");
    let refused = |more: &[&str]| {
        let args: Vec<&str> = SET.iter().chain(&["--zone", "mydomain.com", "--yes"]).chain(more).copied().collect();
        fedctl.refused(&args)
    };
    let (error, hint) = refused(&["--via", "terraform", "--file", "locals.tf", "--provider", "route53"]);
    assert!(error.contains("`locals.tf`: line 1 column 1: fedctl cannot tell what this block does"), "{error}");
    assert!(hint.contains("fedctl records --format"), "{hint}");
    let missing = refused(&["--via", "dnscontrol", "--file", "nothing.js"]);
    assert!(missing.0.contains("nothing.js"), "{}", missing.0);
    fedctl.write("dnsconfig.js", "D('mydomain.com', REG);\n");
    let ran = apply(&fedctl, &["--via", "dnscontrol", "--file", "dnsconfig.js", "--yes", "--undo", "before"]);
    assert!(ran.status == 0 && ran.stderr.contains("dnscontrol is not installed here"), "{}", ran.stderr);
}
