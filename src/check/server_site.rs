//! Does the Site URL lead where the records lead?

use url::Url;

use super::{Check, Judge, Needs};
use crate::endpoint::Endpoint;
use crate::facts::server::OwnFacts;
use crate::report::{Problem, Verdict};
use crate::rocketchat::settings::Method;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-site",
    title: "the Site URL and the records name the same server",
    page: include_str!("../../docs/checks/server-site.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let text = match own.text("Site_Url") {
        Ok(text) => text,
        Err(why) => return Verdict::skip(why.to_string()),
    };
    let Ok(url) = Url::parse(text) else {
        let what = format!("the Site URL is `{}`, which is no URL", text.escape_debug());
        let fix = "Correct Site URL under Administration > Settings > General.";
        return vec![
            Problem::new(Severity::Warning, what, "the hub gets it, and links to files in messages start with it", fix)
                .into(),
        ];
    };
    let mut found = Vec::new();
    let hub = own.method == Method::Hub;
    if !matches!(url.path(), "" | "/") {
        let what = format!("the Site URL has a path: `{}`", url.path());
        let means = "peers that find the server by DNS send requests to the root of its host, without the path";
        let fix = "Make the server's proxy forward /api/v1/federation. at the root too, or run the server at the root.";
        found.push(Problem::new(Severity::Error, what, means, fix).into());
    }
    if hub && text.ends_with('/') {
        let what = format!("the Site URL ends with `/`: `{text}`");
        let means = "the hub returns it as it is, and peers then request `//api/v1/`";
        found.push(Problem::new(Severity::Warning, what, means, "Remove the last `/`, then register again.").into());
    }
    if let Some(base) = &own.peer.base {
        let same = Endpoint::of(&url).is_ok_and(|site| {
            site.host.eq_ignore_ascii_case(&base.host) && site.port == base.port && site.https == base.https
        });
        if !same {
            let what = format!("the Site URL is `{text}`, and the records lead to {base}");
            let means = "both may be right behind a proxy; the hub and the wizard of 3.17 to 6.2 use the Site URL";
            let severity = if hub { Severity::Warning } else { Severity::Notice };
            found.push(
                Problem::new(severity, what, means, format!("If {base} is not the server, fix the SRV record.")).into(),
            );
        }
    }
    if found.is_empty() { Verdict::pass(text) } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::{sample, set};
    use crate::check::sample::problems;

    #[test]
    fn path_slash_and_another_host_are_reported() {
        let mut own = sample();
        assert!(matches!(judge(&own)[..], [Verdict::Pass { .. }]));
        set(&mut own, "Site_Url", "https://chat.mydomain.com/team".into());
        assert!(problems(judge(&own))[0].what.contains("has a path"));
        set(&mut own, "Site_Url", "https://www.mydomain.com".into());
        assert_eq!(problems(judge(&own))[0].severity, Severity::Notice);
        set(&mut own, "Site_Url", "https://chat.mydomain.com/".into());
        assert!(problems(judge(&own)).is_empty());
        own.method = Method::Hub;
        assert!(problems(judge(&own))[0].means.contains("//api/v1/"));
        set(&mut own, "Site_Url", "mydomain".into());
        assert!(problems(judge(&own))[0].what.contains("no URL"));
    }
}
