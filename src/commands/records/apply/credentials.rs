//! Where the token of a provider comes from: a command, a file, or the variables of the provider's own tools. Never an argument.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use url::Url;
use zeroize::Zeroizing;

use crate::commands::key_file::warn_when_exposed;
use crate::endpoint::Endpoint;
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::position::Position;
use crate::publish::provider::{Credentials, PROVIDERS, Provider, find};
use crate::term::Term;

/// Bytes that a token command may print.
const TOKEN_MAX: usize = 16 * 1024;

/// Which provider, and how to log in there.
#[derive(Debug, Clone, Default, Args)]
pub struct ProviderArgs {
    /// The DNS provider [default: from the delegation]
    #[arg(long, value_name = "PROVIDER", value_parser = provider)]
    pub provider: Option<&'static Provider>,
    /// The zone's id at the provider, when the account has several zones of this name
    #[arg(long, value_name = "ID")]
    pub zone_id: Option<String>,
    /// Base URL of the API [default: the provider's, or the variable of its tools]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<Url>,
    /// File with the token, or with NAME=VALUE lines for the variables of the provider
    #[arg(long, value_name = "FILE", conflicts_with = "token_command")]
    pub token_file: Option<PathBuf>,
    /// Command that prints the token, such as `pass show dns` or `gcloud auth print-access-token`
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
    /// Send the token to a host that is not this machine without TLS
    #[arg(long)]
    pub allow_plain_http: bool,
    /// Trust the authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// Reads the id of a provider.
pub fn provider(id: &str) -> Result<&'static Provider, Hinted> {
    find(id).ok_or_else(|| {
        let ids: Vec<&str> = PROVIDERS.iter().map(|provider| provider.id).collect();
        let hint =
            format!("one of {}; for others, `fedctl records --format FORMAT` prints what to paste", ids.join(", "));
        Hinted::new(format!("fedctl does not support the API of a provider `{id}`"), hint)
    })
}

impl ProviderArgs {
    /// The base URL of the API; plain HTTP only to this machine.
    pub fn endpoint(&self, provider: &Provider) -> anyhow::Result<Url> {
        let variable =
            provider.base_variables.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
        let url = match (&self.endpoint, variable) {
            (Some(url), _) => url.clone(),
            (None, Some(text)) => Url::parse(provider.named_base(&text).unwrap_or(&text))
                .map_err(|error| hinted(format!("`{text}` is not a URL: {error}"), "give it with --endpoint URL"))?,
            (None, None) => Url::parse(provider.base)?,
        };
        let endpoint = Endpoint::of(&url)?;
        if !endpoint.https && !endpoint.is_loopback() && !self.allow_plain_http {
            let what = format!("the token would be sent to {} without TLS", endpoint.url_host());
            return Err(hinted(what, "use an https URL, or --allow-plain-http in a network that you trust"));
        }
        Ok(url)
    }

    /// The token and what else the API needs.
    pub fn credentials(&self, provider: &Provider, term: &Term) -> anyhow::Result<Credentials> {
        let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Zeroizing::new);
        let given = match (&self.token_command, &self.token_file) {
            (Some(command), _) => Given::read(&printed(command, "token", &[])?, "what the token command has printed")?,
            (None, Some(path)) => {
                warn_when_exposed(path, "a token", term);
                Given::read(&read::text(path, &read::TOKEN)?, &read::shown(path))?
            }
            (None, None) => shared_file(provider).unwrap_or(Given::Values(Vec::new())),
        };
        let value = |names: &[&str]| names.iter().find_map(|name| given.value(name).or_else(|| environment(name)));
        let token = match &given {
            Given::Token(token) => Some(token.clone()),
            Given::Values(_) => value(provider.token_variables),
        };
        let token = token.ok_or_else(|| {
            let hint = format!(
                "set {}, or give --token-file or --token-command; it needs {}",
                provider.token_variables.join(" or "),
                provider.permission
            );
            hinted(format!("there is no token for {}", provider.name), hint)
        })?;
        let mut extras = Vec::new();
        for extra in provider.extras {
            match value(extra.variables) {
                Some(value) => extras.push((extra.name, value)),
                None if extra.required => {
                    let what = format!("the {} for {} is not given", extra.name, provider.name);
                    return Err(hinted(what, format!("set {}", extra.variables.join(" or "))));
                }
                None => {}
            }
        }
        let plain = |value: &Zeroizing<String>| value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !plain(&token) || !extras.iter().all(|(_, value)| plain(value)) {
            return Err(hinted("the token contains characters that no token has", "give one line of plain text"));
        }
        Ok(Credentials { token, extras })
    }
}

/// What a file or a command has given.
enum Given {
    Token(Zeroizing<String>),
    Values(Vec<(String, Zeroizing<String>)>),
}

