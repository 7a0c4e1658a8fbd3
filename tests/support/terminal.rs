//! A real terminal to type into, with a shell or a program in it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcgetpgrp, tcsetwinsize};

use super::{Fedctl, programs};

/// A tmux server with one window; ended when dropped.
pub struct Terminal {
    tmux: std::path::PathBuf,
    dir: tempfile::TempDir,
}

impl Terminal {
    /// Runs a shell line in a window of 120 by 30, in this directory and with these variables; `None` without tmux.
    pub fn start(line: &str, here: &Path, variables: &[(&str, &str)]) -> Option<Self> {
        let terminal = Self { tmux: programs::find("tmux")?, dir: tempfile::tempdir().unwrap() };
        let mut command = terminal.command(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "30", line]);
        command.current_dir(here).env_clear().env("TERM", "xterm").env("LC_ALL", "C.UTF-8").env("HOME", here);
        command.envs(variables.iter().copied());
        assert!(command.status().unwrap().success(), "{line}");
        Some(terminal)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.tmux);
        command.arg("-S").arg(self.dir.path().join("socket")).args(args);
        command
    }

    /// Types a text as it is.
    pub fn text(&self, text: &str) {
        assert!(self.command(&["send-keys", "-l", "--", text]).status().unwrap().success());
    }

    /// Presses keys by their names, as in `Tab`.
    pub fn key(&self, name: &str) {
        assert!(self.command(&["send-keys", name]).status().unwrap().success());
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.command(&["capture-pane", "-p"]).output().unwrap().stdout).into_owned()
    }

    /// Waits until the screen is as it should be; fails with what is on it.
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + Duration::from_secs(180);
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(Instant::now() < until, "{what} does not appear: {screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

/// A command in its own pseudo-terminal, and everything that it writes there. It is killed when dropped.
pub struct Pty {
    child: Child,
    master: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    size: (u16, u16),
    line: String,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Left {
    /// `None` after a signal.
    pub status: Option<i32>,
    /// What a person sees: the screen with what has scrolled off it.
    pub screen: String,
    /// Everything that was written, with the escape sequences.
    pub raw: String,
    pub is_cursor_hidden: bool,
    /// The terminal does not show what is typed.
    pub is_hidden: bool,
    /// Columns to the left of the cursor.
    pub column: u16,
}

impl Left {
    /// What of a progress line can still be seen, and whether the terminal is as it was.
    pub fn trace(&self) -> Option<&'static str> {
        match () {
            () if self.screen.contains(is_spinner) => Some("a spinner is left"),
            () if self.screen.contains("^C") => Some("the ^C is left"),
            () if self.is_cursor_hidden => Some("the cursor is hidden"),
            () if self.column > 0 => Some("the cursor is within a line"),
            () => None,
        }
    }
}

/// The frames of a spinner are Braille patterns.
pub fn is_spinner(c: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&c)
}

/// Rows of the terminal; more than any command fills.
const ROWS: u16 = 500;
/// Longer than anything takes on a machine with much other work.
const LIMIT: Duration = Duration::from_secs(60);

impl Pty {
    /// Runs a command line as a shell would, with a terminal for all its streams; the variables are those of the directory.
    pub fn start(fedctl: &Fedctl, line: &str, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        tcsetwinsize(&slave, Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let words = shlex::split(line).unwrap();
        let stream = || Stdio::from(slave.try_clone().unwrap());
        let mut command = with_terminal(&fedctl.command(&words[1..]));
        command.env_remove("COLUMNS").env("TERM", "xterm").stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        drop((command, slave));
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut source, kept) = (File::from(master.try_clone().unwrap()), written.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end comes as an error.
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                kept.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Self {
            child,
            master: master.into(),
            written,
            reader: Some(reader),
            size: (ROWS, columns),
            line: line.to_owned(),
        }
    }

    fn raw(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    fn parsed(&self) -> vt100::Parser {
        let mut parser = vt100::Parser::new(self.size.0, self.size.1, 0);
        parser.process(&self.written.lock().unwrap());
        parser
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.parsed().screen().contents()
    }

    /// Waits until what was written is as it should be; false when the command ends before that.
    pub fn wait(&mut self, is_there: impl Fn(&str) -> bool) -> bool {
        let until = Instant::now() + LIMIT;
        loop {
            let has_ended = self.child.try_wait().unwrap().is_some();
            if is_there(&self.raw()) {
                return true;
            }
            if has_ended {
                return false;
            }
            assert!(Instant::now() < until, "{}: it does not appear: {}", self.line, self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// True once the terminal does not show what is typed, which a program may switch off after it has asked.
    pub fn is_hidden(&mut self) -> bool {
        let until = Instant::now() + LIMIT;
        while self.echoes() {
            if Instant::now() > until || self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// What the system says about a command that does not end: whether it is stopped, which signals it ignores, blocks or has not yet
    /// handled, what each of its threads waits for, and the process group that a Ctrl-C goes to.
    fn state(&self) -> String {
        let process = Path::new("/proc").join(self.child.id().to_string());
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| error.to_string());
        let status = read(&process.join("status"));
        let kept = ["State", "NSpgid", "NSsid", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"];
        let lines = status.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
        let foreground = tcgetpgrp(&self.master).map_or_else(|error| error.to_string(), |group| format!("{group:?}"));
        let threads = std::fs::read_dir(process.join("task")).into_iter().flatten().flatten().map(|thread| {
            format!("{}: {}", read(&thread.path().join("wchan")), read(&thread.path().join("syscall")).trim_end())
        });
        lines
            .map(str::to_owned)
            .chain(threads)
            .chain([format!("foreground {foreground}")])
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.master).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Types a text as it is.
    pub fn text(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Ctrl-C: the terminal shows `^C` and sends the signal.
    pub fn interrupt(&mut self) {
        self.text("\u{3}");
    }

    /// Waits for the end.
    pub fn end(mut self) -> Left {
        let until = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "{}: it does not end: {}\n{}", self.line, self.screen(), self.state());
            std::thread::sleep(Duration::from_millis(10));
        };
        self.reader.take().unwrap().join().unwrap();
        let parser = self.parsed();
        let screen = parser.screen();
        let (is_cursor_hidden, column) = (screen.hide_cursor(), screen.cursor_position().1);
        let is_hidden = !self.echoes();
        Left { status: status.code(), screen: screen.contents(), raw: self.raw(), is_cursor_hidden, is_hidden, column }
    }
}

/// The same command in its own session, which the terminal of its streams belongs to. As in a shell, no signal is ignored: tests that
/// run in the background of a script ignore Ctrl-C.
fn with_terminal(command: &Command) -> Command {
    let mut session = Command::new(programs::find("setsid").expect("setsid of util-linux"));
    session.args(["--ctty", "env", "--default-signal"]).arg(command.get_program()).args(command.get_args()).env_clear();
    session.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    session.current_dir(command.get_current_dir().unwrap());
    session
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
