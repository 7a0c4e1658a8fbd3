//! One run against the REST API of a server: it waits where the server limits requests, and asks for the second factor when the
//! server wants one.

use std::time::{Duration, Instant};

use super::AfterArgs;
use crate::commands::Context;
use crate::commands::doctor::AdminAccess;
use crate::endpoint::Endpoint;
use crate::error::hinted;
use crate::facts::server::{NotRead, NotSet, Setting, value, version};
use crate::net::http::Caller;
use crate::net::server;
use crate::publish::settings::overtaken;
use crate::render::list::clock;
use crate::rocketchat::life::classic;
use crate::rocketchat::release::Release;
use crate::rocketchat::setting_change::SettingChange;
use crate::rocketchat::settings::{ENABLED, STATUS};
use crate::rocketchat::status::{self, Phase, phase};

/// The pauses between two looks at the status. Servers allow ten requests a minute for a route.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Codes that may be wrong.
const TRIES: usize = 3;
/// How often a limit of the server is waited for.
const WAITS: usize = 3;

pub struct Session<'a> {
    cx: &'a Context,
    caller: Caller,
    pub release: Release,
    after: &'a AfterArgs,
    /// The settings as they were last read.
    pub live: Vec<Setting>,
    waits: usize,
}

/// A change that failed halfway.
pub struct Stopped {
    /// The ids that were set.
    pub set: Vec<String>,
    /// Those that were not.
    pub left: Vec<String>,
    pub why: String,
    pub hint: String,
}

impl<'a> Session<'a> {
    /// Finds the server, and what its release is.
    pub async fn open(cx: &'a Context, admin: &AdminAccess, after: &'a AfterArgs) -> anyhow::Result<Self> {
        let caller = admin.caller().await.map_err(|why| unread(&why, admin.server.as_ref()))?;
        let info = server::info(&caller).await;
        if let Err(failure) = &info.outcome {
            return Err(unread(&NotRead::Unreachable(failure.clone()), Some(&caller.base)));
        }
        let release = version(&info).or(admin.release).ok_or_else(|| {
            let what = format!("{} does not report its release, which decides about its settings", caller.base);
            hinted(what, "add --release 3.18.3, the release under Administration > Info")
        })?;
        classic(release)?;
        Ok(Self { cx, caller, release, after, live: Vec::new(), waits: 0 })
    }

    /// The server.
    pub fn base(&self) -> &Endpoint {
        &self.caller.base
    }

    /// Reads all settings of federation.
    pub async fn read(&mut self) -> anyhow::Result<Vec<Setting>> {
        loop {
            match server::settings(&self.caller, Some(self.release)).await {
                Ok(settings) => {
                    self.live = settings;
                    return Ok(self.live.clone());
                }
                Err(why) => self.wait_for_limit(&why).await.map_err(|why| unread(&why, Some(&self.caller.base)))?,
            }
        }
    }

    /// Fails if a setting has changed since the plan was made; nothing is changed then.
    pub async fn refuse_overtaken(&mut self, changes: &[SettingChange]) -> anyhow::Result<()> {
        self.reread(changes).await?;
        match overtaken(changes, &self.live) {
            None => Ok(()),
            Some((id, now)) => {
                let what = format!("{id} has changed since the plan was made (it is {now} now); nothing was changed");
                Err(hinted(what, "run the same command again for a new plan"))
            }
        }
    }

    async fn reread(&mut self, changes: &[SettingChange]) -> anyhow::Result<()> {
        let mut ids: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        loop {
            match server::read(&self.caller, &ids).await {
                Ok(settings) => {
                    settings.into_iter().for_each(|setting| self.note(setting));
                    return Ok(());
                }
                Err(why) => self.wait_for_limit(&why).await.map_err(|why| unread(&why, Some(&self.caller.base)))?,
            }
        }
    }

    fn note(&mut self, setting: Setting) {
        match self.live.iter_mut().find(|known| known.id == setting.id) {
            Some(known) => *known = setting,
            None => self.live.push(setting),
        }
    }

