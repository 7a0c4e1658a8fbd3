//! What leaves fedctl goes through one filter.

use super::{code, sources};
use crate::support::repository;

/// Where text is written that nobody else had a part in: keys, scripts, certificates, the names of domains, the admin's own file of
/// records.
const OWN_TEXT: &[&str] = &[
    "commands/completions.rs",
    "commands/handshake_limit.rs",
    "commands/hub/copy.rs",
    "commands/init/apply.rs",
    "commands/init/mod.rs",
    "commands/key_backup.rs",
    "commands/keygen.rs",
    "commands/lab/world.rs",
    "commands/list/output.rs",
    "commands/man.rs",
    "commands/records/apply/via.rs",
    "commands/serve/peer.rs",
];

/// Where the bytes of a message go to stdout as they are.
const BYTES: &[&str] = &["commands/envelope.rs"];

/// The only ways to stdout and stderr; the last one only looks whether there is a terminal.
const STREAMS: &[&str] = &["term.rs", "term/progress.rs", "commands/log.rs", "commands/key_file.rs"];

#[test]
fn what_leaves_fedctl_went_through_a_filter() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        let text = code(&file);
        let is_one_of = |files: &[&str]| files.iter().any(|known| file.ends_with(known));
        for (what, files) in [
            ("Filtered::own(", OWN_TEXT),
            ("term.bytes(", BYTES),
            ("stdout()", STREAMS),
            ("stderr()", STREAMS),
            ("io::stderr", STREAMS),
        ] {
            let is_filter = file.ends_with("src/text.rs");
            if text.contains(what) && !is_one_of(files) && !is_filter {
                wrong.push(format!("{}: {what}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "use `Term`, `Filtered::answer` or `Filtered::json`: {wrong:#?}");
}
