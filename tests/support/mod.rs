//! What the tests share: the binary in a clean environment, and the real programs.

pub mod bent_server;
pub mod browser;
pub mod counts;
pub mod dns_proxy;
pub mod fault_proxy;
pub mod http;
pub mod hub;
pub mod lab;
pub mod mailbox;
pub mod name_server_stub;
pub mod name_servers;
pub mod node_peer;
pub mod peers;
pub mod postgres;
pub mod programs;
pub mod reports;
pub mod rest;
pub mod stub;
pub mod terminal;
pub mod world;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary, run in its own directory with nothing but PATH in its environment.
pub struct Fedctl {
    pub dir: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What one run answered.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Fedctl {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The files in the directory, sorted; without the state directory of the user.
    pub fn files(&self) -> Vec<String> {
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> =
            std::fs::read_dir(self.dir.path()).unwrap().map(name).filter(|name| name != ".local").collect();
        names.sort();
        names
    }

    /// The command, not started, for tests that need its pipes or its pid.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fedctl"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("COLUMNS", "80")
            .env("RUST_BACKTRACE", "0")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        self.run_with(args, "")
    }

    /// Runs with `input` on stdin. Sentences on stderr come back on one line each: where they end in a terminal is the subject of
    /// the snapshots alone.
    pub fn run_with<S: AsRef<OsStr>>(&self, args: &[S], input: impl AsRef<[u8]>) -> Ran {
        let ran = self.feed(&mut self.command(args), input);
        Ran { stderr: unfolded(&ran.stderr), ..ran }
    }

    /// Runs a command that was made ready, with `input` on stdin.
    pub fn feed(&self, command: &mut Command, input: impl AsRef<[u8]>) -> Ran {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that does not read its input may have closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        let ran = Ran::from(child.wait_with_output().unwrap());
        // A FIFO would wait for somebody who writes.
        let file = output(command).map(|name| self.path(name)).filter(|path| path.is_file());
        counts::assert_page(&file.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default());
        ran
    }

    /// Runs and insists on status 0 and a silent stderr.
    pub fn ok<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let ran = self.run(args);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        ran.stdout
    }

    /// Runs and insists on status 2, an empty stdout, an error and a hint; lines that go on are indented.
    pub fn refused<S: AsRef<OsStr>>(&self, args: &[S]) -> (String, String) {
        let ran = self.run(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        let [error, hint] = lines.as_slice() else { panic!("not two lines: {}", ran.stderr) };
        let error = error.strip_prefix("fedctl: error: ").expect(&ran.stderr);
        (error.to_owned(), hint.strip_prefix("fedctl: hint: ").expect(&ran.stderr).to_owned())
    }
}

/// The file that a command writes its answer to.
fn output(command: &Command) -> Option<&str> {
    let mut args = command.get_args().filter_map(OsStr::to_str);
    while let Some(arg) = args.next() {
        match arg.strip_prefix("--output=") {
            None if arg == "-o" || arg == "--output" => return args.next(),
            None => {}
            given => return given,
        }
    }
    None
}

#[test]
#[should_panic(expected = "1 errors")]
fn a_page_that_is_written_to_a_file_is_read_too() {
    let fedctl = Fedctl::new();
    fedctl.write("page.html", "<!DOCTYPE html><p>1 errors</p>");
    // It fails, and leaves the file as it is.
    fedctl.run(&["dns-check", "--list", "missing.txt", "--output", "page.html"]);
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).unwrap();
        counts::assert_page(&stdout);
        Self { status: output.status.code().unwrap_or(-1), stdout, stderr: String::from_utf8(output.stderr).unwrap() }
    }
}

/// Puts a line that goes on two columns further in behind the one that had no room for it, and a command behind its colon.
fn unfolded(text: &str) -> String {
    let mut out = String::new();
    let (mut last, mut depth) = (0, 0);
    for line in text.split_inclusive('\n') {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let more = (spaces == depth + 2).then(|| &line[spaces..]);
        let is_command = more.is_some_and(|more| more.starts_with("fedctl ")) && out.ends_with(":\n");
        let word = |more: &str| more.find(char::is_whitespace).unwrap_or(more.len());
        let place =
            |more: &str| ["line ", "column "].iter().find(|name| more.starts_with(**name)).map(|name| name.len());
        // Code in a sentence stays whole, and a line with its number.
        let ends = |more: &str| match more.strip_prefix('`').and_then(|code| code.find('`')) {
            Some(at) => at + 2,
            None => place(more).map_or_else(|| word(more), |at| at + word(&more[at..])),
        };
        let had_no_room = more.is_some_and(|more| last + 1 + more[..ends(more)].chars().count() > 80);
        last = line.trim_end().chars().count();
        match more {
            Some(more) if is_command || had_no_room => {
                out.truncate(out.trim_end().len());
                out += &format!(" {more}");
            }
            _ => {
                depth = spaces;
                out += line;
            }
        }
    }
    out
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
