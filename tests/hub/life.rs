//! The whole life of a registration, with mails through a real SMTP server.

use std::time::Duration;

use fedctl::metrics::CONTENT_TYPE;

use crate::commands::log_lines::fit_their_schema;
use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::http::{get, send};
use crate::support::hub::{Hub, eventually, token_in};
use crate::support::mailbox::{Mail, Mailbox};
use crate::support::programs::promtool_reads;

/// The link of a mail, which must lead to the public URL.
fn link(mail: &Mail) -> String {
    let line = mail.text.lines().find(|line| line.contains("token=")).unwrap_or_else(|| panic!("{}", mail.text));
    assert!(line.starts_with("https://hub.example.org/confirm?token="), "{line}");
    token_in(line)
}

#[test]
fn register_confirm_change_remove() {
    let Some(mailbox) = Mailbox::start(0) else { return };
    let fedctl = Fedctl::new();
    let smtp = format!("smtp://127.0.0.1:{}", mailbox.port);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--smtp", &smtp]);
    let [key, other] = &*KEYS;

    // As 2.x sends it: the Site URL with its slash, and members of 1.x that mean nothing here.
    let body = serde_json::json!({"domain": "MyDomain.com", "url": "https://chat.mydomain.com/", "public_key": key, "uniqueId": 7});
    let answer = hub.post(&body.to_string());
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json()["status"], "mailed");
    assert_eq!(answer.json()["peer"]["url"], "https://chat.mydomain.com");
    assert_eq!(hub.search("mydomain.com").status, 404, "nobody has confirmed");

    let mail = mailbox.next();
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("hub@hub.example.org", &["webmaster@mydomain.com".to_owned()][..])
    );
    for part in [
        "Subject: Confirm mydomain.com at",
        "Auto-Submitted: auto-generated",
        "https://chat.mydomain.com\r\n",
        "Message-ID:",
        "Date:",
    ] {
        assert!(mail.text.contains(part), "{part} is not in\n{}", mail.text);
    }
    let token = link(&mail);
    for _ in 0..3 {
        let page = get(hub.addr, &format!("/confirm?token={token}"));
        assert!(page.status == 200 && page.body.contains("https://chat.mydomain.com"), "{}", page.body);
    }
    assert_eq!(hub.search("mydomain.com").status, 404, "looking is not confirming");
    assert_eq!(hub.register("mydomain.com", "https://chat.mydomain.com", key).json()["status"], "waiting");
    let confirmed = hub.answer(&token, "yes");
    assert!(confirmed.status == 200 && confirmed.body.contains("Confirmed"), "{}", confirmed.body);
    let found = hub.search("MYDOMAIN.com");
    let peer = &found.json()["peer"];
    assert_eq!(
        (found.status, peer["domain"].as_str(), peer["public_key"].as_str()),
        (200, Some("mydomain.com"), Some(&key[..]))
    );
    assert_eq!(hub.register("mydomain.com", "https://chat.mydomain.com", key).json()["status"], "served");

    hub.register("mydomain.com", "https://new.mydomain.com", other);
    let mail = mailbox.next();
    assert!(mail.text.contains("https://chat.mydomain.com") && mail.text.contains("https://new.mydomain.com"));
    assert_eq!(hub.url_of("mydomain.com").unwrap(), "https://chat.mydomain.com", "the old entry stays served");
    let page = get(hub.addr, &format!("/confirm?token={}", link(&mail))).body;
    assert!(page.contains("https://chat.mydomain.com") && page.contains("https://new.mydomain.com"), "{page}");
    hub.answer(&link(&mail), "yes");
    assert_eq!(hub.url_of("mydomain.com").unwrap(), "https://new.mydomain.com");

    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let sent = send(hub.addr, "POST", "/remove", &form, "domain=mydomain.com");
    assert!(sent.status == 200 && sent.body.contains("webmaster@mydomain.com"), "{}", sent.body);
    let mail = mailbox.next();
    assert!(mail.text.contains("Subject: Remove mydomain.com"));
    hub.answer(&link(&mail), "yes");
    assert_eq!(hub.url_of("mydomain.com"), None);
    let gone = send(hub.addr, "POST", "/api/v1/peers/removal", &[], "{\"domain\":\"mydomain.com\"}");
    assert_eq!(gone.status, 404);
    assert!(mailbox.next_within(Duration::from_millis(200)).is_none(), "no mail without a reason");
    assert!(!hub.log().contains(&token), "a link is a secret");
    assert_eq!(hub.stop(), 0);
}

