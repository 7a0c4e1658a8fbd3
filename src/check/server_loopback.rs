//! Can the server reach itself by its own records? Every event that it makes comes back to it that way.

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::Verdict;

pub const CHECK: Check = Check {
    id: "server-loopback",
    title: "the server reaches itself by its own records",
    page: include_str!("../../docs/checks/server-loopback.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    match (own.here, own.peer.is_reachable()) {
        (Some(ip), true) => Verdict::pass(format!("this machine is {ip}, and it reaches itself")),
        (Some(ip), false) => Verdict::skip(format!("this machine is {ip}, and the server was not reached: see above")),
        (None, _) => Verdict::skip(
            "this machine is not the server; a server must reach itself by its own records, so run `fedctl doctor` there too",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;

    #[test]
    fn only_the_server_itself_can_check() {
        let mut own = sample();
        assert!(matches!(judge(&own)[..], [Verdict::Skip { .. }]));
        own.here = Some([192, 0, 2, 7].into());
        assert!(matches!(judge(&own)[..], [Verdict::Pass { .. }]));
    }
}