    /// Sets one after the other, and reads each back.
    pub async fn set_all(&mut self, changes: &[SettingChange]) -> Result<(), Stopped> {
        for (at, change) in changes.iter().enumerate() {
            // No progress is drawn here: it would erase the question for the second factor.
            if let Err((why, hint)) = self.set(change).await {
                let ids = |changes: &[SettingChange]| changes.iter().map(|change| change.id.clone()).collect();
                return Err(Stopped { set: ids(&changes[..at]), left: ids(&changes[at..]), why, hint });
            }
            self.cx.term.detail(format_args!("{} is {}", change.id, change.after));
            // Switched off on the way to on again: the server must have noticed.
            if change.id == ENABLED && change.after == false && at + 1 < changes.len() {
                self.wait_for(Phase::Off).await;
            }
        }
        Ok(())
    }

    /// Why it failed, and what to do.
    async fn set(&mut self, change: &SettingChange) -> Result<(), (String, String)> {
        let mut asked = 0;
        loop {
            let failed = match server::set(&self.caller, &change.id, &change.after).await {
                Ok(()) => return self.verify(change).await,
                Err(failed) => failed,
            };
            match failed {
                NotSet::FactorNeeded(method) if asked >= TRIES => {
                    let why = format!("the server requests the {} repeatedly", method.description());
                    let hint = "a proxy may remove the header fields x-2fa-code and x-2fa-method: name another address with --server";
                    return Err((why, hint.into()));
                }
                NotSet::FactorNeeded(method) => {
                    let described = |error: anyhow::Error| match error.downcast_ref::<crate::error::Hinted>() {
                        Some(hinted) => (hinted.to_string(), hinted.hint.clone()),
                        None => (format!("{error:#}"), "run the same command again".to_owned()),
                    };
                    self.caller.second_factor = Some(self.after.factor.get(&method).map_err(described)?);
                    asked += 1;
                }
                // A code of an earlier setting is worn out; without any the server asks for a new one.
                NotSet::FactorRejected(_) if asked == 0 && self.caller.second_factor.is_some() => {
                    self.caller.second_factor = None;
                }
                NotSet::FactorRejected(method) => {
                    self.caller.second_factor = None;
                    let why = format!("the server does not accept the {}", method.description());
                    if asked >= TRIES || !self.after.factor.asks() {
                        return Err((
                            why,
                            "check the clock of this machine and of the server, and run it again".into(),
                        ));
                    }
                    self.cx.term.warn(why);
                }
                NotSet::Other(why) => match self.wait_for_limit(&why).await {
                    Ok(()) => {}
                    // The request may have arrived all the same.
                    Err(NotRead::Unreachable(_)) if self.verify(change).await.is_ok() => return Ok(()),
                    Err(why) => return Err((refused(&why), hint(&why))),
                },
            }
        }
    }

    async fn verify(&mut self, change: &SettingChange) -> Result<(), (String, String)> {
        let now = loop {
            match server::one(&self.caller, &change.id).await {
                Ok(now) => break now,
                Err(why) => self
                    .wait_for_limit(&why)
                    .await
                    .map_err(|why| (format!("it was set and cannot be read back: {why}"), hint(&why)))?,
            }
        };
        self.note(Setting { id: change.id.clone(), value: Ok(now.clone()) });
        match now == change.after {
            true => Ok(()),
            false => {
                let what = format!("the server accepted {} and now has {now}", change.after);
                Err((
                    what,
                    "another admin or a variable of the server's environment (OVERWRITE_SETTING_…) sets it too".into(),
                ))
            }
        }
    }

    /// Waits as long as the server asks for, if that is why nothing was read.
    async fn wait_for_limit(&mut self, why: &NotRead) -> Result<(), NotRead> {
        match why {
            NotRead::TooManyRequests(seconds) if self.waits < WAITS => {
                self.waits += 1;
                self.cx.term.status(format_args!("the server limits requests; going on in {seconds} s"));
                let (begun, time) = (Instant::now(), Duration::from_secs(*seconds));
                let left = || clock(time.saturating_sub(begun.elapsed()).as_secs());
                let progress = self.cx.term.progress("waiting until the server takes requests again");
                let text = || format!("waiting until the server takes requests again; {} left", left());
                progress.during(text, tokio::time::sleep(time)).await;
                progress.end();
                Ok(())
            }
            why => Err(why.clone()),
        }
    }

