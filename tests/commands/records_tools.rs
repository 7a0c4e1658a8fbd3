//! What `records` prints, given to the tools that it is meant for: shells, node, boto3, octoDNS, Terraform's and PowerShell's
//! grammars. What they understood must be the records.

use std::process::Command;

use fedctl::render::records::{find, write};
use fedctl::rocketchat::records::{Data, Plan, Record, RecordSet};
use serde_json::{Value, json};

use super::records::{printed, with_key};
use crate::support::programs;

const SCRIPT: &str = include_str!("../support/records.py");

/// `[name, type, ttl, value]`, sorted.
fn rows(mut rows: Vec<Value>) -> Value {
    rows.sort_by_key(Value::to_string);
    rows.into()
}

fn expected(txt: &str) -> Value {
    let srv = "1 1 443 chat.mydomain.com.";
    rows(vec![
        json!(["_rocketchat._https.mydomain.com.", "SRV", 3600, srv]),
        json!(["_rocketchat._tcp.mydomain.com.", "SRV", 3600, srv]),
        json!(["rocketchat-public-key.mydomain.com.", "TXT", 3600, txt]),
    ])
}

fn python(modules: &[&str], program: &str, argument: &str) -> Option<Value> {
    programs::python_json(modules, SCRIPT, &[program, argument])
}

#[test]
fn route_53_takes_the_change_batch() {
    let (fedctl, key) = with_key();
    let batch = fedctl.write("batch.json", printed(&fedctl, "route53-batch"));
    let Some(Value::Array(seen)) = python(&["boto3", "moto.server"], "boto3", batch.to_str().unwrap()) else { return };
    assert_eq!(rows(seen), expected(&format!("\"{}\" \"{}\"", &key[..255], &key[255..])));
}

#[test]
fn octodns_takes_the_zone() {
    let (fedctl, key) = with_key();
    fedctl.write("mydomain.com.yaml", printed(&fedctl, "octodns"));
    let dir = fedctl.dir.path().to_str().unwrap().to_owned();
    let Some(Value::Array(seen)) = python(&["octodns"], "octodns", &dir) else { return };
    assert_eq!(rows(seen), expected(&key));
}

#[test]
fn terraform_reads_each_providers_own_spelling() {
    let (fedctl, key) = with_key();
    let (first, second) = key.split_at(255);
    let quoted = format!("\"{first}\" \"{second}\"");
    for (format, path, value) in [
        ("terraform-aws", "/records/0", format!("{first}\"\"{second}")),
        ("terraform-cloudflare", "/content", quoted.clone()),
        ("terraform-google", "/rrdatas/0", quoted.clone()),
        ("terraform-azurerm", "/record/0/value", key.clone()),
        ("terraform-hetzner", "/records/0/value", quoted.clone()),
    ] {
        let file = fedctl.write("main.tf", printed(&fedctl, format));
        let Some(bodies) = python(&["hcl2"], "hcl", file.to_str().unwrap()) else { return };
        let bodies = bodies.as_array().unwrap();
        assert_eq!(bodies.len(), 3, "{format}");
        assert_eq!(bodies[2].pointer(path), Some(&value.into()), "{format}: {}", bodies[2]);
        assert!(bodies.iter().all(|body| body["ttl"] == 3600), "{format}");
        assert!(bodies[0].to_string().contains("chat.mydomain.com"), "{format}: {}", bodies[0]);
    }
}

#[test]
fn powershell_reads_the_strings() {
    let (fedctl, key) = with_key();
    let file = fedctl.write("records.ps1", printed(&fedctl, "windows"));
    let modules = ["tree_sitter", "tree_sitter_powershell"];
    let Some(seen) = python(&modules, "powershell", file.to_str().unwrap()) else { return };
    assert_eq!(seen, json!([[&key[..252], &key[252..]]]));
}

