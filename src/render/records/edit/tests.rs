//! Files of each tool as people write them: what is ours is replaced, the rest is kept byte for byte, and what is unclear is refused.

use super::*;
use crate::rocketchat::records::Data;

const KEY: &str = "-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB-----END PUBLIC KEY-----";

fn plan() -> Plan {
    let record =
        |owner: &str, data| Record { owner: format!("{owner}.mydomain.com"), ttl: 3600, data, reason: "", read_by: "" };
    let srv = Data::Srv { priority: 1, weight: 1, port: 443, target: "chat.mydomain.com".parse().unwrap() };
    let records =
        vec![record("_rocketchat._https", srv), record("rocketchat-public-key", Data::Txt(KEY.as_bytes().to_vec()))];
    let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
    Plan { set: RecordSet { domain, zone, records }, warnings: Vec::new() }
}

fn edited(tool: &str, text: &str) -> Result<Edited, Hinted> {
    let tool = TOOLS.iter().find(|known| known.id == tool).unwrap();
    edit(tool, &File { text, plan: &plan(), provider: None })
}

/// The text after the change; the same change again does nothing.
fn becomes(tool: &str, text: &str) -> String {
    let first = edited(tool, text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let again = edited(tool, &first.text).unwrap();
    assert!(again.changes.iter().all(|change| !change.is_needed()) && again.diff.is_empty(), "{}", first.text);
    first.text
}

fn refused(tool: &str, text: &str) -> String {
    edited(tool, text).map(|edited| edited.text).unwrap_err().to_string()
}

const ZONE: &str = "\
---
# the zone of the office
'':
  - type: A
    value: 192.0.2.1   # the door
  - type: MX
    values: [{exchange: mail.mydomain.com., preference: 10}]
_dmarc: {type: TXT, value: v=DMARC1\\; p=none}

# the halves
rocketchat-public-key:
  type: TXT
  values:
  - '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAA'
  - OCAQ8AMIIBabcdefgh-----END PUBLIC KEY-----
# the site
www:
  type: CNAME
  value: mydomain.com.
";

#[test]
fn octodns_gets_its_entries_in_order_and_keeps_the_rest() {
    let text = becomes("octodns", ZONE);
    insta::assert_snapshot!(text, @r"
    ---
    # the zone of the office
    '':
      - type: A
        value: 192.0.2.1   # the door
      - type: MX
        values: [{exchange: mail.mydomain.com., preference: 10}]
    _dmarc: {type: TXT, value: v=DMARC1\; p=none}
    _rocketchat._https:
      ttl: 3600
      type: SRV
      value:
        port: 443
        priority: 1
        target: chat.mydomain.com.
        weight: 1

    # the halves
    rocketchat-public-key:
      ttl: 3600
      type: TXT
      value: '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB-----END PUBLIC KEY-----'
    # the site
    www:
      type: CNAME
      value: mydomain.com.
    ");
}

#[test]
fn octodns_keeps_what_others_have_at_the_name() {
    let text = "rocketchat-public-key:\n- type: CAA\n  value: {flags: 0, tag: issue, value: ca.example}\n- ttl: 60\n  type: TXT\n  values: ['-----BEGIN PUBLIC KEY-----MIIB', verification=1]\n";
    let after = becomes("octodns", text);
    for part in ["ca.example", "- verification=1", KEY] {
        assert!(after.contains(part), "{after}");
    }
    assert!(!after.contains("MIIB\n") && !after.contains("MIIB'"), "{after}");
    let foreign = edited("octodns", text).unwrap().foreign;
    assert_eq!(foreign.len(), 1);
    let commented = text.replace("- ttl: 60\n", "- ttl: 60 # mine\n");
    assert!(refused("octodns", &commented).contains("comments"), "{}", refused("octodns", &commented));
}

#[test]
fn octodns_files_that_are_unclear_are_refused() {
    for text in [
        "rocketchat-public-key: {type: CNAME, value: key.example.}\n",
        "- a\n- b\n",
        "{_dmarc: {type: TXT, value: a}}\n",
        "a: &x {type: A, value: 192.0.2.1}\nrocketchat-public-key: *x\n",
        "? a\n: {type: A}\n",
        "a: [\n",
    ] {
        refused("octodns", text);
    }
    assert!(becomes("octodns", "---\n").starts_with("---\n_rocketchat._https:\n"));
    let bare = "www: {type: A, value: 192.0.2.1}";
    assert!(becomes("octodns", bare).ends_with(bare), "the rest is kept byte for byte");
}

const JS: &str = "\
// dnsconfig.js of the office
var REG = NewRegistrar('none'), DNS = NewDnsProvider(\"bind\"); /* D(\"mydomain.com\" */
var mail = [MX('@', 10, 'mail'), TXT('_dmarc', `v=DMARC1; p=${'none'}`)];

D(\"mydomain.com\", REG, DnsProvider(DNS), DefaultTTL(300),
  A('@', '192.0.2.1'),
  TXT('rocketchat-public-key', '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAA', TTL(60)),
  TXT('rocketchat-public-key', 'verification=1'), // of somebody
  TXT('rocketchat-public-key', 'OCAQ8AMIIBabcdefgh-----END PUBLIC KEY-----'),
  mail, // /TXT(\"/.test(x)
  CNAME('www', '@')
);
D('other.example', REG, TXT('rocketchat-public-key', 'theirs'));
";

#[test]
fn dnscontrol_gets_one_call_in_the_place_of_the_halves() {
    insta::assert_snapshot!(becomes("dnscontrol", JS), @r#"
    // dnsconfig.js of the office
    var REG = NewRegistrar('none'), DNS = NewDnsProvider("bind"); /* D("mydomain.com" */
    var mail = [MX('@', 10, 'mail'), TXT('_dmarc', `v=DMARC1; p=${'none'}`)];

    D("mydomain.com", REG, DnsProvider(DNS), DefaultTTL(300),
      A('@', '192.0.2.1'),
      TXT("rocketchat-public-key", "-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB-----END PUBLIC KEY-----", TTL(3600)),
      TXT('rocketchat-public-key', 'verification=1'), // of somebody
      SRV("_rocketchat._https", 1, 1, 443, "chat.mydomain.com.", TTL(3600)),
      mail, // /TXT("/.test(x)
      CNAME('www', '@')
    );
    D('other.example', REG, TXT('rocketchat-public-key', 'theirs'));
    "#);
    insta::assert_snapshot!(edited("dnscontrol", JS).unwrap().diff, @r#"
      @ line 7
        D("mydomain.com", REG, DnsProvider(DNS), DefaultTTL(300),
          A('@', '192.0.2.1'),
      -   TXT('rocketchat-public-key', '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAA', TTL(60)),
      +   TXT("rocketchat-public-key", "-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB-----END PUBLIC KEY-----", TTL(3600)),
      @ line 9
          TXT('rocketchat-public-key', 'verification=1'), // of somebody
      -   TXT('rocketchat-public-key', 'OCAQ8AMIIBabcdefgh-----END PUBLIC KEY-----'),
      +   SRV("_rocketchat._https", 1, 1, 443, "chat.mydomain.com.", TTL(3600)),
          mail, // /TXT("/.test(x)
          CNAME('www', '@')
    "#);
}

#[test]
fn dnscontrol_gets_an_extension_of_the_zone_when_it_has_no_record_of_the_set() {
    let text = "D('mydomain.com', REG, A('@', '192.0.2.1'));";
    let after = becomes("dnscontrol", text);
    assert!(
        after.starts_with(&format!("{text}\n\nD_EXTEND(\"mydomain.com\",\n  SRV(\"_rocketchat._https\", 1, 1, 443,")),
        "{after}"
    );
    // A call that is the last argument has no comma after it.
    let halves = "D('mydomain.com', REG,\n  A('@', '192.0.2.1'),\n  TXT('rocketchat-public-key', '-----BEGIN'),\n  TXT('rocketchat-public-key', 'KEY-----'));\n";
    let last = becomes("dnscontrol", halves);
    let more = halves.replace("'KEY-----'));", "'KEY-----'), TXT('rocketchat-public-key', '-----END'));");
    for text in [halves, &more] {
        let after = becomes("dnscontrol", text);
        let tight: String = after.split_whitespace().collect();
        assert!(tight.ends_with("TTL(3600)));"), "no comma is left before the bracket: {after}");
    }
    assert!(last.contains("A('@', '192.0.2.1'),\n  TXT(\"rocketchat-public-key\""), "{last}");
}

#[test]
fn dnscontrol_files_that_are_unclear_are_refused() {
    let zone = |more: &str| format!("var NAME = 'x';\nD('mydomain.com', REG{more});\n");
    for (text, words) in [
        (zone(", CNAME('rocketchat-public-key', 'key.example.')"), "alias"),
        (zone(", TXT('rocketchat-public-key', NAME + '1')"), "literal"),
        (zone(", TXT(`rocketchat-public-key`, 'a')"), "line 2"),
        (format!("var ours = [TXT('rocketchat-public-key', 'a')];\n{}", zone(", ours")), "line 1"),
        ("D('other.example', REG);\n".to_owned(), "no D(\"mydomain.com\")"),
        ("D('mydomain.com'".to_owned(), "ends"),
        ("var a = 'open".to_owned(), "never closed"),
    ] {
        let why = refused("dnscontrol", &text);
        assert!(why.contains(words), "{why}\n{text}");
    }
}

const TF: &str = "\
variable \"hosts\" { default = { \"a}\" = \"b\" } }

resource \"aws_route53_zone\" \"main\" {
  name = \"mydomain.com\"
}

resource \"aws_route53_record\" \"www\" {
  zone_id = aws_route53_zone.main.zone_id # the zone
  name    = \"www.${var.domain}\"
  type    = \"A\"
  ttl     = 60
  records = [\"192.0.2.1\"]
}

resource \"aws_route53_record\" \"rc_key\" {
  zone_id = aws_route53_zone.main.zone_id
  name    = \"rocketchat-public-key.mydomain.com\"
  type    = \"TXT\"
  ttl     = 300
  records = [\"-----BEGIN PUBLIC KEY-----MIIB\", \"abcdefghijklmnopqrstuvwxyz-----END PUBLIC KEY-----\"]
}
";

#[test]
fn terraform_keeps_the_address_of_a_resource_and_the_zone_as_the_file_names_it() {
    insta::assert_snapshot!(becomes("terraform", TF), @r#"
    variable "hosts" { default = { "a}" = "b" } }

    resource "aws_route53_zone" "main" {
      name = "mydomain.com"
    }

    resource "aws_route53_record" "www" {
      zone_id = aws_route53_zone.main.zone_id # the zone
      name    = "www.${var.domain}"
      type    = "A"
      ttl     = 60
      records = ["192.0.2.1"]
    }

    resource "aws_route53_record" "rc_key" {
      zone_id = aws_route53_zone.main.zone_id
      name    = "rocketchat-public-key.mydomain.com"
      type    = "TXT"
      ttl     = 3600
      records = ["-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB-----END PUBLIC KEY-----"]
    }

    resource "aws_route53_record" "rocketchat_https" {
      zone_id = aws_route53_zone.main.zone_id
      name    = "_rocketchat._https.mydomain.com"
      type    = "SRV"
      ttl     = 3600
      records = ["1 1 443 chat.mydomain.com"]
    }
    "#);
}

#[test]
fn terraform_files_that_are_unclear_are_refused() {
    for (from, to, words) in [
        ("type    = \"TXT\"\n  ttl     = 300", "type    = \"CNAME\"\n  ttl     = 300", "alias"),
        ("  ttl     = 300\n", "  ttl     = 300\n  allow_overwrite = true\n", "allow_overwrite"),
        ("  ttl     = 300\n", "  ttl     = 300 # five minutes\n", "comments"),
        ("\"-----BEGIN PUBLIC KEY-----MIIB\"", "\"verification=1\"", "other values"),
        (
            "name    = \"rocketchat-public-key.mydomain.com\"",
            "name    = \"rocketchat-public-key.${var.d}\"",
            "line 17 column 13",
        ),
        ("\"rc_key\" {", "\"rc_key\" {\n  count = 1\n", "count"),
        (
            "}\n\nresource \"aws_route53_zone\"",
            "}\nlocals { rc = \"_rocketchat._tcp\" }\nresource \"aws_route53_zone\"",
            "line 2",
        ),
        ("variable", "resource \"google_dns_record_set\" \"x\" {}\nvariable", "several DNS providers"),
        ("variable", "resource \"cloudflare_record\" \"x\" {}\nvariable", "version 4"),
        ("aws_route53_zone.main.zone_id # the zone", "var.other_zone", "which zone_id"),
    ] {
        assert!(TF.contains(from), "{from}");
        let why = refused("terraform", &TF.replacen(from, to, 1));
        assert!(why.contains(words), "{why}: {to}");
    }
    assert!(refused("terraform", "locals {}\n").contains("no DNS resource"));
    let tool = &TOOLS[2];
    let with = |text: &str| edit(tool, &File { text, plan: &plan(), provider: Some("cloudflare") });
    assert!(with("").unwrap_err().to_string().contains("zone_id"));
    let declared = with("variable \"zone_id\" {}\n").unwrap().text;
    assert!(declared.contains("resource \"cloudflare_dns_record\" \"rocketchat_public_key\""), "{declared}");
}
