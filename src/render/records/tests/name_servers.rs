//! The sample set in the forms of name servers, letter by letter.

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
