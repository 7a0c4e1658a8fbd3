//! The sample set in the forms of DNS providers, letter by letter.

use super::shown;

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
