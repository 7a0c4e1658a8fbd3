//! The text of a new fedctl.yaml: every value with the reason it is there, and what could be added as comments.

use std::fmt::Write;
use std::path::Path;

use crate::dns::name::{Domain, Host};
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::Method;
use crate::settings::Settings;

/// Everything that was answered or found.
pub struct Answers {
    pub domain: Domain,
    pub target: Host,
    pub port: u16,
    pub protocol: Protocol,
    pub server: String,
    pub release: Option<Release>,
    pub provider: &'static str,
    pub key: String,
    pub method: Method,
    pub hub_url: Option<String>,
    pub ca_file: Option<String>,
    pub token_file: Option<String>,
}

/// The file, read back and compared before anyone relies on it.
pub fn text(answers: &Answers, path: &Path) -> anyhow::Result<String> {
    let text = compose(answers)?;
    let read = Settings::of_text(&text, path)?;
    anyhow::ensure!(
        read.domain.as_ref() == Some(&answers.domain)
            && read.target.as_ref() == Some(&answers.target)
            && read.port == Some(answers.port)
            && read.release == answers.release
            && read.method == Some(answers.method)
            && read.server == Some(answers.server.parse()?),
        "the new `{}` does not read back as it was written; this is a bug",
        path.display()
    );
    Ok(text)
}

fn compose(answers: &Answers) -> anyhow::Result<String> {
    let mut out = String::from(
        "# Settings of fedctl. Options override FEDCTL_* variables, and variables\n\
         # override this file; `fedctl config` shows the origin of each value.\n\
         # Relative paths are relative to the directory of this file.\n",
    );
    let mut put = |comment: &str, name: &str, value: String| -> anyhow::Result<()> {
        if !comment.is_empty() {
            write!(out, "\n# {comment}\n")?;
        }
        Ok(writeln!(out, "{name}: {value}")?)
    };
    put("The Domain of the server's federation settings, byte for byte", "domain", quoted(&answers.domain)?)?;
    put("The host that runs the server, and how peers call it", "target", quoted(&answers.target)?)?;
    put("", "port", answers.port.to_string())?;
    put("", "protocol", quoted(answers.protocol)?)?;
    put("The URL of the server, as in its Site URL", "server", quoted(&answers.server)?)?;
    if let Some(release) = answers.release {
        put("The server's release; `fedctl doctor` reports its known faults", "release", quoted(release)?)?;
    }
    put("The key file, private or public; a private one is never printed", "key", quoted(&answers.key)?)?;
    put("The form in which `fedctl records` prints (`fedctl records formats`)", "provider", quoted(answers.provider)?)?;
    put("How peers find the server: dns, or hub when records are impossible", "method", quoted(answers.method)?)?;
    if let Some(url) = &answers.hub_url {
        put("The hub", "hub_url", quoted(url)?)?;
    }
    if let Some(file) = &answers.ca_file {
        put("Authorities to trust in addition to the built-in ones", "ca_file", quoted(file)?)?;
    }
    if let Some(file) = &answers.token_file {
        put("An admin's user id and token, for the live settings (docs/doctor.md)", "token_file", quoted(file)?)?;
    }
    out += "\n# Releases of peers that must be able to federate with this domain\n# releases: [3.18.3, 6.2.0]\n";
    if answers.token_file.is_none() {
        out += "\n# An admin's user id and token, for the live settings (docs/doctor.md)\n# token_file: admin.token\n";
    }
    out += "\n# Resolvers to query instead of this machine's and public ones\n# resolvers: [192.0.2.53]\n";
    Ok(out)
}

/// The value as YAML writes it, quoted where it could be read as something else.
fn quoted(value: impl std::fmt::Display) -> anyhow::Result<String> {
    Ok(serde_yaml::to_string(&value.to_string())?.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_back_whatever_is_in_it() {
        let answers = Answers {
            domain: "mydomain.com".parse().unwrap(),
            target: "chat.mydomain.com".parse().unwrap(),
            port: 8443,
            protocol: Protocol::Https,
            server: "https://chat.mydomain.com:8443".into(),
            // As a plain number 6.10 would become 6.1.
            release: Some(Release(6, 10, 0)),
            provider: "route53",
            key: "keys: #1/fed.key".into(),
            method: Method::Hub,
            hub_url: Some("https://hub.mydomain.com".into()),
            ca_file: None,
            token_file: None,
        };
        let path = Path::new("fedctl.yaml");
        let config = Settings::of_text(&text(&answers, path).unwrap(), path).unwrap();
        assert_eq!(config.key.unwrap(), Path::new("keys: #1/fed.key"));
        assert_eq!(config.hub_url.unwrap().origin, "https://hub.mydomain.com");
        assert_eq!(config.provider.as_deref(), Some("route53"));
    }
}
