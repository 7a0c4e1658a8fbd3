//! A real headless Chromium, spoken to over its DevTools pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::programs;

/// A browser with one page; killed when dropped.
pub struct Browser {
    child: Child,
    send: ChildStdin,
    receive: BufReader<ChildStdout>,
    session: String,
    calls: u64,
    // Dropped, it calls the watchdog off.
    _alive: Sender<()>,
    // The profile.
    _dir: tempfile::TempDir,
}

/// Ends a browser that hangs, so that the test fails and does not hang with it.
fn watch(pid: u32) -> Sender<()> {
    let (alive, watchdog) = channel::<()>();
    std::thread::spawn(move || {
        if watchdog.recv_timeout(Duration::from_secs(240)) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    });
    alive
}

impl Browser {
    pub fn start() -> Option<Self> {
        let chromium = programs::find("chromium")?;
        let dir = tempfile::tempdir().unwrap();
        // The pipe is on descriptors 3 and 4; the shell puts our ends there.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"])
            .arg(chromium)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", "--proxy-server=direct://"])
            .arg(format!("--user-data-dir={}", dir.path().display()))
            .env("HOME", dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, receive) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let alive = watch(child.id());
        let session = String::new();
        let mut browser = Self { child, send, receive, session, calls: 0, _alive: alive, _dir: dir };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        browser.call("Page.enable", json!({}));
        Some(browser)
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.receive.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.send.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Switches scripts off, as careful people do.
    pub fn without_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// A window of 1280 by 900 points, in light.
    pub fn as_screen(&mut self) {
        let screen = json!({"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let media = json!({"media": "", "features": [{"name": "prefers-color-scheme", "value": "light"}]});
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// A screen of 360 by 740 points, in `light` or `dark`.
    pub fn as_phone(&mut self, scheme: &str) {
        let screen = json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true});
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// Paper of this width in points.
    pub fn as_paper(&mut self, width: u32) {
        let sheet = json!({"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", sheet);
        self.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    }

    /// Points that the page is wider than the screen or the paper.
    pub fn too_wide(&mut self) -> f64 {
        let script = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.evaluate(script).as_f64().unwrap()
    }

    /// Commands of which a part is cut off.
    pub fn cut(&mut self) -> u64 {
        let script =
            "[...document.querySelectorAll('.copy pre')].filter(line => line.scrollWidth > line.clientWidth).length";
        self.evaluate(script).as_u64().unwrap()
    }

    fn wait_for(&mut self, event: &str) {
        while self.read()["method"] != event {}
    }

    /// Loads a page and waits for it.
    pub fn open(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({"url": url}));
        assert!(answer["errorText"].is_null(), "{answer}");
        self.wait_for("Page.loadEventFired");
    }

    /// The HTML as the browser has understood it.
    pub fn html(&mut self) -> String {
        let root = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        self.call("DOM.getOuterHTML", json!({"nodeId": root}))["outerHTML"].as_str().unwrap().to_owned()
    }

    /// Presses the left button in the middle of an element, and waits for the page that follows.
    pub fn click(&mut self, selector: &str) {
        let root = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", json!({"nodeId": root, "selector": selector}))["nodeId"].clone();
        self.call("DOM.scrollIntoViewIfNeeded", json!({"nodeId": node}));
        let corners = self.call("DOM.getBoxModel", json!({"nodeId": node}))["model"]["content"].clone();
        let at = |index: usize| corners[index].as_f64().unwrap();
        let (x, y) = ((at(0) + at(4)) / 2.0, (at(1) + at(5)) / 2.0);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
        self.wait_for("Page.loadEventFired");
    }

    /// What a page's own script computes, with scripts on.
    pub fn evaluate(&mut self, script: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({"expression": script, "returnByValue": true}));
        answer["result"]["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
