//! Every output of fedctl that these facts lead to.

use std::time::Instant;

use fedctl::check::mesh::judge_mesh;
use fedctl::check::watch::{Observed, snapshot};
use fedctl::commands::doctor;
use fedctl::facts::dns::Expected;
use fedctl::facts::mesh::Member;
use fedctl::facts::server::{OwnFacts, Resolved, ServerFacts, Setting};
use fedctl::facts::watch_evidence::WatchEvidence;
use fedctl::render::mesh::{MeshFormat, write};
use fedctl::render::report::Style;
use fedctl::render::watch::{html, message};
use fedctl::report::watch::domain_state::{DomainState, Rules};
use fedctl::report::watch::{Span, Status};
use fedctl::report::{Details, Report};
use fedctl::rocketchat::release::Release;
use fedctl::rocketchat::settings::Method;
use fedctl::severity::Severity;
use fedctl::text::Filtered;

use crate::fuzz::entry::{reports, written};

/// What doctor knows when the server says this about everything.
pub fn own(evidence: &WatchEvidence, word: &str) -> Option<OwnFacts> {
    let (run, peer) = (evidence.dns.runs.first()?, evidence.peer.clone()?);
    let ids = ["FEDERATION_Enabled", "FEDERATION_Status", "FEDERATION_Domain", "FEDERATION_Public_Key", "Site_Url"];
    let setting = |id: &str| Setting { id: id.into(), value: Ok(word.into()) };
    let names =
        ["_rocketchat._https.mydomain.com", "rocketchat-public-key.mydomain.com", "_rocketchat._tcp.mydomain.com"];
    let answers =
        [Resolved::Srv { target: word.into(), port: 1 }, Resolved::Txt(word.into()), Resolved::Nothing(word.into())];
    let server = ServerFacts {
        base: peer.base.clone()?,
        info: peer.info.clone()?,
        settings: Ok(ids.map(setting).into()),
        targets: Vec::new(),
        resolved: names.map(String::from).into_iter().zip(answers).collect(),
    };
    Some(OwnFacts {
        key: None,
        expected: Expected::default(),
        method: Method::Hub,
        release: None,
        dns: run.facts.clone(),
        peer,
        here: None,
        hub: evidence.hub.clone(),
        server: Ok(server),
    })
}

/// Every output that these facts lead to, by its format.
pub fn outputs(evidence: &WatchEvidence, word: &str) -> (Vec<Report>, Vec<(&'static str, String)>) {
    let mut all = reports(evidence);
    all.extend(own(evidence, word).map(|own| doctor::report(&own, Instant::now())));
    // The names of files are subjects too.
    all.push(Report { subject: format!("file {word}"), about: word.into(), ..Report::default() });
    let mut texts = written(&all);
    texts.extend(of_mesh(evidence));
    texts.extend(of_watch(evidence));
    (all, texts)
}

fn of_mesh(evidence: &WatchEvidence) -> Vec<(&'static str, String)> {
    let Some(peer) = &evidence.peer else { return Vec::new() };
    let member = |name: &str| Member { domain: name.parse().unwrap(), given: None, views: vec![peer.clone()] };
    let mesh = judge_mesh(&[member("a.example"), member("b.example")], Release(6, 2, 1));
    let form = |id, format| {
        let style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };
        let text = write(format, &mesh, &Details::default(), style).unwrap();
        (id, Filtered::answer(&text).as_str().to_owned())
    };
    vec![
        form("human", MeshFormat::Human),
        form("json", MeshFormat::Json),
        form("html", MeshFormat::Html),
        form("dot", MeshFormat::Dot),
    ]
}

fn of_watch(evidence: &WatchEvidence) -> Vec<(&'static str, String)> {
    let Some(run) = evidence.dns.runs.first() else { return Vec::new() };
    let observed = Observed { dns: &run.facts, peer: evidence.peer.as_ref(), hub: evidence.hub.as_ref(), elapsed: 1 };
    let found = snapshot(observed, &Expected::default(), &[], Severity::Error);
    let rules = Rules { severity: Severity::Notice, confirm: 1, ..Rules::default() };
    let (domain, mut state) = (run.facts.domain.clone(), DomainState::default());
    let sent = state.take(&domain, found.clone(), &rules, false);
    let mut texts = Vec::new();
    for message in sent.iter() {
        texts.push(("human", format!("{}\n", message::title(message))));
        texts.push(("human", message::text(message)));
        texts.push(("json", Filtered::json(&message::json(message, 1).to_string()).as_str().to_owned()));
        texts.push(("json", Filtered::json(&message::alertmanager(message).to_string()).as_str().to_owned()));
        texts.push(("json", Filtered::json(&message::rocketchat(message).to_string()).as_str().to_owned()));
    }
    let status = Status { domain, is_listed: true, every: 300, due: 0, checks: 1, state };
    let span = Span { number: 1, start: 0, end: 1, checks: 1, snapshot: found };
    let page = |text: String| ("html", Filtered::answer(&text).as_str().to_owned());
    texts.push(page(html::board(std::slice::from_ref(&status), &[], 1)));
    texts.push(page(html::domain(&status, &[span], 1)));
    let metrics = fedctl::render::watch::metrics::page(&[status], None, 1);
    texts.push(("prometheus", Filtered::answer(&metrics).as_str().to_owned()));
    texts
}