    /// Waits for the status; what it ends with is judged by the report.
    pub async fn wait_until_running(&mut self) {
        if value(&self.live, ENABLED) != Ok(&true.into()) {
            return;
        }
        let (start, running) = (Instant::now(), status::running(self.release));
        let last = self.wait_for(Phase::Running).await;
        let seconds = start.elapsed().as_secs();
        match last.as_deref().map(|last| (last, phase(last))) {
            Some((last, Some(Phase::Running))) => {
                self.cx.term.status(format_args!("the status is \"{last}\", after {seconds} s"));
            }
            Some((last, _)) => {
                let known = status::find(last);
                let means = known.first().map_or("no release is known to report it", |known| known.means);
                self.cx
                    .term
                    .warn(format_args!("the status is \"{last}\" after {seconds} s, expected \"{running}\": {means}"));
            }
            None => self.cx.term.warn("the status cannot be read, so it is not known whether federation has started"),
        }
    }

    /// The last status: of this phase, or what it was when the time was over or when it cannot change any more.
    async fn wait_for(&mut self, wanted: Phase) -> Option<String> {
        let mut state = "waiting for the status of federation".to_owned();
        let progress = self.cx.term.progress(&state);
        let (start, mut pause) = (Instant::now(), PAUSE);
        loop {
            let left = || self.after.settle.saturating_sub(start.elapsed());
            let text = || format!("{state}; {} left", clock(left().as_secs()));
            progress.during(text, tokio::time::sleep(pause.min(left()))).await;
            pause = (pause * 2).min(PAUSE_MAX);
            let read = server::read(&self.caller, &[STATUS]).await;
            let settings = match read {
                Ok(settings) => settings,
                Err(why) if self.wait_for_limit(&why).await.is_ok() => continue,
                Err(_) => Vec::new(),
            };
            settings.into_iter().for_each(|setting| self.note(setting));
            let last = value(&self.live, STATUS).ok().and_then(|status| status.as_str()).map(str::to_owned);
            let found = last.as_deref().and_then(phase);
            if found == Some(wanted) || last.is_none() || start.elapsed() >= self.after.settle {
                progress.end();
                return last;
            }
            state = format!("the status is \"{}\"", last.unwrap_or_default());
        }
    }
}

/// Why a setting was not taken.
fn refused(why: &NotRead) -> String {
    match why {
        NotRead::OtherAnswer(answer) => format!("the server refuses the change: {answer}"),
        other => other.to_string(),
    }
}

/// What to do about it.
fn hint(why: &NotRead) -> String {
    match why {
        NotRead::NoToken => "fedctl configure --token-file admin.token (docs/doctor.md describes how to get the token)",
        NotRead::NoServer => "fedctl configure --server https://chat.mydomain.com",
        NotRead::TokenRejected => "make a new token under Profile > Personal Access Tokens",
        NotRead::Forbidden => "the user needs the permissions view-privileged-setting and edit-privileged-setting",
        NotRead::TooManyRequests(_) => "wait a minute and run the same command again",
        NotRead::OtherAnswer(_) => {
            "a variable of the server's environment may block it (SETTINGS_BLOCKED, SETTINGS_HIDDEN)"
        }
        NotRead::PlainToken(_) => "use https, or --allow-plain-http in a network that you trust",
        _ => "check that the server runs, and run the same command again",
    }
    .to_owned()
}

fn unread(why: &NotRead, server: Option<&Endpoint>) -> anyhow::Error {
    let what = match (why, server) {
        (NotRead::NoToken, _) => "there is no token: settings are read and set as an admin".to_owned(),
        (NotRead::NoServer, _) | (_, None) => why.to_string(),
        (why, Some(server)) => format!("the settings of {server} cannot be read: {why}"),
    };
    hinted(what, hint(why))
}
