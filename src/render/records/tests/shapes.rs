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

    The Value of the key is ONE line with both pieces in it. On two lines, as the guide shows it,
    the console makes two records, and peers read only the one that comes first: half a key.
    "#);
}
