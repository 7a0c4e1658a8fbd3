//! The status page, the metrics and `/probe` of the service.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::http::get;
use crate::support::hub::eventually;
use crate::support::programs::{self, promtool_reads};
use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, repository};

/// The service; killed when dropped.
struct Service {
    child: Child,
    addr: SocketAddr,
    fedctl: Fedctl,
    _world: World,
}

impl Service {
    /// Watches alpha.example, which a person gave an address, and beta.example, which leads to 127.0.0.1 by DNS; there is a
    /// gamma.example too that is not on the list.
    fn start(more: &[&str]) -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen", "--quiet"]);
        let mut world = World::new();
        let records = healthy(&fedctl);
        let zones = ["alpha.example", "beta.example", "gamma.example"].map(|domain| (domain, zone(1, &records)));
        let resolver = world.serve("ns1.alpha.example", &zones, &[]).to_string();
        let args = [
            "watch",
            "alpha.example",
            "beta.example",
            "--listen",
            "127.0.0.1:0",
            "--data",
            "watch",
            "--timeout",
            "20s",
        ];
        let route = ["--resolver", &resolver, "--connect-to", "chat.alpha.example:443=127.0.0.1:9"];
        let args: Vec<&str> = args.into_iter().chain(route).chain(more.iter().copied()).collect();
        let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().parse().unwrap_or_else(|_| panic!("no address but `{line}`"));
        let service = Self { child, addr, fedctl, _world: world };
        eventually(|| {
            let board: Value = get(addr, "/board.json").json();
            board["domains"]
                .as_array()
                .unwrap()
                .iter()
                .all(|it| it["checks"] == 1 && it["checked"].is_i64())
                .then_some(())
        });
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn pages_metrics_and_health_are_served() {
    let service = Service::start(&[]);
    let board = get(service.addr, "/");
    assert_eq!(board.status, 200);
    assert!(board.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(board.body.contains("2 domains: 2 failing") && board.body.contains("href=\"/domains/alpha.example\""));
    assert!(board.body.contains("<svg") && !board.body.contains("<script"), "{}", board.body);
    let page = get(service.addr, "/domains/alpha.example");
    assert!(
        page.status == 200 && page.body.contains("What to fix") && page.body.contains("fedctl explain peer-connect")
    );
    assert_eq!(get(service.addr, "/domains/gamma.example").status, 404);
    assert_eq!(get(service.addr, "/domains/%3Cscript%3E").status, 404);
    assert_eq!(get(service.addr, "/nothing").status, 404);
    assert_eq!((get(service.addr, "/healthz").status, get(service.addr, "/healthz").body.trim()), (200, "ok"));

    let metrics = get(service.addr, "/metrics").body;
    for line in [
        "fedctl_watch_up 1",
        "fedctl_watch_watchers 1",
        "fedctl_watch_checks_total 2",
        "fedctl_domain_verdict{domain=\"alpha.example\",verdict=\"failing\"} 1",
        "fedctl_domain_verdict{domain=\"alpha.example\",verdict=\"ok\"} 0",
        "fedctl_domain_finding{domain=\"alpha.example\",check=\"peer-connect\",severity=\"error\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    promtool_reads(&metrics);
}

#[test]
fn health_is_bad_while_a_domain_waits_for_its_check() {
    let service = Service::start(&[]);
    assert_eq!(get(service.addr, "/healthz").status, 200);
    let db = rusqlite::Connection::open(service.fedctl.path("watch/watch.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    // Nobody can take it.
    db.execute_batch(
        "CREATE TRIGGER hold BEFORE UPDATE OF watcher ON watch_domains WHEN NEW.watcher IS NOT NULL \
         BEGIN SELECT RAISE(IGNORE); END; UPDATE watch_domains SET due = 0 WHERE domain = 'beta.example'",
    )
    .unwrap();
    let answer = eventually(|| Some(get(service.addr, "/healthz")).filter(|answer| answer.status == 503));
    assert!(answer.body.starts_with("a domain has waited for its check for "), "{answer:?}");
    let metrics = get(service.addr, "/metrics").body;
    assert!(metrics.lines().any(|line| line == "fedctl_watch_overdue 1"), "{metrics}");
}

#[test]
fn a_list_that_changes_is_read_again() {
    let (fedctl, _world, flags) = super::once::world(&[("alpha.example", "healthy"), ("beta.example", "")]);
    fedctl.write("list.txt", "alpha.example\n");
    let mut args =
        vec!["watch".to_owned(), "--list".into(), "list.txt".into(), "--listen".into(), "127.0.0.1:0".into()];
    args.extend(flags);
    let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr = line.trim().parse().unwrap();
    let checked = || -> Vec<String> {
        let board: Value = get(addr, "/board.json").json();
        let domains = board["domains"].as_array().unwrap().iter().filter(|it| it["checked"].is_i64());
        domains.map(|it| it["domain"].as_str().unwrap().to_owned()).collect()
    };
    eventually(|| (checked() == ["alpha.example"]).then_some(()));
    fedctl.write("list.txt", "beta.example every=30m\n");
    eventually(|| (checked() == ["beta.example"]).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn nobody_makes_the_service_query_what_is_not_on_its_list_or_is_private() {
    let service = Service::start(&[]);
    let probe = |target: &str| {
        let answer = get(service.addr, &format!("/probe?target={target}"));
        (answer.status, answer.body)
    };
    // The result of a moment ago is good enough.
    let (status, body) = probe("alpha.example");
    assert!(status == 200 && body.contains("\nprobe_success 0\n"), "{status} {body}");
    let (status, body) = probe("gamma.example");
    assert!(status == 403 && body.contains("not on the list"), "{status} {body}");
    for bad in ["", "127.0.0.1", "http://alpha.example", "alpha.example%0d%0aHost:%20x"] {
        assert!(matches!(probe(bad).0, 400 | 403), "{bad}: {:?}", probe(bad));
    }
    drop(service);

    // Everything may be probed, but nothing in a private network.
    let service = Service::start(&["--probe-any"]);
    let answer = get(service.addr, "/probe?target=gamma.example");
    assert!(answer.status == 403 && answer.body.contains("private network"), "{answer:?}");
    drop(service);

    let closed = "chat.gamma.example:443=127.0.0.1:9";
    let service = Service::start(&["--probe-any", "--allow-private", "--connect-to", closed]);
    let answer = get(service.addr, "/probe?target=gamma.example");
    assert!(answer.status == 200 && answer.body.contains("check=\"peer-connect\""), "{answer:?}");
    let board: Value = get(service.addr, "/board.json").json();
    assert_eq!(board["domains"].as_array().unwrap().len(), 2, "nothing is kept of it");
}

#[test]
fn the_page_is_readable_without_scripts_on_a_phone_in_light_and_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start(&[]);
    let mut grounds = Vec::new();
    for path in ["/", "/domains/alpha.example"] {
        for scheme in ["light", "dark"] {
            browser.as_phone(scheme);
            browser.open(&format!("http://{}{path}", service.addr));
            let wide = browser.too_wide();
            assert!(wide <= 0.0, "{path} is {wide} pixels too wide");
            assert_ne!(browser.evaluate("getComputedStyle(document.querySelector('.strip')).height"), "auto");
            assert!(
                browser.evaluate("document.querySelector('.strip rect').getBoundingClientRect().width").as_f64()
                    > Some(0.0)
            );
            grounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
            // The table of the history is whole, without moving it.
            let cut = "[...document.querySelectorAll('.history td')].filter(cell => cell.getBoundingClientRect().right > innerWidth).length";
            assert_eq!(browser.evaluate(cut).as_u64(), Some(0), "{path}");
        }
    }
    assert!(browser.evaluate("document.querySelectorAll('.history td').length").as_u64() >= Some(4));
    assert!(grounds[0] != grounds[1] && grounds[0] == grounds[2] && grounds[1] == grounds[3], "{grounds:?}");
    browser.without_scripts();
    browser.open(&format!("http://{}/", service.addr));
    browser.click("article h2 a");
    let html = browser.html();
    assert!(html.contains("What to fix") && html.contains("accepts connections"), "{html}");
    // Code is marked up, a fix is prose, and only a line to copy is in a box.
    assert!(!html.contains('`') && html.contains("<code>"), "{html}");
    assert!(html.contains("<div class=\"copy\"><pre>fedctl watch history alpha.example</pre></div>"), "{html}");
}

#[test]
fn a_command_on_a_status_page_has_a_copy_button() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start(&[]);
    browser.open(&format!("http://{}/domains/alpha.example", service.addr));
    let boxes = browser.evaluate("document.querySelectorAll('.copy pre').length").as_f64().unwrap();
    let buttons = browser.evaluate("document.querySelectorAll('.copy button').length").as_f64().unwrap();
    assert!(boxes >= 1.0 && (boxes - buttons).abs() < 0.5, "{boxes} commands, {buttons} buttons");
}

#[test]
fn the_rules_and_the_dashboard_fit_the_metrics() {
    let rules = repository("docs/watch/alert-rules.yaml");
    let text = std::fs::read_to_string(repository("docs/watch/grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let exprs: Vec<String> = targets.map(|target| target["expr"].as_str().unwrap().replace("$domain", ".*")).collect();
    assert!(exprs.len() > 10);
    // Every metric that they name is one that the page gives.
    let source = std::fs::read_to_string(repository("src/render/watch/metrics.rs")).unwrap();
    let all = std::fs::read_to_string(&rules).unwrap() + &exprs.join("\n");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for at in all.match_indices("fedctl_").map(|(at, _)| at) {
        let name: String = all[at..].chars().take_while(|c| is_word(*c)).collect();
        // The format adds the end to the names of counters.
        let name = name.strip_suffix("_total").unwrap_or(&name);
        assert!(source.contains(&format!("\"{name}\"")), "{name} is no metric");
    }
    let Some(promtool) = programs::find("promtool") else { return };
    let dir = tempfile::tempdir().unwrap();
    let quoted: String = exprs
        .iter()
        .enumerate()
        .map(|(at, expr)| format!("  - record: d{at}\n    expr: '{}'\n", expr.replace('\'', "''")))
        .collect();
    std::fs::write(dir.path().join("dashboard.yaml"), format!("groups:\n- name: dashboard\n  rules:\n{quoted}"))
        .unwrap();
    std::fs::copy(&rules, dir.path().join("alert-rules.yaml")).unwrap();
    std::fs::copy(repository("tests/watch/alert-rules.test.yaml"), dir.path().join("test.yaml")).unwrap();
    for args in [&["check", "rules", "alert-rules.yaml", "dashboard.yaml"][..], &["test", "rules", "test.yaml"]] {
        let output = Command::new(&promtool).args(args).current_dir(dir.path()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {printed}");
    }
}