/// 1.x sends its cloud token, and reads the key as it comes (it removes line breaks, but there are none).
#[test]
fn a_client_of_1_x_is_served() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log", "-v"]);
    let headers = [
        ("Content-Type", "application/json"),
        ("x-federation-domain", "old.example.org"),
        ("Authorization", "Bearer cl0ud-t0ken"),
    ];
    let wrapped = KEYS[0].replacen("KEY-----", "KEY-----\n", 1);
    let body =
        serde_json::json!({"domain": "old.example.org", "url": "https://chat.example.org", "public_key": wrapped});
    assert_eq!(send(hub.addr, "POST", "/api/v1/peers", &headers, &body.to_string()).status, 200);
    hub.answer(&hub.logged_token("old.example.org", 0), "yes");
    let found = send(hub.addr, "GET", "/api/v1/peers?search=old.example.org", &headers[1..2], "");
    assert_eq!((found.status, found.header("content-type")), (200, "application/json"));
    let peer = found.json()["peer"].clone();
    let keys: Vec<&String> = peer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["domain", "url", "public_key"]);
    assert_eq!(peer["public_key"].as_str(), Some(KEYS[0].as_str()));
    assert!(!hub.log().contains("cl0ud"), "{}", hub.log());
}

#[test]
fn a_mail_under_tls_with_a_login() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let fedctl = Fedctl::new();
    let (cert, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    let ca = fedctl.write("ca.pem", &cert);
    let Some(mailbox) = Mailbox::start_tls(&fedctl.write("server.pem", format!("{cert}{key}"))) else { return };
    let url = format!("smtp://hub:p%40ss%20word@localhost:{}?tls=required", mailbox.port);
    let fedctl = fedctl.env("FEDCTL_HUB_SMTP", &url);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--smtp-ca", ca.to_str().unwrap()]);
    hub.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]);
    let mail = mailbox.next();
    assert_eq!((mail.tls, mail.login.as_deref()), (true, Some("hub")));
    assert!(!hub.log().contains("p@ss") && !hub.log().contains("p%40ss"));
}

#[test]
fn a_mail_server_that_is_not_trusted_gets_no_password() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let fedctl = Fedctl::new();
    let pem = format!("{}{}", certified.cert.pem(), certified.signing_key.serialize_pem());
    let Some(mailbox) = Mailbox::start_tls(&fedctl.write("server.pem", pem)) else { return };
    let url = format!("smtp://hub:p%40ss%20word@localhost:{}?tls=required", mailbox.port);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--smtp", &url]);
    hub.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]);
    eventually(|| hub.log().contains("a mail failed").then_some(()));
    assert!(mailbox.next_within(Duration::ZERO).is_none());
    assert!(!hub.log().contains("p@ss") && !hub.log().contains("p%40ss"), "{}", hub.log());
    assert!(get(hub.addr, "/metrics").body.contains("fedctl_hub_mails_total{outcome=\"failed\"} 1"));
}

/// A hub that was killed between a registration and its mail sends it after the next start.
#[test]
fn a_mail_is_not_forgotten_over_a_restart() {
    let Some(mailbox) = Mailbox::start(0) else { return };
    let fedctl = Fedctl::new();
    let closed = Hub::start(&fedctl, &["--data", "hub", "--smtp", "smtp://127.0.0.1:9"]);
    closed.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]);
    drop(closed);
    // The attempt that failed put the next one off for a minute; the operator does not wait for that.
    let put_off = rusqlite::Connection::open(fedctl.path("hub/hub.db")).unwrap();
    put_off.execute("UPDATE hub_proposals SET mail_due = 0 WHERE mail_due IS NOT NULL", []).unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", mailbox.port);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--smtp", &smtp]);
    let mail = mailbox.next();
    hub.answer(&link(&mail), "yes");
    assert!(hub.url_of("mydomain.com").is_some());
}

#[test]
fn a_hub_reports_its_health() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log", "--log-format", "json"]);
    assert_eq!(get(hub.addr, "/healthz").body, "ok\n");
    hub.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]);
    let token = hub.logged_token("mydomain.com", 0);
    hub.answer(&token, "no");
    assert_eq!(hub.url_of("mydomain.com"), None);
    let metrics = get(hub.addr, "/metrics");
    assert_eq!(metrics.header("content-type"), CONTENT_TYPE);
    promtool_reads(&metrics.body);
    for line in [
        "fedctl_hub_registrations_total{outcome=\"mailed\"} 1",
        "fedctl_hub_links_total{outcome=\"refused\"} 1",
        "fedctl_hub_searches_total{outcome=\"unknown\"} 1",
        "fedctl_hub_store_up 1",
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "{line} is not in\n{}", metrics.body);
    }
    fit_their_schema(hub.log().lines());
    assert!(hub.log().contains("\"sender\":\"mydomain.com\""), "{}", hub.log());
}
