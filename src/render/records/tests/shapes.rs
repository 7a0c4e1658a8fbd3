//! The sample set in every form, to the letter.

use super::shown;

#[test]
fn zone() {
    insta::assert_snapshot!(shown("zone"), @r#"
    ; Rocket.Chat federation for mydomain.com
    ; why it is there (releases 1.0.0 to 1.3.5)
    _rocketchat._tcp.mydomain.com. 3600 IN SRV 1 2 80 chat.mydomain.com.
    ; 260 bytes in strings of 255 + 5
    rocketchat-public-key.mydomain.com. 3600 IN TXT ( "<K>"
        "LLLLL" )
    "#);
}

#[test]
fn unbound() {
    insta::assert_snapshot!(shown("unbound"), @r#"
    server:
      local-data: '_rocketchat._tcp.mydomain.com. 3600 IN SRV 1 2 80 chat.mydomain.com.'
      local-data: 'rocketchat-public-key.mydomain.com. 3600 IN TXT "<K>" "LLLLL"'
    "#);
}

#[test]
fn nsupdate() {
    insta::assert_snapshot!(shown("nsupdate"), @r#"
    zone mydomain.com.
    update delete _rocketchat._tcp.mydomain.com. SRV
    update add _rocketchat._tcp.mydomain.com. 3600 SRV 1 2 80 chat.mydomain.com.
    update delete rocketchat-public-key.mydomain.com. TXT
    update add rocketchat-public-key.mydomain.com. 3600 TXT "<K>" "LLLLL"
    show
    send
    "#);
}

#[test]
fn knsupdate() {
    insta::assert_snapshot!(shown("knsupdate"), @r#"
    zone mydomain.com.
    del _rocketchat._tcp.mydomain.com. SRV
    add _rocketchat._tcp.mydomain.com. 3600 SRV 1 2 80 chat.mydomain.com.
    del rocketchat-public-key.mydomain.com. TXT
    add rocketchat-public-key.mydomain.com. 3600 TXT "<K>" "LLLLL"
    show
    send
    "#);
}

#[test]
fn pdnsutil() {
    insta::assert_snapshot!(shown("pdnsutil"), @r#"
    pdnsutil replace-rrset mydomain.com _rocketchat._tcp SRV 3600 '1 2 80 chat.mydomain.com.'
    pdnsutil replace-rrset mydomain.com rocketchat-public-key TXT 3600 '"<K>" "LLLLL"'
    pdnsutil rectify-zone mydomain.com
    pdnsutil increase-serial mydomain.com
    "#);
}

#[test]
fn powerdns_api() {
    insta::assert_snapshot!(shown("powerdns-api"), @r#"
    {
      "rrsets": [
        {
          "name": "_rocketchat._tcp.mydomain.com.",
          "type": "SRV",
          "ttl": 3600,
          "changetype": "REPLACE",
          "records": [
            {
              "content": "1 2 80 chat.mydomain.com.",
              "disabled": false
            }
          ]
        },
        {
          "name": "rocketchat-public-key.mydomain.com.",
          "type": "TXT",
          "ttl": 3600,
          "changetype": "REPLACE",
          "records": [
            {
              "content": "\"<K>\" \"LLLLL\"",
              "disabled": false
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn windows() {
    insta::assert_snapshot!(shown("windows"), @r#"
    Remove-DnsServerResourceRecord -ZoneName 'mydomain.com' -RRType Srv -Name '_rocketchat._tcp' -Force -ErrorAction SilentlyContinue
    Add-DnsServerResourceRecord -Srv -ZoneName 'mydomain.com' -Name '_rocketchat._tcp' -TimeToLive 01:00:00 -DomainName 'chat.mydomain.com' -Priority 1 -Weight 2 -Port 80
    Remove-DnsServerResourceRecord -ZoneName 'mydomain.com' -RRType Txt -Name 'rocketchat-public-key' -Force -ErrorAction SilentlyContinue
    $w1 = '<252 K>'
    $w2 = 'KKKLLLLL'
    Add-DnsServerResourceRecord -Txt -ZoneName 'mydomain.com' -Name 'rocketchat-public-key' -TimeToLive 01:00:00 -DescriptiveText "${w1}`r`n${w2}"
    "#);
}

#[test]
fn route53() {
    insta::assert_snapshot!(shown("route53"), @r#"
    Route 53 console, hosted zone mydomain.com: Create record, once for each block.

      Record name  _rocketchat._tcp
      Record type  SRV
      Value        1 2 80 chat.mydomain.com.
      TTL          3600
      Why          why it is there
      Read by      1.0.0 – 1.3.5

      Record name  rocketchat-public-key
      Record type  TXT
      Value        "<K>" "LLLLL"
      TTL          3600
      Size         260 bytes in strings of 255 + 5
      Why          why it is there
      Read by      1.0.0 – 1.3.5

    The Value of the key is ONE line with both pieces in it. On two lines, as the
    guide shows it, the console makes two records, and peers read only the one that
    comes first: half a key.
    "#);
}

#[test]
fn route53_batch() {
    insta::assert_snapshot!(shown("route53-batch"), @r#"
    {
      "Comment": "Rocket.Chat federation for mydomain.com",
      "Changes": [
        {
          "Action": "UPSERT",
          "ResourceRecordSet": {
            "Name": "_rocketchat._tcp.mydomain.com.",
            "Type": "SRV",
            "TTL": 3600,
            "ResourceRecords": [
              {
                "Value": "1 2 80 chat.mydomain.com."
              }
            ]
          }
        },
        {
          "Action": "UPSERT",
          "ResourceRecordSet": {
            "Name": "rocketchat-public-key.mydomain.com.",
            "Type": "TXT",
            "TTL": 3600,
            "ResourceRecords": [
              {
                "Value": "\"<K>\" \"LLLLL\""
              }
            ]
          }
        }
      ]
    }
    "#);
}

#[test]
fn aws_cli() {
    insta::assert_snapshot!(shown("aws-cli"), @r#"
    aws route53 change-resource-record-sets --hosted-zone-id ZONEID --change-batch '{"Comment":"Rocket.Chat federation for mydomain.com","Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"_rocketchat._tcp.mydomain.com.","Type":"SRV","TTL":3600,"ResourceRecords":[{"Value":"1 2 80 chat.mydomain.com."}]}},{"Action":"UPSERT","ResourceRecordSet":{"Name":"rocketchat-public-key.mydomain.com.","Type":"TXT","TTL":3600,"ResourceRecords":[{"Value":"\"<K>\" \"LLLLL\""}]}}]}'
    "#);
}

#[test]
fn cloudflare_fields() {
    insta::assert_snapshot!(shown("cloudflare-fields"), @r#"
    Cloudflare dashboard, mydomain.com, DNS, Records: Add record, once for each block.

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
      Content  "<K>" "LLLLL"
      TTL      3600 (1 hour)
      Size     260 bytes in strings of 255 + 5
      Why      why it is there
      Read by  1.0.0 – 1.3.5

    Content is one line with both pieces in it, quotes included. The address record
    of the target must be DNS only (grey cloud): behind the proxy peers meet other
    ports and another certificate.
    "#);
}

#[test]
fn cloudflare() {
    insta::assert_snapshot!(shown("cloudflare"), @r#"
    {
      "posts": [
        {
          "type": "SRV",
          "name": "_rocketchat._tcp.mydomain.com",
          "ttl": 3600,
          "data": {
            "priority": 1,
            "weight": 2,
            "port": 80,
            "target": "chat.mydomain.com"
          }
        },
        {
          "type": "TXT",
          "name": "rocketchat-public-key.mydomain.com",
          "ttl": 3600,
          "content": "\"<K>\" \"LLLLL\""
        }
      ]
    }
    "#);
}

#[test]
fn gcloud() {
    insta::assert_snapshot!(shown("gcloud"), @r#"
    gcloud dns record-sets create _rocketchat._tcp.mydomain.com. --zone=ZONE --type=SRV --ttl=3600 --rrdatas='1 2 80 chat.mydomain.com.'
    gcloud dns record-sets create rocketchat-public-key.mydomain.com. --zone=ZONE --type=TXT --ttl=3600 --rrdatas='"<K>" "LLLLL"'
    "#);
}

#[test]
fn az() {
    insta::assert_snapshot!(shown("az"), @r"
    az network dns record-set srv create -g RG -z mydomain.com -n _rocketchat._tcp --ttl 3600
    az network dns record-set srv add-record -g RG -z mydomain.com -n _rocketchat._tcp -t chat.mydomain.com -r 80 -p 1 -w 2
    az network dns record-set txt create -g RG -z mydomain.com -n rocketchat-public-key --ttl 3600
    az network dns record-set txt add-record -g RG -z mydomain.com -n rocketchat-public-key -v <K> LLLLL
    ");
}

#[test]
fn arm() {
    insta::assert_snapshot!(shown("arm"), @r#"
    {
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion": "1.0.0.0",
      "resources": [
        {
          "type": "Microsoft.Network/dnsZones/SRV",
          "apiVersion": "2018-05-01",
          "name": "mydomain.com/_rocketchat._tcp",
          "properties": {
            "TTL": 3600,
            "SRVRecords": [
              {
                "priority": 1,
                "weight": 2,
                "port": 80,
                "target": "chat.mydomain.com"
              }
            ]
          }
        },
        {
          "type": "Microsoft.Network/dnsZones/TXT",
          "apiVersion": "2018-05-01",
          "name": "mydomain.com/rocketchat-public-key",
          "properties": {
            "TTL": 3600,
            "TXTRecords": [
              {
                "value": [
                  "<K>",
                  "LLLLL"
                ]
              }
            ]
          }
        }
      ]
    }
    "#);
}

#[test]
fn digitalocean() {
    insta::assert_snapshot!(shown("digitalocean"), @r#"
    [
      {
        "type": "SRV",
        "name": "_rocketchat._tcp",
        "data": "chat.mydomain.com.",
        "priority": 1,
        "weight": 2,
        "port": 80,
        "ttl": 3600
      },
      {
        "type": "TXT",
        "name": "rocketchat-public-key",
        "data": "<K>LLLLL",
        "ttl": 3600
      }
    ]
    "#);
}

#[test]
fn doctl() {
    insta::assert_snapshot!(shown("doctl"), @r"
    doctl compute domain records create mydomain.com --record-type SRV --record-name _rocketchat._tcp --record-ttl 3600 --record-data=chat.mydomain.com. --record-priority 1 --record-weight 2 --record-port 80
    doctl compute domain records create mydomain.com --record-type TXT --record-name rocketchat-public-key --record-ttl 3600 --record-data=<K>LLLLL
    ");
}

#[test]
fn hetzner() {
    insta::assert_snapshot!(shown("hetzner"), @r#"
    Hetzner console, DNS, mydomain.com: Add record, once for each block.

      Type     SRV
      Name     _rocketchat._tcp
      Value    1 2 80 chat.mydomain.com.
      TTL      3600 (1 hour)
      Why      why it is there
      Read by  1.0.0 – 1.3.5

      Type     TXT
      Name     rocketchat-public-key
      Value    "<K>" "LLLLL"
      TTL      3600 (1 hour)
      Size     260 bytes in strings of 255 + 5
      Why      why it is there
      Read by  1.0.0 – 1.3.5

    The Value of the key is one line with both pieces in it, quotes included, in ONE
    record.
    "#);
}

#[test]
fn godaddy() {
    insta::assert_snapshot!(shown("godaddy"), @r"
    GoDaddy, DNS of mydomain.com: Add New Record, once for each block.

      Type      SRV
      Service   _rocketchat
      Protocol  _tcp
      Name      @
      Target    chat.mydomain.com
      Priority  1
      Weight    2
      Port      80
      TTL       3600 (1 hour)
      Why       why it is there
      Read by   1.0.0 – 1.3.5

      Type     TXT
      Name     rocketchat-public-key
      Value    <K>LLLLL
      TTL      3600 (1 hour)
      Size     260 bytes in strings of 255 + 5
      Why      why it is there
      Read by  1.0.0 – 1.3.5

    Never type the zone into a name: the form appends it.
    ");
}

#[test]
fn namecheap() {
    insta::assert_snapshot!(shown("namecheap"), @r"
    Namecheap, Advanced DNS of mydomain.com: Add new record, once for each block.

      Type      SRV
      Service   _rocketchat
      Protocol  _tcp
      Priority  1
      Weight    2
      Port      80
      Target    chat.mydomain.com
      TTL       60 min
      Why       why it is there
      Read by   1.0.0 – 1.3.5

      Type     TXT
      Host     rocketchat-public-key
      Value    <K>LLLLL
      TTL      60 min
      Size     260 bytes in strings of 255 + 5
      Why      why it is there
      Read by  1.0.0 – 1.3.5

    Never type the zone into Host: the form appends it.
    ");
}

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
    mydomain.com                              zone mydomain.com · 2 records

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

    for your DNS host: --format FORMAT; `fedctl records formats` lists them
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
