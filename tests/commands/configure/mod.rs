//! `fedctl configure` against a stub of the server's REST API.

mod refusals;
mod second_factor;
mod settings;

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::rest::{Rest, Script, TOKEN, USER};
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, Ran};

/// A server whose records are published and whose settings are those of a new installation.
pub struct Site {
    pub fedctl: Fedctl,
    pub rest: Rest,
    pub world: World,
}

const YAML: &str = "domain: mydomain.com\ntarget: chat.mydomain.com\nprotocol: http\nkey: federation.key\nserver: http://chat.mydomain.com\ntoken_file: admin.token\n";

impl Site {
    pub fn new(release: &'static str) -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen"]);
        let key = fedctl.read("federation.pub").trim_end().to_owned();
        let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT http\n";
        let mut world = World::new();
        world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, &format!("{srv}{}", key_record(&key))))], &[]);
        let mut settings = vec![
            ("FEDERATION_Enabled", json!(false)),
            ("FEDERATION_Status", json!("Disabled")),
            ("FEDERATION_Domain", json!("@mydomain.com ")),
            ("FEDERATION_Public_Key", json!(key)),
            ("FEDERATION_Discovery_Method", json!("hub")),
            ("Site_Url", json!("http://chat.mydomain.com/")),
        ];
        if release.starts_with("1.") {
            settings.push(("FEDERATION_Hub_URL", json!("https://hub.rocket.chat")));
        }
        let script = Script::new(release, settings).resolving(&key);
        fedctl.write("fedctl.yaml", YAML);
        fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
        for file in ["admin.token", "federation.key"] {
            std::fs::set_permissions(fedctl.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self { fedctl, rest: Rest::start(script), world }
    }

    pub fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.rest.script.lock().unwrap());
    }

    fn value(&self, id: &str) -> Value {
        self.rest.script.lock().unwrap().get(id).unwrap()
    }

    fn flags(&self) -> Vec<String> {
        let mut flags = self.world.flags();
        flags.extend(["--connect-to".to_owned(), format!("chat.mydomain.com:80={}", self.rest.addr)]);
        flags
    }

    fn with(&self, words: &[&str], input: &str) -> Ran {
        let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        args.extend(self.flags());
        let ran = self.fedctl.run_with(&args, input);
        for secret in [TOKEN, &self.fedctl.read("federation.key")[200..240], "s3cret", "424242"] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{words:?} shows a secret");
        }
        ran
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.with(&[&["configure"], more].concat(), "")
    }

    /// Nothing was sent that changes anything.
    fn is_untouched(&self) -> bool {
        self.rest.count("POST /api/v1/settings") == 0
    }

    /// For a run that ends before anyone queries DNS.
    fn forget(self) {
        std::mem::forget(self.world);
    }

    fn undo_files(&self) -> Vec<String> {
        self.fedctl.files().into_iter().filter(|name| name.starts_with("undo-")).collect()
    }
}
