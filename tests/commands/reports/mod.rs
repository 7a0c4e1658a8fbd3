//! Every form of a report, read by those whom it is for: each consumer gets text that would break it if it were not escaped.

mod command;
mod readers;

use fedctl::render::report::{REPORT_FORMATS, ReportFormat, Style, names, table, write};
use fedctl::severity::Severity;

use crate::commands::frame::fresh_part;
use crate::support::Fedctl;
use crate::support::reports::reports;

fn style() -> Style {
    Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false }
}

/// The form with this id.
fn form(id: &str) -> &'static ReportFormat {
    REPORT_FORMATS.iter().find(|format| format.id == id).unwrap()
}

fn written(id: &str) -> String {
    write(form(id), &reports(), style()).unwrap()
}

#[test]
fn the_lists_of_formats_in_the_docs_are_fresh() {
    fresh_part("docs/formats.md", "formats", &table());
    let list = names();
    let names = list.split(' ').map(|word| match word.strip_suffix(',') {
        _ if word == "or" => word.to_owned(),
        Some(id) => format!("`{id}`,"),
        None => format!("`{word}`"),
    });
    fresh_part("README.md", "formats", &format!("Every report comes as {}.\n", names.collect::<Vec<_>>().join(" ")));
}

#[test]
fn an_unknown_format_is_refused_with_the_list() {
    let (error, hint) = Fedctl::new().refused(&["dns-check", "mydomain.com", "--format", "xml"]);
    assert!(error.contains("there is no report format `xml`") && hint.contains("junit"), "{error} {hint}");
}

#[test]
fn every_format_has_its_form() {
    for format in REPORT_FORMATS {
        let text = written(format.id);
        assert!(text.ends_with('\n') && text.contains("mydomain.com"), "{}", format.id);
        assert!(!text.contains('\u{7}'), "{} lets control characters through", format.id);
        let empty = write(format, &[], style()).unwrap();
        assert!(!empty.contains("mydomain"), "{}", format.id);
    }
}

#[test]
fn what_is_suppressed_is_listed_with_its_reason_and_does_not_count() {
    for form in REPORT_FORMATS {
        let text = written(form.id);
        match form.id {
            "prometheus" => {
                assert!(text.contains("fedctl_suppressed{subject=\"mydomain.com\"} 1"), "{text}");
                assert!(text.contains("fedctl_findings{subject=\"mydomain.com\",severity=\"error\"} 1"), "{text}");
            }
            _ => assert!(text.contains("dns-target") && text.contains("moving;"), "{}: {text}", form.id),
        }
    }
    assert_eq!(reports()[0].count(Severity::Error), 1);
}
