//! The sample set in the forms of tools, and in those for people and programs, letter by letter.

use super::shown;

#[test]
fn terraform_aws() {
    insta::assert_snapshot!(shown("terraform-aws"), @r#"
    resource "aws_route53_record" "rocketchat_tcp" {
      zone_id = var.zone_id
      name    = "_rocketchat._tcp.mydomain.com"
      type    = "SRV"
      ttl     = 3600
      records = ["1 2 80 chat.mydomain.com"]
    }

    resource "aws_route53_record" "rocketchat_public_key" {
      zone_id = var.zone_id
      name    = "rocketchat-public-key.mydomain.com"
      type    = "TXT"
      ttl     = 3600
      records = ["<K>\"\"LLLLL"]
    }
    "#);
}

#[test]
fn terraform_cloudflare() {
    insta::assert_snapshot!(shown("terraform-cloudflare"), @r#"
    resource "cloudflare_dns_record" "rocketchat_tcp" {
      zone_id = var.zone_id
      name    = "_rocketchat._tcp.mydomain.com"
      type    = "SRV"
      ttl     = 3600
      data    = { priority = 1, weight = 2, port = 80, target = "chat.mydomain.com" }
    }

    resource "cloudflare_dns_record" "rocketchat_public_key" {
      zone_id = var.zone_id
      name    = "rocketchat-public-key.mydomain.com"
      type    = "TXT"
      ttl     = 3600
      content = "\"<K>\" \"LLLLL\""
    }
    "#);
}

#[test]
fn terraform_google() {
    insta::assert_snapshot!(shown("terraform-google"), @r#"
    resource "google_dns_record_set" "rocketchat_tcp" {
      managed_zone = var.managed_zone
      name         = "_rocketchat._tcp.mydomain.com."
      type         = "SRV"
      ttl          = 3600
      rrdatas      = ["1 2 80 chat.mydomain.com."]
    }

    resource "google_dns_record_set" "rocketchat_public_key" {
      managed_zone = var.managed_zone
      name         = "rocketchat-public-key.mydomain.com."
      type         = "TXT"
      ttl          = 3600
      rrdatas      = ["\"<K>\" \"LLLLL\""]
    }
    "#);
}

#[test]
fn terraform_azurerm() {
    insta::assert_snapshot!(shown("terraform-azurerm"), @r#"
    resource "azurerm_dns_srv_record" "rocketchat_tcp" {
      name                = "_rocketchat._tcp"
      zone_name           = "mydomain.com"
      resource_group_name = var.rg
      ttl                 = 3600

      record {
        priority = 1
        weight   = 2
        port     = 80
        target   = "chat.mydomain.com"
      }
    }

    resource "azurerm_dns_txt_record" "rocketchat_public_key" {
      name                = "rocketchat-public-key"
      zone_name           = "mydomain.com"
      resource_group_name = var.rg
      ttl                 = 3600

      record {
        value = "<K>LLLLL"
      }
    }
    "#);
}

#[test]
fn terraform_hetzner() {
    insta::assert_snapshot!(shown("terraform-hetzner"), @r#"
    resource "hcloud_zone_rrset" "rocketchat_tcp" {
      zone    = "mydomain.com"
      name    = "_rocketchat._tcp"
      type    = "SRV"
      ttl     = 3600
      records = [{ value = "1 2 80 chat.mydomain.com." }]
    }

    resource "hcloud_zone_rrset" "rocketchat_public_key" {
      zone    = "mydomain.com"
      name    = "rocketchat-public-key"
      type    = "TXT"
      ttl     = 3600
      records = [{ value = "\"<K>\" \"LLLLL\"" }]
    }
    "#);
}

#[test]
fn octodns() {
    insta::assert_snapshot!(shown("octodns"), @r"
    _rocketchat._tcp:
      ttl: 3600
      type: SRV
      value:
        port: 80
        priority: 1
        target: chat.mydomain.com.
        weight: 2
    rocketchat-public-key:
      ttl: 3600
      type: TXT
      value: <K>LLLLL
    ");
}

#[test]
fn dnscontrol() {
    insta::assert_snapshot!(shown("dnscontrol"), @r#"
    D_EXTEND("mydomain.com",
      SRV("_rocketchat._tcp", 1, 2, 80, "chat.mydomain.com.", TTL(3600)),
      TXT("rocketchat-public-key", "<K>LLLLL", TTL(3600))
    );
    "#);
}

#[test]
fn external_dns() {
    insta::assert_snapshot!(shown("external-dns"), @r"
    apiVersion: externaldns.k8s.io/v1alpha1
    kind: DNSEndpoint
    metadata:
      name: rocketchat-federation
    spec:
      endpoints:
      - dnsName: _rocketchat._tcp.mydomain.com
        recordTTL: 3600
        recordType: SRV
        targets:
        - 1 2 80 chat.mydomain.com.
      - dnsName: rocketchat-public-key.mydomain.com
        recordTTL: 3600
        recordType: TXT
        targets:
        - <K>LLLLL
    ");
}

#[test]
fn json() {
    insta::assert_snapshot!(shown("json"), @r#"
    {
      "schema": 1,
      "domain": "mydomain.com",
      "zone": "mydomain.com",
      "records": [
        {
          "name": "_rocketchat._tcp.mydomain.com",
          "type": "SRV",
          "ttl": 3600,
          "priority": 1,
          "weight": 2,
          "port": 80,
          "target": "chat.mydomain.com",
          "reason": "why it is there",
          "read_by": "1.0.0 – 1.3.5"
        },
        {
          "name": "rocketchat-public-key.mydomain.com",
          "type": "TXT",
          "ttl": 3600,
          "value": "<K>LLLLL",
          "strings": [
            "<K>",
            "LLLLL"
          ],
          "length": 260,
          "fingerprint": null,
          "reason": "why it is there",
          "read_by": "1.0.0 – 1.3.5"
        }
      ],
      "warnings": []
    }
    "#);
}

#[test]
fn yaml() {
    insta::assert_snapshot!(shown("yaml"), @r"
    schema: 1
    domain: mydomain.com
    zone: mydomain.com
    records:
    - name: _rocketchat._tcp.mydomain.com
      type: SRV
      ttl: 3600
      priority: 1
      weight: 2
      port: 80
      target: chat.mydomain.com
      reason: why it is there
      read_by: 1.0.0 – 1.3.5
    - name: rocketchat-public-key.mydomain.com
      type: TXT
      ttl: 3600
      value: <K>LLLLL
      strings:
      - <K>
      - LLLLL
      length: 260
      fingerprint: null
      reason: why it is there
      read_by: 1.0.0 – 1.3.5
    warnings: []
    ");
}

#[test]
fn human() {
    insta::assert_snapshot!(shown("human"), @r#"
    mydomain.com                                       zone mydomain.com · 2 records

      name                                    TTL  type  value
      _rocketchat._tcp.mydomain.com.         3600  SRV   1 2 80 chat.mydomain.com.
          why it is there; read by 1.0.0 – 1.3.5
      rocketchat-public-key.mydomain.com.    3600  TXT   below
          why it is there; read by 1.0.0 – 1.3.5

    TXT value of rocketchat-public-key.mydomain.com.
    260 bytes in strings of 255 + 5
    in one piece, for forms that cut it themselves:
    <K>LLLLL
    cut, for forms and files that do not (one line, one record):
    "<K>" "LLLLL"

    for your DNS provider: --format FORMAT; "fedctl records formats" lists them
    "#);
}

#[test]
fn fields() {
    insta::assert_snapshot!(shown("fields"), @r#"
    Zone mydomain.com: one record for each block; names are relative to the zone.

      Type      SRV
      Name      _rocketchat._tcp
      Priority  1
      Weight    2
      Port      80
      Target    chat.mydomain.com
      TTL       3600 (1 hour)
      Why       why it is there
      Read by   1.0.0 – 1.3.5

      Type     TXT
      Name     rocketchat-public-key
      Value    <K>LLLLL
      Strings  "<K>" "LLLLL"
      TTL      3600 (1 hour)
      Size     260 bytes in strings of 255 + 5
      Why      why it is there
      Read by  1.0.0 – 1.3.5

    Type the Value in one piece. If the form refuses it as too long, type what
    stands after Strings, all of it on one line and into one record: two records are
    half a key each. If the form has boxes for service and protocol, cut the name
    there: _rocketchat and the label after it. Never type the zone into a name: the
    form appends it.
    "#);
}
