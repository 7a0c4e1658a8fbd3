//! Three servers of different releases on loopback, every direction between them.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use fedctl::render::mesh::{MeshFormat, write};
use fedctl::render::report::Style;
use fedctl::report::Details;
use fedctl::report::mesh::{Direction, Mesh, Node, Obstacle, State};
use fedctl::severity::Severity;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, programs};

const STYLE: Style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };

/// A group of embedded servers, which stop with it.
struct Group {
    fedctl: Fedctl,
    _world: World,
    servers: Vec<Child>,
    flags: Vec<String>,
}

impl Drop for Group {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Starts `(domain, release, key text in DNS)`; without a text the domain publishes its own key.
fn group(members: &[(&str, &str, Option<&str>)]) -> Group {
    let fedctl = Fedctl::new();
    let (mut zones, mut servers, mut flags) = (Vec::new(), Vec::new(), Vec::new());
    for (domain, release, published) in members {
        let name = domain.split('.').next().unwrap();
        fedctl.ok(&["keygen", "--quiet", "--private", &format!("{name}.key"), "--public", &format!("{name}.pub")]);
        let text = published.map_or_else(|| fedctl.read(&format!("{name}.pub")).trim_end().to_owned(), str::to_owned);
        let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT \"http\"\n";
        zones.push((*domain, zone(1, &format!("{srv}{}", key_record(&text)))));
        let args = ["serve", "peer", "--domain", domain, "--key", &format!("{name}.key"), "--as", release, "--plain"];
        let mut child = fedctl
            .command(&[&args[..], &["--resolver", "127.0.0.1:9"]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr: SocketAddr =
            line.trim().rsplit(['/', ' ']).next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"));
        flags.extend(["--connect-to".to_owned(), format!("chat.{domain}:80={addr}")]);
        servers.push(child);
    }
    let mut world = World::new();
    let zones: Vec<(&str, String)> = zones;
    let resolver = world.serve("ns1.alpha.example", &zones, &[]);
    flags.extend(["--resolver".to_owned(), resolver.to_string(), "--timeout".to_owned(), "20s".to_owned()]);
    Group { fedctl, _world: world, servers, flags }
}

impl Group {
    fn mesh(&self, args: &[&str]) -> crate::support::Ran {
        let mut all: Vec<String> = vec!["mesh".into()];
        all.extend(args.iter().map(ToString::to_string));
        all.extend(self.flags.clone());
        self.fedctl.run(&all)
    }
}

fn states(mesh: &Value) -> Vec<String> {
    let state = |direction: &Value| {
        let word = |name: &str| direction[name].as_str().unwrap().split('.').next().unwrap().to_owned();
        format!("{} {} {}", word("from"), word("to"), direction["state"].as_str().unwrap())
    };
    mesh["directions"].as_array().unwrap().iter().map(state).collect()
}

#[test]
fn every_direction_is_judged_with_its_owner() {
    let half = "-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";
    let group = group(&[
        ("alpha.example", "3.18.7", None),
        ("beta.example", "6.2.0", Some(half)),
        ("gamma.example", "6.5.0", None),
    ]);
    let ran = group.mesh(&["alpha.example", "beta.example", "gamma.example", "--format", "json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let mesh: Value = serde_json::from_str(&ran.stdout).unwrap();
    // Half a key stops both directions: the sender cannot encrypt for beta, and nobody can open what beta signs.
    assert_eq!(
        states(&mesh),
        [
            "alpha beta fails",
            "alpha gamma works",
            "beta alpha fails",
            "beta gamma fails",
            "gamma alpha fails",
            "gamma beta fails"
        ]
    );
    let owners = |from: &str, to: &str| -> Vec<String> {
        let of = |direction: &&Value| {
            direction["from"] == format!("{from}.example") && direction["to"] == format!("{to}.example")
        };
        let direction = mesh["directions"].as_array().unwrap().iter().find(of).unwrap();
        direction["obstacles"].as_array().unwrap().iter().map(|o| o["owner"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(owners("gamma", "alpha"), ["gamma.example"]);
    assert_eq!(owners("beta", "alpha"), ["beta.example"]);
    assert!(owners("gamma", "beta").contains(&"beta.example".to_owned()));

    let human = group.mesh(&["alpha.example", "beta.example", "gamma.example"]).stdout;
    assert!(human.contains("6.5.0, which cannot send to any peer"), "{human}");
    assert!(human.ends_with("\nFAIL  1 of 6 directions work: 5 errors\n"), "{human}");
    let dot = group.mesh(&["alpha.example", "beta.example", "gamma.example", "--format", "dot"]).stdout;
    assert!(dot.starts_with("digraph mesh {") && dot.matches(" -> ").count() == 6, "{dot}");
    let html = group.mesh(&["alpha.example", "beta.example", "gamma.example", "--format", "html"]).stdout;
    assert!(html.contains("<svg") && html.matches("<script").count() == 1 && !html.contains('`'), "{html}");
}

#[test]
fn a_healthy_group_from_a_list_passes() {
    let group = group(&[("alpha.example", "3.18.7", None), ("beta.example", "4.8.0", None)]);
    group.fedctl.write("peers.txt", "# our peers\nalpha.example 3.18.7\nbeta.example\n");
    let ran = group.mesh(&["--list", "peers.txt"]);
    assert!(ran.status == 0 && ran.stdout.ends_with("\nPASS  2 of 2 directions work\n"), "{ran:?}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
}

/// The releases before the fix of 3.6.3 receive, and their messages do not leave.
#[test]
fn a_release_that_sends_to_itself_only_is_an_obstacle_in_one_direction() {
    let group = group(&[("alpha.example", "3.5.0", None), ("beta.example", "4.8.0", None)]);
    let ran = group.mesh(&["alpha.example", "beta.example", "--format", "json"]);
    let mesh: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, states(&mesh)), (1, vec!["alpha beta fails".to_owned(), "beta alpha works".to_owned()]));
    assert!(ran.stdout.contains("runs 3.5.0, which sends messages to its own domain only"), "{}", ran.stdout);
}

/// The one from before 2.0 has to be upgraded in both directions. The sentence names the release that it runs.
#[test]
fn the_older_of_two_protocols_is_the_one_to_upgrade() {
    let group =
        group(&[("alpha.example", "1.3.5", None), ("beta.example", "4.8.0", None), ("gamma.example", "3.18.7", None)]);
    let args = ["alpha.example", "beta.example", "gamma.example"];
    let ran = group.mesh(&[&args[..], &["--format", "json"]].concat());
    let mesh: Value = serde_json::from_str(&ran.stdout).unwrap();
    let failing = |direction: &&Value| direction["state"] == "fails";
    for direction in mesh["directions"].as_array().unwrap().iter().filter(failing) {
        let obstacles = direction["obstacles"].as_array().unwrap();
        assert!(obstacles.iter().all(|one| one["owner"] == "alpha.example"), "{direction}");
    }
    let human = group.mesh(&args).stdout;
    let one = "alpha.example runs 1.3.5 with the protocol of 1.x, which releases from 2.0.0 on do not support";
    assert_eq!(human.split_whitespace().collect::<Vec<_>>().join(" ").matches(one).count(), 1, "{human}");
    assert!(human.ends_with("\nFAIL  2 of 6 directions work: 1 error\n"), "{human}");
}

#[test]
fn what_is_suppressed_is_shown_with_its_reason_and_does_not_fail() {
    let group = group(&[("alpha.example", "3.5.0", None), ("beta.example", "4.8.0", None)]);
    let both = ["alpha.example", "beta.example"];
    let muted = [&both[..], &["--suppress", "peer-release=alpha is upgraded in May"]].concat();
    let human = group.mesh(&muted);
    assert_eq!(human.status, 0, "{human:?}");
    for part in ["muted 1", "suppressed: alpha is upgraded in May", "\nPASS  1 of 2 directions work; 1 suppressed\n"] {
        assert!(human.stdout.contains(part), "{part}: {}", human.stdout);
    }
    assert!(!human.stdout.contains("Upgrade to"), "{}", human.stdout);
    let json = group.mesh(&[&muted[..], &["--format", "json"]].concat());
    let mesh: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(states(&mesh), ["alpha beta suppressed", "beta alpha works"]);
    assert_eq!(mesh["directions"][0]["obstacles"][0]["suppressed"], "alpha is upgraded in May");
    assert_eq!((&mesh["fails"], &mesh["suppressed"]), (&0.into(), &1.into()));
    assert_eq!(crate::commands::schemas::errors("mesh", &mesh), [""; 0]);
    for (format, part) in [("html", "suppressed: alpha is upgraded in May"), ("dot", "style=dashed")] {
        let page = group.mesh(&[&muted[..], &["--format", format]].concat()).stdout;
        assert!(page.contains(part), "{page}");
    }
    // Another check's reason changes nothing.
    let other = group.mesh(&[&both[..], &["--suppress", "tls-expiry=known"]].concat());
    assert!(other.status == 1 && other.stdout.contains("FAIL  1 of 2 directions work: 1 error\n"), "{}", other.stdout);
}

#[test]
fn what_is_no_group_is_refused() {
    let fedctl = Fedctl::new();
    fedctl.write("bad.txt", "alpha.example\nhttps://beta.example\n");
    let (error, hint) = fedctl.refused(&["mesh", "--list", "bad.txt", "--resolver", "127.0.0.1:9"]);
    assert!(error.contains("line 2 column 1 of `bad.txt`") && !hint.is_empty(), "{error}");
    let (error, _) = fedctl.refused(&["mesh", "alpha.example", "--resolver", "127.0.0.1:9"]);
    assert_eq!(error, "a mesh needs two domains or more");
}

#[test]
fn a_resolver_that_does_not_answer_is_not_the_fault_of_the_members() {
    let fedctl = Fedctl::new();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = silent.local_addr().unwrap().to_string();
    let ran = fedctl.run(&["mesh", "a.example", "b.example", "--resolver", &resolver, "--timeout", "300ms"]);
    assert!(
        ran.status == 2 && ran.stdout.contains("UNKNOWN  0 of 2 directions work; 2 could not be checked"),
        "{ran:?}"
    );
}

/// Fifty members with long names, of which these publish half a key.
fn large(is_broken: fn(usize) -> bool) -> Mesh {
    const COUNT: usize = 50;
    let domain = |at: usize| format!("rocketchat-{at:02}.department.university.example").parse().unwrap();
    let half = |at: usize| Obstacle {
        owner: domain(at),
        check: "key-text".into(),
        what: format!("the published key of {} is cut off", domain(at)),
        fix: "Publish all of it.".into(),
        suppressed: None,
    };
    let pairs = (0..COUNT).flat_map(|from| (0..COUNT).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let direction = |(from, to)| Direction {
        from: domain(from),
        to: domain(to),
        state: if is_broken(from) { State::Fails(vec![half(from)]) } else { State::Works },
    };
    let node = |at| Node { domain: domain(at), release: Some("3.18.7".parse().unwrap()), given: false };
    Mesh { members: (0..COUNT).map(node).collect(), directions: pairs.map(direction).collect() }
}

/// Names of the diagram that are outside of it, or that another name covers.
const HIDDEN_NAMES: &str = "(() => { const box = document.querySelector('svg').getBoundingClientRect(); \
    const names = [...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect()); \
    const covers = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1; \
    return names.filter((name, at) => name.left < box.left || name.right > box.right || name.top < box.top \
    || name.bottom > box.bottom || names.some((other, place) => place !== at && covers(name, other))).length })()";

/// Marks of the diagram that touch the one to the right of them.
const JOINED_MARKS: &str = "(() => { const marks = [...document.querySelectorAll('.scroll svg .fails')]; const right = \
    mark => +mark.getAttribute('x') + +mark.getAttribute('width'); return marks.slice(1).filter((mark, at) => \
    mark.getAttribute('y') === marks[at].getAttribute('y') && +mark.getAttribute('x') <= right(marks[at])).length })()";

#[test]
fn the_page_of_a_group_of_fifty_is_readable_whatever_fails() {
    let Some(mut browser) = Browser::start() else { return };
    let fedctl = Fedctl::new();
    for (is_broken, broken) in [((|at| at % 5 == 0) as fn(usize) -> bool, 10), (|at| at != 7, 49)] {
        let mesh = large(is_broken);
        let page = fedctl.write("mesh.html", write(MeshFormat::Html, &mesh, &Details::default(), STYLE).unwrap());
        let page = format!("file://{}", page.display());
        browser.as_screen();
        browser.open(&page);
        let mut count = |script: &str| browser.evaluate(script).as_f64().unwrap_or(-1.0) as i64;
        assert_eq!(count("document.querySelectorAll('svg text').length"), 100, "each member in a row and in a column");
        assert_eq!(count(HIDDEN_NAMES), 0);
        assert!(count("parseFloat(getComputedStyle(document.querySelector('svg text')).fontSize)") >= 10);
        assert_eq!(count("document.querySelectorAll('.scroll svg .fails').length"), broken * 49);
        assert_eq!(count(JOINED_MARKS), 0);
        // Who is broken, one entry for each cause, and a way from the one to the other.
        assert_eq!(count("document.querySelectorAll('.members tbody tr').length"), broken);
        assert_eq!(count("document.querySelectorAll('ol.fixes > li').length"), broken);
        let dead = "[...document.querySelectorAll('td a')].filter(link => !document.querySelector(link.hash)).length";
        assert_eq!(count(dead), 0);
        assert!(browser.too_wide() <= 0.0);
        for scheme in ["light", "dark"] {
            browser.as_phone(scheme);
            browser.open(&page);
            assert!(browser.too_wide() <= 0.0, "{scheme}");
        }
        // Printed, the whole diagram is on the paper.
        browser.as_paper(700);
        browser.open(&page);
        let right = browser.evaluate("document.querySelector('svg').getBoundingClientRect().right");
        assert!(right.as_f64().unwrap() <= 700.0 && browser.too_wide() <= 0.0, "{right}");
    }
}

#[test]
fn graphviz_draws_a_group_of_fifty() {
    let Some(dot) = programs::find("dot") else { return };
    let fedctl = Fedctl::new();
    let graph =
        fedctl.write("mesh.dot", write(MeshFormat::Dot, &large(|at| at % 5 == 0), &Details::default(), STYLE).unwrap());
    let output = Command::new(dot).arg("-Tsvg").arg(&graph).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let drawing = String::from_utf8(output.stdout).unwrap();
    let count = |class: &str| drawing.matches(&format!("class=\"{class}\"")).count();
    assert_eq!((count("node"), count("edge")), (50, 50 * 49));
    assert_eq!(drawing.matches(">3.18.7</text>").count(), 50);
}
