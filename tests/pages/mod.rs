//! Every command line of README and docs is run against the lab: each page in a directory of its own, in the order of the page.

mod behaviour;
mod claims;
mod first_screen;
mod protocol;
mod tables;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tables::{BEFORE, ELSEWHERE, INPUT, NAMES, NOT_RUN, PAGES_ELSEWHERE, STATUS, entry};

use crate::docs::{Typed, pages, test_names, typed};
use crate::support::lab::Kept;
use crate::support::rest::{Rest, Script, TOKEN, USER};
use crate::support::{Fedctl, programs, repository};

/// A line as it is run: fedctl and programs of a block of YAML or of a crontab without what stands before them.
fn command(Typed { language, line }: &Typed) -> Option<String> {
    let line = line.trim();
    let is_comment = line.is_empty() || line.starts_with('#');
    match language.as_str() {
        "sh" | "console" => (!is_comment).then(|| line.to_owned()),
        "cron" => Some(line.splitn(7, ' ').last()?.trim_start().split_once(' ')?.1.trim_start().to_owned()),
        _ => ["- run: ", "- ", "command_line", ""]
            .iter()
            .filter_map(|start| line.strip_prefix(start))
            .map(str::trim_start)
            .find(|rest| rest.starts_with("fedctl ") || rest.starts_with("/usr/bin/fedctl "))
            .map(str::to_owned),
    }
}

/// A page in its directory, and the servers that it has started.
struct Page<'a> {
    lab: &'a Kept,
    name: String,
    fedctl: Fedctl,
    path: String,
    drill: String,
    hub: Option<(Child, String)>,
    /// The settings of the server, of a page that has the token of an admin.
    rest: Option<Rest>,
}

impl<'a> Page<'a> {
    fn new(lab: &'a Kept, name: &str, tools: &Path, drill: &str, text: &str) -> Self {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_fedctl")).parent().unwrap().to_owned();
        let path = format!("{}:{}:{}", tools.display(), binary.display(), std::env::var("PATH").unwrap());
        let (name, drill, fedctl) = (name.to_owned(), drill.to_owned(), Fedctl::new());
        let mut page = Self { lab, name, fedctl, path, drill, hub: None, rest: None };
        page.prepare(text);
        if text.contains("admin.token") {
            page.rest = Some(page.server());
        }
        page
    }

    /// The files that a page takes for granted. A page that makes a key pair has none before.
    fn prepare(&self, text: &str) {
        let sh = |line: &str| {
            let (status, _, stderr) = self.sh(line, "");
            assert_eq!(status, 0, "{}: {line}: {stderr}", self.name);
        };
        let makes_key = text.lines().any(|line| line.trim() == "fedctl keygen");
        if !makes_key {
            sh("cp $FEDCTL_KEY federation.key && fedctl keygen --from-private federation.key --public federation.pub");
        }
        sh("cp $FEDCTL_KEY b.key");
        let exports = self.lab.variables.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
        self.fedctl.write("lab.env", exports.collect::<String>());
        sh(
            "dig +short TXT rocketchat-public-key.healthy.test | tr -d '\" \\n' | sed 's/BEGINPUBLICKEY/BEGIN PUBLIC KEY/; s/ENDPUBLICKEY/END PUBLIC KEY/' > peer.pub",
        );
        sh("dig +short TXT rocketchat-public-key.neighbour.test > value.txt");
        self.fedctl.write("peers.txt", "# peers\nhealthy.test\n");
        self.fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
        sh("chmod 600 admin.token");
    }

