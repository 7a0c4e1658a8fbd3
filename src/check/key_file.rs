//! Is the key file there, strong enough, and readable for its owner only?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::records::KEY_BITS_MIN;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-file",
    title: "the key file can be used",
    page: include_str!("../../docs/checks/key-file.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let (Some(file), Some(key)) = (&own.key, &own.expected.key) else {
        return Verdict::skip("no key file is known: `key: federation.pub` in fedctl.yaml, or --key FILE");
    };
    if key.bits() < KEY_BITS_MIN {
        let what = format!("the key in `{}` has {} bits", file.path, key.bits());
        let means = "RSA below 2048 bits can be broken: others could read and forge your messages";
        let fix = "Make a new pair, publish its public half and put it into the server:\n  fedctl keygen --force";
        return vec![Problem::new(Severity::Error, what, means, fix).into()];
    }
    if let Some(mode) = &file.exposed {
        let what = format!("`{}` contains the private key, and others may read it (mode {mode})", file.path);
        let means = "anyone with this key can read what peers send you and send in your name";
        return vec![
            Problem::new(
                Severity::Warning,
                what,
                means,
                with_line("Make it readable for its owner only:", &format!("chmod 600 {}", file.path)),
            )
            .into(),
        ];
    }
    let half = if file.private { "private key" } else { "public key" };
    Verdict::pass(format!("{}: {half}, RSA-{}, {}", file.path, key.bits(), key.fingerprint().short()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn a_file_that_others_may_read_is_a_warning_and_none_a_skip() {
        let mut own = sample();
        assert!(matches!(judge(&own)[..], [Verdict::Pass { .. }]));
        own.key.as_mut().unwrap().exposed = Some("0644".into());
        assert!(problems(judge(&own))[0].fix.ends_with("\n  chmod 600 federation.key"));
        own.key = None;
        assert!(matches!(judge(&own)[..], [Verdict::Skip { .. }]));
    }
}
