//! Reports that hold everything that a writer can meet, with text that each of them would stumble over unescaped.

use fedctl::report::{Cell, Line, Matrix, Problem, Report, Row, Stage, StageOutcome, Suppression, Verdict};

use fedctl::severity::Severity;

/// Breaks XML, YAML, Markdown, tables, TAP directives and workflow commands alike.
pub const NASTY: &str = "a<b & \"c\" 'd' | e # f: 100% \\ `g` *h* ::error::i\u{7}, ü";

/// One report with problems of every severity, one that is clean.
pub fn reports() -> Vec<Report> {
    let problem = |severity, what: &str| {
        Problem::new(
            severity,
            what,
            format!("it means {NASTY}"),
            "First line.\nSecond line:\n  fedctl records mydomain.com",
        )
        .seen(["ns1.mydomain.com: NXDOMAIN".to_owned(), NASTY.to_owned()])
    };
    let line = |id, verdict| Line { id, minor: false, verdict };
    let mut bad = Report {
        subject: "mydomain.com".into(),
        about: "zone mydomain.com · 2 name servers".into(),
        pass_summary: "can be found".into(),
        fail_summary: "is not ready for federation".into(),
        time: Some(1_795_428_000),
        lines: vec![
            line("dns-zone", Verdict::Pass { note: format!("ns1 and ns2 agree; {NASTY}") }),
            line("dns-srv", problem(Severity::Error, NASTY).into()),
            line("key-text", problem(Severity::Warning, "the published key is damaged").into()),
            line("dns-ttl", problem(Severity::Notice, "the TTL is 1 day").into()),
            line("key-match", Verdict::Skip { why: format!("no key to compare with; {NASTY}") }),
            line("dns-target", problem(Severity::Error, "the target has no address").into()),
        ],
        matrix: Some(Matrix {
            columns: vec!["SRV _rocketchat._https".into(), "TXT rocketchat-public-key".into()],
            rows: vec![row("ns1.mydomain.com", false), row("ns2.mydomain.com", true)],
        }),
        stages: vec![
            stage("discover", 0, 8, StageOutcome::Done),
            stage("tls", 8, 43, StageOutcome::Failed),
            stage("ping", 51, 0, StageOutcome::Skipped),
        ],
        elapsed: 1094,
        ..Report::default()
    };
    bad.suppress(&[Suppression { id: "dns-target".into(), reason: format!("moving; {NASTY}") }]);
    let good = Report {
        subject: "other.example".into(),
        pass_summary: "can be found".into(),
        fail_summary: "is not ready for federation".into(),
        lines: vec![line("dns-zone", Verdict::Pass { note: "fine".into() })],
        elapsed: 90,
        ..Report::default()
    };
    vec![bad, good]
}

fn row(observer: &str, differs: bool) -> Row {
    let cell = |text: &str| Cell { text: text.into(), differs, failure: None };
    Row { observer: observer.into(), role: "name server", cells: vec![cell("chat.mydomain.com:443"), cell(NASTY)] }
}

fn stage(name: &str, start: u32, took: u32, outcome: StageOutcome) -> Stage {
    Stage { name: name.into(), start, took, outcome, note: NASTY.into() }
}