    /// The REST API of the server whose domain the lab acts as, and settings that name it.
    fn server(&self) -> Rest {
        let key = self.fedctl.read("federation.pub").trim_end().to_owned();
        let is_new = self.name == "docs/configure.md";
        let settings = vec![
            ("FEDERATION_Enabled", json!(!is_new)),
            ("FEDERATION_Status", json!(if is_new { "Disabled" } else { "Enabled" })),
            ("FEDERATION_Domain", json!("neighbour.test")),
            ("FEDERATION_Public_Key", json!(key)),
            ("FEDERATION_Discovery_Method", json!("dns")),
            ("Site_Url", json!("https://chat.neighbour.test")),
        ];
        let mut script = Script::new("4.8.3", settings);
        for domain in ["neighbour.test", "healthy.test"] {
            let srv = json!({"target": format!("chat.{domain}"), "port": 443, "priority": 1, "weight": 1});
            script.resolved.insert(format!("_rocketchat._https.{domain}"), srv.clone());
            script.resolved.insert(format!("_rocketchat._tcp.{domain}"), srv);
            let file = if domain == "neighbour.test" { "federation.pub" } else { "peer.pub" };
            let key = json!(self.fedctl.read(file).trim_end());
            script.resolved.insert(format!("rocketchat-public-key.{domain}"), key);
        }
        let rest = Rest::start(script);
        self.fedctl.write(
            "fedctl.yaml",
            format!("target: chat.neighbour.test\nport: 443\nprotocol: https\nserver: http://{}\n", rest.addr),
        );
        rest
    }

