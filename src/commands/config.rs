//! `fedctl config`

use clap::Args;
use serde_json::json;

use super::{Context, Format};
use crate::error::ExitStatus;
use crate::render::key::pretty;
use crate::settings::SETTINGS;

/// Show each setting and where it came from
///
/// Flags win over FEDCTL_* variables, and these over fedctl.yaml in the working directory or in the user's config directory.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl config\n  fedctl config --config other.yaml --format json")]
pub struct ShowConfig {
    /// How to print the settings: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl ShowConfig {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        cx.term.answer(match self.format {
            Format::Human => human(cx),
            Format::Json => pretty(&document(cx))?,
        })?;
        Ok(ExitStatus::Clean)
    }
}

fn human(cx: &Context) -> String {
    let mut out = match &cx.settings.file {
        Some(path) => format!("file  {}\n\n", path.display()),
        None => "file  none (fedctl.yaml is not here and not in the user's config directory)\n\n".into(),
    };
    for (name, meaning) in SETTINGS {
        out += &match cx.settings.setting(name) {
            Some(setting) => format!("{name:<10}  {:<28}  {}\n", setting.values.join(", "), setting.source),
            None => format!("{name:<10}  {:<28}  {meaning}\n", "-"),
        };
    }
    out
}

fn document(cx: &Context) -> serde_json::Value {
    let setting = |(name, _): &(&'static str, &str)| {
        let setting = cx.settings.setting(name);
        json!({
            "name": name,
            "values": setting.map(|setting| setting.values.clone()).unwrap_or_default(),
            "source": setting.map(|setting| setting.source.to_string()),
        })
    };
    json!({
        "schema": 1,
        "file": cx.settings.file.as_ref().map(|path| path.display().to_string()),
        "settings": SETTINGS.iter().map(setting).collect::<Vec<_>>(),
    })
}
