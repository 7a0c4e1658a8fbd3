//! The confirmation page in a real browser, without scripts, pressed with a real mouse button.

use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::browser::Browser;
use crate::support::hub::Hub;

#[test]
fn a_person_confirms_without_scripts() {
    let Some(mut browser) = Browser::start() else { return };
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    browser.without_scripts();
    hub.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]);
    let token = hub.logged_token("mydomain.com", 0);
    let page = format!("http://{}/confirm?token={token}", hub.addr);
    browser.open(&page);
    let html = browser.html();
    assert!(html.contains("Confirm mydomain.com") && html.contains("https://chat.mydomain.com"), "{html}");
    browser.open(&page);
    assert_eq!(hub.url_of("mydomain.com"), None, "a browser that only looks confirms nothing");
    browser.click("button[value=yes]");
    let html = browser.html();
    assert!(html.contains("<h1>Confirmed</h1>"), "{html}");
    assert_eq!(hub.url_of("mydomain.com").as_deref(), Some("https://chat.mydomain.com"));
    browser.open(&page);
    assert!(browser.html().contains("This link was used"));

    hub.register("mydomain.com", "https://evil.example.org", &KEYS[1]);
    browser.open(&format!("http://{}/confirm?token={}", hub.addr, hub.logged_token("mydomain.com", 1)));
    browser.click("button[value=no]");
    assert!(browser.html().contains("Nothing was changed"));
    assert_eq!(hub.url_of("mydomain.com").as_deref(), Some("https://chat.mydomain.com"));
}

#[test]
fn a_printed_page_has_whole_commands() {
    let Some(mut browser) = Browser::start() else { return };
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    browser.as_paper(700);
    browser.open(&format!("http://{}/", hub.addr));
    assert_eq!(browser.evaluate("document.querySelectorAll('.copy pre').length").as_u64(), Some(1));
    assert_eq!(browser.cut(), 0, "{}", browser.html());
}

/// The policy allows the page's own style and nothing else.
#[test]
fn the_browser_keeps_the_policy() {
    let Some(mut browser) = Browser::start() else { return };
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    browser.open(&format!("http://{}/remove", hub.addr));
    assert_eq!(browser.evaluate("getComputedStyle(document.body).maxWidth"), "704px", "the style is applied");
    let injected = "const s = document.createElement('script'); s.textContent = 'window.hacked = 1';
                    document.body.append(s); String(window.hacked)";
    assert_eq!(browser.evaluate(injected), "undefined", "an injected script does not run");
}