    /// A line with the names of the lab.
    fn in_the_lab(&self, line: &str) -> String {
        let mut line = line.to_owned();
        if let Some((_, addr)) = &self.hub {
            line = line.replace("127.0.0.1:8080", addr);
        }
        NAMES.iter().fold(line, |line, (name, instead)| line.replace(name, instead))
    }

    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.fedctl.dir.path()).env_clear();
        command.envs(self.lab.variables.iter().map(|(name, value)| (name, value)));
        command.env("PATH", &self.path).env("HOME", self.fedctl.dir.path()).env("COLUMNS", "80");
        if let Some(rest) = &self.rest {
            command.env("REST", format!("http://{}", rest.addr));
        }
        command.env("DRILL", &self.drill).env("GITHUB_STEP_SUMMARY", "summary.md");
        command
    }

    /// Runs a line; what it prints goes to files, so that no pipe fills up.
    fn sh(&self, line: &str, input: &str) -> (i32, String, String) {
        let captured = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::File::create(captured.path().join(name)).unwrap();
        let mut command = self.shell(line);
        let mut child = command.stdin(Stdio::piped()).stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code().unwrap_or(-1);
            }
            if begun.elapsed() > Duration::from_secs(240) {
                let _ = child.kill();
                panic!("{}: `{line}` does not end", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let read =
            |name: &str| String::from_utf8_lossy(&std::fs::read(captured.path().join(name)).unwrap()).into_owned();
        (status, read("stdout"), read("stderr"))
    }

    /// Starts a server and waits for its address.
    fn start(&self, line: &str) -> (Child, String) {
        let line = format!("exec {line} --listen 127.0.0.1:0");
        let mut child =
            self.shell(&line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut addr = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut addr).unwrap();
        if addr.is_empty() {
            panic!("{}: `{line}`: {:?}", self.name, child.wait_with_output());
        }
        (child, addr.trim_end().to_owned())
    }

    fn stop(&self, child: &mut Child) {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{}: a server ended", self.name);
    }

    /// Runs one line and gives what is wrong with it.
    fn run(&mut self, line: &str, used: &mut Vec<String>) -> Option<String> {
        let name = self.name.clone();
        if let Some(before) = entry(BEFORE, used, &name, line) {
            let (status, _, stderr) = self.sh(before, "");
            if status != 0 {
                return Some(format!("{name}: `{before}`: {stderr}"));
            }
        }
        let typed = self.in_the_lab(line);
        if line.starts_with("fedctl serve ") || line.starts_with("fedctl watch --list ") {
            let (mut child, addr) = self.start(&typed);
            match line.starts_with("fedctl serve hub ") {
                true => self.hub = Some((child, addr)),
                false => self.stop(&mut child),
            }
            return None;
        }
        let expected = entry(STATUS, used, &name, line).copied().unwrap_or(0);
        let input = entry(INPUT, used, &name, line).copied().unwrap_or_default();
        let (status, stdout, stderr) = self.sh(&typed, input);
        let is_usage = stderr.contains("\nUsage: ");
        (status != expected || is_usage).then(|| {
            let last = stdout.lines().rev().take(8).collect::<Vec<_>>();
            let last: Vec<&str> = last.into_iter().rev().collect();
            format!("{name}: `{typed}` has status {status}, expected {expected}\n{}\n{stderr}", last.join("\n"))
        })
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.hub.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Programs that a page uses, made to look into the lab.
fn tools(lab: &Kept) -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    let script = |name: &str, text: String| {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    programs::find("jq")?;
    let (dig, curl) = (programs::find("dig")?, programs::find("curl")?);
    let (addr, port) = lab.get("FEDCTL_RESOLVERS").rsplit_once(':').unwrap();
    script("dig", format!("exec {} -p {port} @{addr} \"$@\"", dig.display()));
    let overrides = lab.get("FEDCTL_CONNECT_TO").split(',').filter(|text| text.starts_with("chat."));
    let overrides: Vec<String> = overrides.map(|text| format!("--connect-to {}", text.replace('=', ":"))).collect();
    script("curl", format!("exec {} --cacert $FEDCTL_CA_FILE {} \"$@\"", curl.display(), overrides.join(" ")));
    script("sudo", "exec \"$@\"".into());
    script("pbpaste", "exec cat value.txt".into());
    script("pass", "echo 424242".into());
    for preview in ["terraform", "dnscontrol", "octodns-sync"] {
        script(preview, "echo a plan".into());
    }
    Some(dir)
}

#[test]
fn every_command_line_in_the_docs_runs_in_the_lab() {
    let lab = Kept::start(&Fedctl::new(), &[]);
    let Some(tools) = tools(&lab) else { return };
    let records = lab.neighbour().ok(&["dns-check", "drill.test", "-vv", "--format", "json"]);
    let drill = records.split("chat.drill.test:").nth(1).unwrap();
    let drill = format!("127.0.0.1:{}", drill.split(|c: char| !c.is_ascii_digit()).next().unwrap());
    let (mut used, mut wrong, mut ran) = (Vec::new(), Vec::new(), 0);
    for path in pages() {
        let name = path.strip_prefix(repository("")).unwrap().display().to_string();
        if PAGES_ELSEWHERE.iter().any(|(page, _)| *page == name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = typed(&text).iter().filter_map(command).collect();
        if lines.is_empty() {
            continue;
        }
        let mut page = Page::new(&lab, &name, tools.path(), &drill, &text);
        for line in lines {
            let known = ELSEWHERE.iter().chain(NOT_RUN).find(|(start, _)| line.starts_with(start));
            if let Some((start, _)) = known {
                used.push((*start).to_owned());
                continue;
            }
            ran += 1;
            wrong.extend(page.run(&line, &mut used));
        }
        if let Some((mut child, _)) = page.hub.take() {
            page.stop(&mut child);
        }
    }
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(ran > 90, "only {ran} command lines were run");
    let keys = |table: &[(&str, &str)]| table.iter().map(|(start, _)| (*start).to_owned()).collect::<Vec<_>>();
    let pairs = |of: &str, start: &str| format!("{of}: {start}");
    let mut all = [keys(NOT_RUN), keys(ELSEWHERE)].concat();
    all.extend(STATUS.iter().map(|(of, start, _)| pairs(of, start)));
    all.extend([BEFORE, INPUT].iter().flat_map(|table| table.iter().map(|(of, start, _)| pairs(of, start))));
    let unused: Vec<&String> = all.iter().filter(|key| !used.contains(key)).collect();
    assert!(unused.is_empty(), "no page has these lines any more: {unused:?}");
}

#[test]
fn lines_that_are_run_elsewhere_name_a_test_that_exists() {
    let known = test_names();
    for (_, test) in ELSEWHERE.iter().chain(PAGES_ELSEWHERE) {
        assert!(known.iter().any(|name| name == test), "there is no test `{test}`");
    }
    assert!(NOT_RUN.iter().all(|(_, why)| why.len() > 10));
}
