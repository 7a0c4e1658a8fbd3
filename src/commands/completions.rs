//! `fedctl completions`

use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};
use etcetera::BaseStrategy;

use super::Context;
use super::key_file::{Access, Pending};
use crate::error::{ExitStatus, hinted};
use crate::text::Filtered;

/// The variable by which a shell asks for completions.
pub const VARIABLE: &str = "_FEDCTL_COMPLETE";
/// The shells that can ask.
pub const SHELLS: Shells<'static> = Shells(&[&WholeWords, &Zsh, &Fish, &Powershell, &Elvish]);

/// Print or install the completions of a shell
///
/// The printed script calls fedctl each time that TAB is pressed, so it stays right after an update: it offers commands,
/// options, domains of the settings and of recent runs, check ids, releases, DNS providers and formats. With --install the
/// script is written to where the shell looks for it.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl completions bash --install\n  fedctl completions zsh > _fedctl")]
pub struct Completions {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
    /// Write the script to where the shell looks for it
    #[arg(long)]
    install: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Elvish,
}

impl Completions {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let script = script(self.shell)?;
        if !self.install {
            cx.term.answer(String::from_utf8_lossy(&script))?;
            return Ok(ExitStatus::Clean);
        }
        let Some((path, rest)) = place(self.shell)? else {
            let hint = "fedctl completions powershell >> $PROFILE";
            return Err(hinted("this shell has no directory for completions", hint));
        };
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).with_context(|| format!("`{}` cannot be made", dir.display()))?;
        }
        Pending::write(&path, &Filtered::own(&String::from_utf8_lossy(&script)), Access::Everybody, true)?.commit()?;
        cx.term.answer(format!("{}\n", path.display()))?;
        cx.term.status(rest);
        Ok(ExitStatus::Clean)
    }
}

/// Where a shell looks for the script of a user, and what remains to be done.
fn place(shell: Shell) -> anyhow::Result<Option<(PathBuf, &'static str)>> {
    let dirs = etcetera::choose_base_strategy().context("the home directory is not known")?;
    Ok(match shell {
        Shell::Bash => {
            let path = dirs.data_dir().join("bash-completion/completions/fedctl");
            Some((path, "open a new shell; it needs the package bash-completion"))
        }
        Shell::Zsh => {
            let home = std::env::var_os("ZDOTDIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
            let path = home.unwrap_or_else(|| dirs.home_dir().to_owned()).join(".zfunc/_fedctl");
            Some((
                path,
                "put this line into .zshrc, before compinit, and open a new shell:\n  fpath+=(${ZDOTDIR:-$HOME}/.zfunc)",
            ))
        }
        Shell::Fish => Some((dirs.config_dir().join("fish/completions/fedctl.fish"), "open a new shell")),
        Shell::PowerShell | Shell::Elvish => None,
    })
}

/// The script of a shell.
pub fn script(shell: Shell) -> anyhow::Result<Vec<u8>> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &WholeWords,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Elvish => &Elvish,
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "fedctl", "fedctl", "fedctl", &mut script)?;
    Ok(script)
}

/// Bash cuts words at `=` and `:`. Its script puts them together again, so that `--format=` and `chat:443` can be completed.
struct WholeWords;

const BASH: &str = r#"# Completion of fedctl for bash.
_fedctl() {
    local IFS=$' \t\n' words=() word rest=$COMP_LINE blank i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blank=${rest%%[![:blank:]]*}
        rest=${rest#"$blank"}
        if ((i > 0)) && [[ -z $blank && -n $rest ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        rest=${rest#"$word"}
    done
    local last=$((${#words[@]} - 1)) piece=$2 cut
    cut=${words[last]%"$piece"}
    local space=true
    compopt +o nospace 2>/dev/null && space=false
    IFS=$'\013'
    COMPREPLY=($(
        _CLAP_IFS=$IFS _CLAP_COMPLETE_INDEX=$last _CLAP_COMPLETE_COMP_TYPE=$COMP_TYPE _CLAP_COMPLETE_SPACE=$space \
            VARIABLE=bash COMPLETER -- "${words[@]}" 2>/dev/null
    )) || { unset COMPREPLY; return; }
    [[ $cut == *[=:] ]] && COMPREPLY=("${COMPREPLY[@]#"$cut"}")
    [[ ${COMPREPLY-} == *[=/:] ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nospace -F _fedctl BIN
"#;

impl EnvCompleter for WholeWords {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let script = BASH.replace("VARIABLE", variable).replace("COMPLETER", completer).replace("BIN", bin);
        out.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        args: Vec<std::ffi::OsString>,
        here: Option<&std::path::Path>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, args, here, out)
    }
}
