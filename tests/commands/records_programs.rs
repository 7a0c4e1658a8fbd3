//! What `records` prints, given to the programs that it is meant for.

use super::records::{printed, with_key};
use crate::support::programs;

/// A whole zone around the printed records.
pub fn whole_zone(records: &str) -> String {
    format!(
        "mydomain.com. 3600 IN SOA ns1.mydomain.com. host.mydomain.com. 1 3600 600 86400 300\n\
         mydomain.com. 3600 IN NS ns1.mydomain.com.\nns1.mydomain.com. 3600 IN A 127.0.0.1\n\
         chat.mydomain.com. 3600 IN A 198.51.100.7\n$ORIGIN mydomain.com.\n{records}"
    )
}

#[test]
fn name_servers_load_the_zone() {
    let (fedctl, _) = with_key();
    let zone = fedctl.write("zone", whole_zone(&printed(&fedctl, "zone")));
    for (program, before) in [
        ("named-checkzone", vec!["mydomain.com"]),
        ("nsd-checkzone", vec!["mydomain.com"]),
        ("kzonecheck", vec!["-o", "mydomain.com"]),
    ] {
        let Some(path) = programs::find(program) else { continue };
        let output = std::process::Command::new(path).args(before).arg(&zone).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
    }
}
