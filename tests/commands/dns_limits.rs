//! Domains that ask for more than they are worth: what is looked at is limited in number, memory and time.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::rdata::{A, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, RecordType};
use serde_json::Value;

use crate::support::Fedctl;
use crate::support::name_server_stub::{record, start};

/// In kB.
const MEMORY_MAX: u64 = 100 * 1024;

/// 100 name servers with 1,000 addresses each, and as many TXT records at every name as an answer can hold.
fn too_much(query: &Query, answer: &mut Message) -> Option<()> {
    let apex = Name::from_ascii("many.example.").unwrap();
    let name = query.name();
    let data: Vec<RData> = match query.query_type() {
        RecordType::NS if *name == apex => {
            (0..100).map(|at| RData::NS(NS(Name::from_ascii(format!("ns{at:02}.many.example.")).unwrap()))).collect()
        }
        RecordType::A if name.to_ascii().starts_with("ns") => {
            let addresses = (0..1000u32).map(|at| Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + at));
            addresses.map(|address| RData::A(A(address))).collect()
        }
        RecordType::TXT => (0..3000).map(|at| RData::TXT(TXT::new(vec![format!("{at}")]))).collect(),
        RecordType::SOA if *name == apex => {
            let [mname, rname] =
                ["ns00.many.example.", "root.many.example."].map(|name| Name::from_ascii(name).unwrap());
            vec![RData::SOA(SOA::new(mname, rname, 1, 3600, 600, 86400, 300))]
        }
        _ => Vec::new(),
    };
    for data in data {
        answer.add_answer(record(name, data));
    }
    Some(())
}

#[test]
fn a_domain_without_measure_is_looked_at_within_limits() {
    let addr = start(Box::new(too_much));
    let fedctl = Fedctl::new();
    let resolver = addr.to_string();
    let args = ["dns-check", "many.example", "--resolver", &resolver, "--timeout", "2s", "--format", "json"];
    let mut command = fedctl.command(&args);
    let output = std::fs::File::create(fedctl.path("report.json")).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(memory(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(peak > 0 && peak < MEMORY_MAX, "{peak} kB");
    let report: Value = serde_json::from_str(&fedctl.read("report.json")).unwrap();
    let limits = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "dns-limits");
    let evidence = limits.unwrap_or_else(|| panic!("{report:#}"))["evidence"].to_string();
    for part in ["87 name servers", "addresses of name servers", "records of TXT rocketchat-public-key.many.example"] {
        assert!(evidence.contains(part), "{evidence}");
    }
}

/// The peak of a process, in kB.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn the_deadline_ends_what_the_timeout_of_each_answer_allows() {
    // Takes every query and answers none.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = silent.local_addr().unwrap().to_string();
    let fedctl = Fedctl::new();
    let begun = Instant::now();
    let ran = fedctl.run(&["dns-check", "a.example", "--resolver", &resolver, "--timeout", "600s", "--deadline", "1s"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stdout.contains("a.example could not be checked: no resolver answers"), "{ran:?}");
    assert!(begun.elapsed() < Duration::from_secs(300), "the deadline was not kept");
}

#[test]
fn a_resolver_of_no_use_is_not_a_fault_of_the_domain() {
    let refusing = start(Box::new(|_, answer| {
        answer.metadata.response_code = hickory_proto::op::ResponseCode::Refused;
        Some(())
    }));
    let failing = start(Box::new(|_, answer| {
        answer.metadata.response_code = hickory_proto::op::ResponseCode::ServFail;
        Some(())
    }));
    for (resolver, why) in [
        (refusing.to_string(), "REFUSED"),
        (failing.to_string(), "SERVFAIL"),
        ("127.0.0.1:1".to_owned(), "connection refused"),
    ] {
        let fedctl = Fedctl::new();
        let network = ["--resolver", resolver.as_str(), "--timeout", "1s"];
        let run = |args: &[&str]| fedctl.run(&[args, &network[..]].concat());
        let human = run(&["dns-check", "a.example"]);
        assert_eq!(human.status, 2, "{human:?}");
        assert!(human.stdout.contains("a.example could not be checked"), "{human:?}");
        let reason = format!("no resolver answers ({resolver}: ");
        assert!(human.stdout.contains(&reason) && human.stdout.contains(why), "{human:?}");
        assert!(human.stderr.contains("--resolver ADDR"), "{human:?}");
        let json: Value = serde_json::from_str(&run(&["dns-check", "a.example", "--format", "json"]).stdout).unwrap();
        assert_eq!((&json["verdict"], &json["findings"]), (&"unknown".into(), &Value::Array(vec![])), "{json:#}");
        assert!(json["unchecked"]["why"].as_str().unwrap().contains(why), "{json:#}");
        let nagios = run(&["dns-check", "a.example", "--format", "nagios"]);
        assert_eq!(nagios.status, 3, "{nagios:?}");
        assert!(nagios.stdout.starts_with("FEDCTL UNKNOWN - a.example could not be checked"), "{nagios:?}");
        let wait = run(&["dns-check", "a.example", "--wait", "1s"]);
        assert_eq!(wait.status, 2, "{wait:?}");
        let doctor = run(&["doctor", "a.example"]);
        assert_eq!(doctor.status, 2, "{doctor:?}");
        assert!(doctor.stdout.contains("a.example could not be checked"), "{doctor:?}");
        let handshake = run(&["handshake", "a.example"]);
        assert_eq!(handshake.status, 2, "{handshake:?}");
        let verdict = handshake.stdout.lines().last().unwrap();
        assert!(verdict.starts_with("a.example could not be checked"), "{handshake:?}");
        assert!(handshake.stdout.contains(&reason), "{handshake:?}");
        assert!(!handshake.stdout.contains("does not find") && !handshake.stdout.contains("error"), "{handshake:?}");
        let json = run(&["handshake", "a.example", "--format", "json"]);
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&json["verdict"], &json["findings"]), (&"unknown".into(), &Value::Array(vec![])), "{json:#}");
        let nagios = run(&["handshake", "a.example", "--format", "nagios"]);
        assert_eq!(nagios.status, 3, "{nagios:?}");
        assert!(nagios.stdout.starts_with("FEDCTL UNKNOWN - a.example could not be checked"), "{nagios:?}");
        fedctl.write("list", "a.example\nb.example\n");
        let list = run(&["handshake", "--list", "list"]);
        assert!(list.status == 2 && list.stdout.contains("2 could not be checked"), "{list:?}");
        let list = run(&["dns-check", "--list", "list"]);
        assert_eq!(list.status, 2, "{list:?}");
        assert!(list.stdout.contains("?     a.example") && list.stdout.contains("2 could not be checked"), "{list:?}");
        let init = run(&["init", "a.example", "--yes", "--server", "https://chat.a.example"]);
        assert!(init.stderr.contains("DNS could not be checked"), "{init:?}");
    }
}