impl Given {
    /// One line is a token. JSON with the members of AWS's `credential_process`, and `NAME=VALUE` lines, are variables. Nothing
    /// of the text gets into an error.
    fn read(text: &str, origin: &str) -> Result<Self, Hinted> {
        let hint = "give the token on one line, NAME=VALUE lines, or the JSON of a credential_process";
        let wrong = |at: Position, what: &str| Hinted::new(format!("{origin}: {at}: {what}"), hint);
        if text.trim_start().starts_with('{') {
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| {
                wrong(Position { line: error.line(), column: error.column() }, "this is where it stops being JSON")
            })?;
            let names = [
                ("AccessKeyId", "AWS_ACCESS_KEY_ID"),
                ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
                ("SessionToken", "AWS_SESSION_TOKEN"),
            ];
            let value = |(member, name): (&str, &str)| {
                Some((name.to_owned(), Zeroizing::new(json.get(member)?.as_str()?.to_owned())))
            };
            return Ok(Self::Values(names.into_iter().filter_map(value).collect()));
        }
        // The headings of an INI file do not count.
        let counts = |line: &&str| !line.is_empty() && !line.starts_with(['#', '[']);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(counts).collect();
        if let Some((line, at)) = lines.iter().find_map(|line| Some((line, line.find(|c| !(' '..='~').contains(&c))?)))
        {
            return Err(wrong(Position::of_part(text, &line[at..]), "a character that no token has"));
        }
        if let [token] = lines.as_slice()
            && assignment(token).is_none()
        {
            return Ok(Self::Token(Zeroizing::new((*token).to_owned())));
        }
        let value = |line: &&str| {
            assignment(line).ok_or_else(|| wrong(Position::of_part(text, line), "this line is not NAME=VALUE"))
        };
        Ok(Self::Values(lines.iter().filter(|line| !is_unset(line)).map(value).collect::<Result<_, _>>()?))
    }

    fn value(&self, name: &str) -> Option<Zeroizing<String>> {
        let Self::Values(values) = self else { return None };
        values.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }
}

/// `NAME=VALUE`, also with `export` before it and quotes around the value.
fn assignment(line: &str) -> Option<(String, Zeroizing<String>)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.is_empty();
    let value = value.trim();
    let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value);
    // The padding of base64 ends a token; it is no value.
    (is_name && !bare.trim_matches('=').is_empty()).then(|| (name.to_owned(), Zeroizing::new(bare.to_owned())))
}

/// `NAME=` or `NAME=""`.
fn is_unset(line: &str) -> bool {
    let name = line.trim_end_matches(['"', '\'', ' ']).strip_suffix('=').unwrap_or_default().trim();
    !name.is_empty() && assignment(&format!("{name}=x")).is_some()
}

/// What a command prints, as in `token`. It may ask on the terminal; its stderr stays visible.
pub fn printed(command: &str, what: &str, variables: &[(&str, &str)]) -> anyhow::Result<Zeroizing<String>> {
    let hint = format!("run it by itself: it must print the {what} and nothing else");
    let output = Command::new("sh")
        .args(["-c", command])
        .envs(variables.iter().copied())
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| hinted(format!("the {what} command cannot be run: {error}"), hint.clone()))?;
    let text = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(hinted(format!("the {what} command failed ({})", output.status), hint));
    }
    match std::str::from_utf8(&text) {
        Ok(text) if !text.trim().is_empty() && text.len() <= TOKEN_MAX => Ok(Zeroizing::new(text.to_owned())),
        _ => Err(hinted(format!("the {what} command has printed no {what}"), hint)),
    }
}

/// The credentials file of the AWS tools, for the profile of AWS_PROFILE; variables come before it.
fn shared_file(provider: &Provider) -> Option<Given> {
    if provider.id != "route53" || std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        return None;
    }
    let path = std::env::var_os("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let path = path.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".aws/credentials")))?;
    let text = read::text(&path, &read::TOKEN).ok()?;
    let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".into());
    let section = text.split('[').find_map(|part| part.split_once(']').filter(|(name, _)| name.trim() == profile))?.1;
    Some(Given::Values(section.lines().filter_map(|line| assignment(line.trim())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_token_file_is_read() {
        let token = |text: &str| match Given::read(text, "it").unwrap() {
            Given::Token(token) => token.to_string(),
            Given::Values(_) => String::new(),
        };
        assert_eq!(token("abc123==\n"), "abc123==");
        assert_eq!(token("# mine\n\nabc123\n"), "abc123");
        let value =
            |text: &str, name: &str| Given::read(text, "it").unwrap().value(name).map(|value| value.to_string());
        let lines = "export CF_API_TOKEN='a=b'\nAWS_ACCESS_KEY_ID = AKIA\n";
        assert_eq!(value(lines, "CF_API_TOKEN").as_deref(), Some("a=b"));
        let ini = "[default]\naws_access_key_id = AKIA\nAWS_SESSION_TOKEN=\n";
        assert_eq!(value(ini, "AWS_ACCESS_KEY_ID").as_deref(), Some("AKIA"));
        assert_eq!(value(lines, "AWS_ACCESS_KEY_ID").as_deref(), Some("AKIA"));
        let process = r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s/+","SessionToken":"t"}"#;
        assert_eq!(value(process, "AWS_SECRET_ACCESS_KEY").as_deref(), Some("s/+"));
    }

    #[test]
    fn a_token_goes_to_https_or_to_this_machine() {
        let powerdns = find("powerdns").unwrap();
        let mut args = ProviderArgs::default();
        for (url, good) in [
            ("https://dns.example/", true),
            ("http://127.0.0.1:8081", true),
            ("http://[::1]:8081", true),
            ("http://localhost", true),
            ("http://dns.example", false),
            ("http://192.0.2.1", false),
            ("ftp://dns.example", false),
            ("https://user:secret@dns.example", false),
        ] {
            args.endpoint = Some(url.parse().unwrap());
            assert_eq!(args.endpoint(powerdns).is_ok(), good, "{url}");
        }
        args.endpoint = Some("http://192.0.2.1".parse().unwrap());
        args.allow_plain_http = true;
        assert!(args.endpoint(powerdns).is_ok());
    }
}
