//! Where the second factor comes from: a command, or the terminal. Never an argument.

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

use crate::commands::key_file::has_terminal;
use crate::commands::records::apply::credentials::printed;
use crate::error::hinted;
use crate::file::read;
use crate::net::http::SecondFactor;
use crate::rocketchat::settings::FactorMethod;

/// The options of the second factor.
#[derive(Debug, Clone, Default, Args)]
pub struct FactorArgs {
    /// Command that prints the second factor when the server requires one; without it fedctl asks on the terminal
    ///
    /// It prints the code of the authenticator app, or the password where the server requires that. The variable FEDCTL_FACTOR in
    /// its environment names which: totp, email or password.
    #[arg(long, value_name = "COMMAND")]
    pub code_command: Option<String>,
}

impl FactorArgs {
    /// True when a rejected code can be requested again.
    pub fn asks(&self) -> bool {
        self.code_command.is_none()
    }

    /// Gets the second factor.
    pub fn get(&self, method: &FactorMethod) -> anyhow::Result<SecondFactor> {
        let secret = match &self.code_command {
            Some(command) => printed(command, "code", &[("FEDCTL_FACTOR", method.name())])?,
            None => ask(method)?,
        };
        let secret = secret.trim();
        let plain =
            !secret.is_empty() && (*method == FactorMethod::Password || secret.bytes().all(|b| b.is_ascii_graphic()));
        if !plain {
            return Err(hinted("this is not a code", "give the code as the app or the mail shows it, on one line"));
        }
        Ok(SecondFactor { method: method.clone(), code: method.header(secret) })
    }
}

fn ask(method: &FactorMethod) -> anyhow::Result<Zeroizing<String>> {
    if !has_terminal() {
        let hint = "use --code-command COMMAND, or make a token with \"Ignore Two Factor Authentication\" ticked";
        let what = format!(
            "the server requires a second factor, the {}, and there is no terminal to ask for it",
            method.description()
        );
        return Err(hinted(what, hint));
    }
    let prompt = format!("{}: ", method.description());
    read::ask(&prompt).context("the terminal cannot be read")
}