/// A plan whose TXT value holds everything that a shell or a parser could trip over.
fn nasty(value: &str) -> Plan {
    let record = Record {
        owner: "rocketchat-public-key.mydomain.com".into(),
        ttl: 60,
        data: Data::Txt(value.as_bytes().to_vec()),
        reason: "",
        read_by: "",
    };
    let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
    Plan { set: RecordSet { domain, zone, records: vec![record] }, warnings: Vec::new() }
}

/// The words of each command, as a real shell hands them over.
fn words(shell: &str, program: &str, script: &str) -> Option<Vec<Vec<String>>> {
    let path = programs::find(shell)?;
    let stub = format!("{program}() {{ printf '%s\\001' \"$@\"; printf '\\002'; }}\n{script}");
    let output = Command::new(path).args(["-c", &stub]).env_clear().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let words = |line: &str| line.trim_end_matches('\u{1}').split('\u{1}').map(str::to_owned).collect();
    Some(text.trim_end_matches('\u{2}').split('\u{2}').map(words).collect())
}

#[test]
fn shell_lines_survive_copy_and_paste() {
    let (_, key) = with_key();
    let values = [key.as_str(), "-----it's $HOME `id` $(id) !x \\ \\n %s ~ * ? [a] {a,b} #; & | > < ^", "--force"];
    for value in values {
        let plan = nasty(value);
        // DigitalOcean takes no backslash.
        let bare = value.replace('\\', "");
        let zoned = fedctl::dns::record::CharacterString(value.as_bytes()[..value.len().min(255)].to_vec());
        for (format, program, word) in [
            ("doctl", "doctl", format!("--record-data={bare}")),
            ("gcloud", "gcloud", format!("{zoned:?}")),
            ("pdnsutil", "pdnsutil", format!("{zoned:?}")),
            ("aws-cli", "aws", serde_json::to_string(&format!("{zoned:?}")).unwrap().trim_matches('"').to_owned()),
        ] {
            let plan = if format == "doctl" { nasty(&bare) } else { plan.clone() };
            let script = write(find(format).unwrap(), &plan).unwrap();
            for shell in ["sh", "bash", "zsh"] {
                let Some(seen) = words(shell, program, &script) else { continue };
                assert!(seen[0].iter().any(|seen| seen.contains(&word)), "{format} in {shell}: {seen:?}");
            }
        }
    }
}

#[test]
fn az_takes_the_pieces_for_values() {
    let (fedctl, key) = with_key();
    let script = printed(&fedctl, "az");
    let Some(commands) = words("sh", "az", &script) else { return };
    let last = json!(commands.last().unwrap()[5..]).to_string();
    let Some(seen) = python(&["argparse"], "azure", &last) else { return };
    assert_eq!(seen, json!([&key[..255], &key[255..]]));
}

#[test]
fn node_reads_dnsconfig() {
    let (fedctl, key) = with_key();
    let nasty_value = "it's `${1}` \\ // \" </script> \\u0041";
    let both = format!(
        "{}{}",
        printed(&fedctl, "dnscontrol"),
        write(find("dnscontrol").unwrap(), &nasty(nasty_value)).unwrap()
    );
    let script = r#"
        const calls = [];
        const TTL = (seconds) => ({ ttl: seconds }), record = (kind) => (...words) => { calls.push([kind, ...words]); };
        const SRV = record('SRV'), TXT = record('TXT'), D_EXTEND = () => {};
        eval(JSON.parse(require('fs').readFileSync(0)));
        console.log(JSON.stringify(calls));"#;
    let Some(calls) = programs::node_json("fs", script, &both.into()) else { return };
    assert_eq!(calls[1], json!(["SRV", "_rocketchat._tcp", 1, 1, 443, "chat.mydomain.com.", { "ttl": 3600 }]));
    assert_eq!(calls[2], json!(["TXT", "rocketchat-public-key", key, { "ttl": 3600 }]));
    assert_eq!(calls[3], json!(["TXT", "rocketchat-public-key", nasty_value, { "ttl": 60 }]));
}
