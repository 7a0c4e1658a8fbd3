//! The plan of what will be changed in the settings of a server, for people; in the form of that for records.

use serde_json::Value;

use super::fill::{hang, harmless};
use crate::rocketchat::setting_change::{Intent, Row, SettingChange};

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// What will be done, a line for each setting: `-` is the old value, `+` the new one, `=` is right already, `!` is left alone.
pub fn plan(heading: &str, rows: &[Row], width: usize) -> String {
    let mut out = Lines::new(heading, rows.iter().map(|row| row.id), width);
    for row in rows {
        match (&row.intent, &row.before) {
            (Intent::Keep, _) => out.put('=', row.id, "as it should be"),
            (Intent::Change(after), before) => {
                out.put('-', row.id, &before.as_ref().map(shown).unwrap_or_default());
                out.put('+', row.id, &shown(after));
            }
            (Intent::Restart, _) => {
                out.put('-', row.id, "true, until the other changes are made");
                out.put('+', row.id, "true, so that the server starts federation with them");
            }
            (Intent::Leave(why), Some(before)) => {
                out.put('!', row.id, &format!("{} is left alone: {why}", shown(before)))
            }
            (Intent::Leave(why), None) => out.put('!', row.id, &format!("is left alone: {why}")),
        }
    }
    out.end()
}

/// The same for changes that are taken back.
pub fn back(heading: &str, changes: &[SettingChange], width: usize) -> String {
    let mut out = Lines::new(heading, changes.iter().map(|change| change.id.as_str()), width);
    for change in changes {
        out.put('-', &change.id, &shown(&change.before));
        out.put('+', &change.id, &shown(&change.after));
    }
    out.end()
}

/// A value as JSON, so that spaces and the kind of the value can be seen.
fn shown(value: &Value) -> String {
    let text = harmless(&value.to_string());
    match text.chars().count() > SHOWN {
        true => format!("{}…", text.chars().take(SHOWN).collect::<String>()),
        false => text,
    }
}

struct Lines {
    out: String,
    /// The width of the longest name.
    column: usize,
    width: usize,
}

impl Lines {
    fn new<'a>(heading: &str, names: impl Iterator<Item = &'a str>, width: usize) -> Self {
        let column = names.map(str::len).max().unwrap_or_default();
        Self { out: format!("{}\n\n", harmless(heading)), column, width }
    }

    fn put(&mut self, sign: char, name: &str, text: &str) {
        let column = self.column;
        self.out += &hang(&format!("  {sign}  {name:<column$}  {text}"), self.width, column + 7);
    }

    fn end(self) -> String {
        self.out + "     other settings are not changed\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rocketchat::settings::{DISCOVERY_METHOD, DOMAIN, ENABLED, SITE_URL};

    #[test]
    fn a_plan_has_a_line_for_each_setting() {
        let row = |id, before: Value, intent| Row { id, before: Some(before), intent };
        let why = "the records lead to https://chat.mydomain.com; every link of the server begins with it";
        let rows = [
            row(SITE_URL, "https://www.mydomain.com".into(), Intent::Leave(why.into())),
            row(DOMAIN, "@mydomain.com ".into(), Intent::Change("mydomain.com".into())),
            row(DISCOVERY_METHOD, "dns".into(), Intent::Keep),
            row(ENABLED, true.into(), Intent::Restart),
        ];
        insta::assert_snapshot!(plan("settings of https://chat.mydomain.com:443, release 4.8.3", &rows, 80), @r#"
        settings of https://chat.mydomain.com:443, release 4.8.3

          !  Site_Url                     "https://www.mydomain.com" is left alone: the
                                          records lead to https://chat.mydomain.com;
                                          every link of the server begins with it
          -  FEDERATION_Domain            "@mydomain.com "
          +  FEDERATION_Domain            "mydomain.com"
          =  FEDERATION_Discovery_Method  as it should be
          -  FEDERATION_Enabled           true, until the other changes are made
          +  FEDERATION_Enabled           true, so that the server starts federation
                                          with them
             other settings are not changed
        "#);
        let changes = [SettingChange::new(DOMAIN, "mydomain.com".into(), "@mydomain.com ".into())];
        assert!(back("x", &changes, 80).contains("  +  FEDERATION_Domain  \"@mydomain.com \"\n"));
    }
}
