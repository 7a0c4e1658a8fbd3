//! Messages into real receivers on loopback: a program, a webhook, Rocket.Chat's webhook, mail, Alertmanager.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::hub::eventually;
use crate::support::mailbox::Mailbox;
use crate::support::stub::Stub;
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, Ran, http, programs};
use crate::watch::peer::Peer;

/// A domain whose server is up or down, from one check to the next.
struct Scene {
    fedctl: Fedctl,
    world: World,
    peer: Peer,
    resolver: SocketAddr,
}

impl Scene {
    fn new() -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen", "--quiet"]);
        let peer = Peer::start(&fedctl, "peer.example");
        let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT \"http\"\n";
        let records = format!("{srv}{}", key_record(fedctl.read("federation.pub").trim_end()));
        let mut world = World::new();
        let resolver = world.serve("ns1.peer.example", &[("peer.example", zone(1, &records))], &[]);
        Self { fedctl, world, peer, resolver }
    }

    fn args(&self, up: bool, more: &[String]) -> Vec<String> {
        let to = if up { self.peer.addr } else { SocketAddr::from(([127, 0, 0, 1], 9)) };
        let (resolver, route) = (self.resolver.to_string(), format!("chat.peer.example:80={to}"));
        let args = ["watch", "--once", "peer.example", "--data", "watch", "--timeout", "20s", "--resolver", &resolver];
        let args = args.into_iter().chain(["--connect-to", &route]).map(String::from);
        args.chain(more.iter().cloned()).collect()
    }

    /// One check.
    fn check(&self, up: bool, more: &[String]) -> Ran {
        let ran = self.fedctl.run(&self.args(up, more));
        assert_eq!(ran.status, i32::from(!up), "{ran:?}");
        ran
    }

    /// A program that keeps what it is given; it fails while the file `refuse` exists, and waits while `slow` does.
    fn program(&self) -> String {
        let (file, refuse, slow) = (self.fedctl.path("messages"), self.fedctl.path("refuse"), self.fedctl.path("slow"));
        let (file, refuse, slow) = (file.display(), refuse.display(), slow.display());
        let text = format!("#!/bin/sh\n[ -e {refuse} ] && exit 1\ncat >> {file}\n[ -e {slow} ] && sleep 30\nexit 0\n");
        let path = self.fedctl.write("page", text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        format!("command:{}", path.display())
    }

    fn messages(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.fedctl.path("messages")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Makes the messages that wait for another attempt due.
    fn make_due(&self) {
        let db = rusqlite::Connection::open(self.fedctl.path("watch/watch.db")).unwrap();
        assert!(db.execute("UPDATE watch_messages SET due = 0 WHERE closed IS NULL", []).unwrap() > 0);
    }
}

fn alerts(channels: &[&str]) -> Vec<String> {
    channels.iter().flat_map(|channel| ["--alert".to_owned(), (*channel).to_owned()]).collect()
}

/// A real Alertmanager; killed when dropped.
struct Alertmanager {
    child: Child,
    addr: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Alertmanager {
    fn start() -> Option<Self> {
        let program = programs::find("prometheus-alertmanager")?;
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.yml");
        std::fs::write(&config, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let addr = programs::free_port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", dir.path().display()))
            .arg(format!("--web.listen-address={addr}"))
            .arg("--cluster.listen-address=")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Self { child, addr, _dir: dir };
        eventually(|| http::try_send(addr, "GET", "/-/ready", &[], "").filter(|answer| answer.status == 200).map(drop));
        Some(started)
    }

    /// The names of the alerts that fire.
    fn firing(&self) -> Vec<String> {
        let body = http::get(self.addr, "/api/v2/alerts?active=true").body;
        let start = body.find('[').unwrap();
        let alerts: Value = serde_json::Deserializer::from_str(&body[start..]).into_iter().next().unwrap().unwrap();
        let name = |alert: &Value| {
            let label = |name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", label("alertname"), label("domain"), label("check"))
        };
        alerts.as_array().unwrap().iter().map(name).collect()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_failure_and_its_end_are_one_message_each_for_every_receiver() {
    let scene = Scene::new();
    let webhook = Stub::start("200 OK", "{}");
    let chat = Stub::start("200 OK", "{\"success\":true}");
    let (mail, alertmanager) = (Mailbox::start(0), Alertmanager::start());
    let mut more = alerts(&[
        &scene.program(),
        &format!("webhook:http://{}/s3cret?token=s3cret", webhook.addr),
        &format!("rocketchat:http://{}/hooks/s3cret", chat.addr),
    ]);
    if let Some(mail) = &mail {
        more.extend(alerts(&["mailto:ops@example.org"]));
        more.extend(["--smtp".to_owned(), format!("smtp://127.0.0.1:{}", mail.port)]);
    }
    if let Some(alertmanager) = &alertmanager {
        more.extend(alerts(&[&format!("alertmanager:http://{}", alertmanager.addr)]));
    }
    scene.check(true, &more);
    scene.check(false, &more);
    assert_eq!(scene.messages().len(), 0, "one failed check is not announced");
    for _ in 0..3 {
        let ran = scene.check(false, &more);
        assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
    let firing = "FedctlDomainFailing peer.example peer-connect";
    if let Some(alertmanager) = &alertmanager {
        assert!(alertmanager.firing().contains(&firing.to_owned()), "{:?}", alertmanager.firing());
    }
    for _ in 0..3 {
        scene.check(true, &more);
    }

    let kinds: Vec<String> = scene.messages().iter().map(|message| message["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"problem\"", "\"recovery\""]);
    let text = scene.messages()[0]["text"].as_str().unwrap().to_owned();
    for part in ["peer.example fails", "  since   20", "  means   ", "\nfedctl handshake peer.example\n"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(webhook.requests().len(), 2, "{:?}", webhook.requests());
    assert!(webhook.requests()[0].starts_with("POST /s3cret?token=s3cret HTTP/1.1\r\n"));
    let chat = chat.requests();
    assert!(chat.len() == 2 && chat[0].contains("\"text\":\"*peer.example* fails\""), "{chat:?}");
    assert!(chat[1].contains("\"text\":\"*peer.example* works again\""), "{chat:?}");
    if let Some(mail) = &mail {
        let (first, second) = (mail.next(), mail.next());
        assert!(first.text.contains("Subject: peer.example fails") && first.to == ["ops@example.org"], "{first:?}");
        assert!(second.text.contains("Subject: peer.example works again"), "{second:?}");
        assert!(mail.next_within(Duration::from_millis(300)).is_none());
    }
    if let Some(alertmanager) = &alertmanager {
        eventually(|| (!alertmanager.firing().contains(&firing.to_owned())).then_some(()));
    }
    drop(scene.world);
}

#[test]
fn a_receiver_that_refuses_is_tried_again_in_the_order_of_the_messages() {
    let scene = Scene::new();
    let more = alerts(&[&scene.program()]);
    scene.fedctl.write("refuse", "");
    for up in [true, false, false, true, true] {
        scene.check(up, &more);
    }
    assert_eq!(scene.messages().len(), 0);
    std::fs::remove_file(scene.fedctl.path("refuse")).unwrap();
    scene.make_due();
    scene.check(true, &more);
    let kinds: Vec<Value> = scene.messages().iter().map(|message| message["kind"].clone()).collect();
    assert_eq!(kinds, ["problem", "recovery"]);
    scene.check(true, &more);
    assert_eq!(scene.messages().len(), 2);
}

#[test]
fn a_watcher_that_is_killed_while_it_sends_loses_nothing_and_repeats_once() {
    let scene = Scene::new();
    let more = alerts(&[&scene.program()]);
    scene.check(true, &more);
    scene.check(false, &more);
    scene.fedctl.write("slow", "");
    let mut killed = scene.fedctl.command(&scene.args(false, &more)).stdout(Stdio::null()).spawn().unwrap();
    // The receiver has the message, and its acknowledgement never comes.
    eventually(|| (scene.messages().len() == 1).then_some(()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    std::fs::remove_file(scene.fedctl.path("slow")).unwrap();
    scene.check(false, &more);
    scene.check(false, &more);
    let ids: Vec<Value> = scene.messages().iter().map(|message| message["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "the same message once more, and no other: {ids:?}");
}

#[test]
fn a_silence_postpones_what_lasts_and_drops_what_does_not() {
    let scene = Scene::new();
    let more = alerts(&[&scene.program()]);
    let silent = [more.clone(), vec!["--silence".into(), "2020-01-01T00:00Z/2100-01-01T00:00Z".into()]].concat();
    for up in [true, false, false, true, true] {
        scene.check(up, &silent);
    }
    scene.check(true, &more);
    assert_eq!(scene.messages().len(), 0, "it began and ended in the silence");
    scene.check(false, &silent);
    scene.check(false, &silent);
    scene.check(false, &more);
    assert_eq!(scene.messages().len(), 1, "it goes on after the silence");
}

#[test]
fn what_is_no_channel_is_refused_without_its_secret() {
    let fedctl = Fedctl::new();
    for (alert, part) in [
        ("https://hooks.example.org/s3cret", "unknown kind"),
        ("webhook:s3cret", "address of a webhook"),
        ("mailto:ops@example.org", "mail needs a mail server"),
    ] {
        let args = ["watch", "--once", "peer.example", "--resolver", "127.0.0.1:9", "--alert", alert];
        let (error, hint) = fedctl.refused(&args);
        assert!(error.contains(part) && !error.contains("s3cret") && !hint.contains("s3cret"), "{error}: {hint}");
    }
}
