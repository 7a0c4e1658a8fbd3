//! The HTML report in Chromium: on a phone, in light and dark, and on paper.

use crate::support::Fedctl;
use crate::support::browser::Browser;
use crate::support::world::{World, zone};

#[test]
fn a_report_fits_a_phone_and_paper() {
    let Some(mut browser) = Browser::start() else { return };
    let (fedctl, mut world) = (Fedctl::new(), World::new());
    let zones = ["alpha.example", "a-rather-long-name-of-a-domain.example"].map(|domain| (domain, zone(1, "")));
    world.serve("ns1.alpha.example", &zones, &[]);
    let args = ["dns-check", zones[0].0, zones[1].0, "--format", "html", "--output", "report.html"];
    let args: Vec<String> = args.iter().map(ToString::to_string).chain(world.flags()).collect();
    assert_eq!(fedctl.run(&args).status, 1);
    let page = format!("file://{}", fedctl.path("report.html").display());
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.as_phone(scheme);
        browser.open(&page);
        assert!(browser.too_wide() <= 0.0, "{} points too wide", browser.too_wide());
        grounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
    }
    assert_ne!(grounds[0], grounds[1], "light and dark differ");
    // The domains are the headings of the second level, and the parts of a report are below them.
    let headings = "[...document.querySelectorAll('h2')].map(heading => heading.textContent).join()";
    assert_eq!(browser.evaluate(headings), zones.map(|(domain, _)| domain).join(","));
    let text = browser.evaluate("document.body.innerText");
    assert!(!text.as_str().unwrap().contains('`'), "{text}");
    // A status is a word, whatever its colour is.
    let words = "[...document.querySelectorAll('.tag')].filter(tag => tag.textContent.trim() === '').length";
    assert_eq!(browser.evaluate(words).as_u64(), Some(0));
    browser.as_paper(700);
    browser.open(&page);
    assert!(browser.too_wide() <= 0.0 && browser.cut() == 0, "{}", browser.html());
    let commands = browser.evaluate("document.querySelectorAll('.copy pre').length");
    assert!(commands.as_u64().unwrap() >= 2, "{commands}");
}
