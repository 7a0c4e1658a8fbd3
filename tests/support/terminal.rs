//! A real terminal to type into, with a shell or a program in it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::programs;

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
