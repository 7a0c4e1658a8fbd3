//! The second factor of the admin, from a command or a terminal.

use serde_json::json;

use super::Site;
use crate::support::terminal::Terminal;

#[test]
fn the_second_factor_comes_from_a_command_and_never_from_an_argument() {
    for (method, accepted, command) in [
        ("totp", "424242".to_owned(), "echo 424242"),
        // SHA-256 of `s3cret`, as servers take a password.
        (
            "password",
            "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0".to_owned(),
            "test $FEDCTL_FACTOR = password && echo s3cret",
        ),
    ] {
        let site = Site::new("4.8.3");
        site.script(|script| script.second_factor = Some((method, accepted)));
        site.fedctl.write("code.sh", command);
        let ran = site.run(&["--yes", "--code-command", "sh code.sh"]);
        assert_eq!(ran.status, 0, "{method}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(site.value("FEDERATION_Enabled"), json!(true), "{method}");
        // One request without the factor, then the server remembers it.
        assert_eq!(site.rest.count("POST /api/v1/settings"), 4, "{method}");
    }
    // A server that remembers nothing wants a new code for each change.
    let site = Site::new("6.2.0");
    site.script(|script| (script.second_factor, script.forgets) = (Some(("totp", "424242".into())), true));
    site.fedctl.write(
        "code.sh",
        "echo x >>runs; printf 424242; n=$(wc -l <runs); while [ $n -gt 1 ]; do printf 1; n=$((n-1)); done",
    );
    let ran = site.run(&["--yes", "--code-command", "sh code.sh"]);
    assert_eq!((ran.status, site.fedctl.read("runs").lines().count()), (0, 3), "{}", ran.stderr);
    // Before 3.6 no server wants one.
    let site = Site::new("3.5.4");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    assert_eq!(site.run(&["--yes"]).status & !1, 0);
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true));
}

#[test]
fn a_terminal_asks_for_the_second_factor_and_does_not_show_it() {
    let site = Site::new("4.8.3");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    let line = format!("{} configure --yes {}; read wait", env!("CARGO_BIN_EXE_fedctl"), site.flags().join(" "));
    let Some(terminal) = Terminal::start(&line, site.fedctl.dir.path(), &[]) else { return site.forget() };
    let question = "code of the authenticator app:";
    let answer = |count: usize, code: &str| {
        terminal.wait("the question", |screen| screen.matches(question).count() == count);
        terminal.text(code);
        terminal.key("Enter");
    };
    answer(1, "111111");
    answer(2, "424242");
    let screen = terminal.wait("the verdict", |screen| screen.contains("mydomain.com is set up correctly"));
    assert!(!screen.contains("424242") && !screen.contains("111111"), "{screen}");
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true));
}

#[test]
fn without_the_second_factor_nothing_is_changed() {
    let site = Site::new("4.8.3");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("the server requires a second factor, the code of the authenticator app"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("nothing was changed") && ran.stderr.contains("--code-command"), "{}", ran.stderr);
    let wrong = site.run(&["--yes", "--code-command", "echo 111111"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("does not accept the code"), "{}", wrong.stderr);
    // A proxy removes the header fields: the server asks without end.
    site.script(|script| script.deaf = true);
    let deaf = site.run(&["--yes", "--code-command", "echo 111111"]);
    assert!(
        deaf.status == 2 && deaf.stderr.contains("repeatedly") && deaf.stderr.contains("x-2fa-code"),
        "{}",
        deaf.stderr
    );
    site.script(|script| script.deaf = false);
    let failed = site.run(&["--yes", "--code-command", "false"]);
    assert!(failed.status == 2 && failed.stderr.contains("the code command failed"), "{}", failed.stderr);
    assert_eq!(site.value("FEDERATION_Domain"), json!("@mydomain.com "));
    assert!(site.undo_files().is_empty(), "there is nothing to undo");
}
