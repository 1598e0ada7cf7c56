//! What bowline says itself on the command line has no secrets in it.

use std::process::Command;

const SECRET: &str = "sesame4711";

#[test]
fn no_message_on_the_command_line_repeats_a_secret() {
    let word = format!("DB_PASSWORD={SECRET}");
    let address = format!("tcp://gus:{SECRET}@127.0.0.1:1");
    for args in [
        vec![word.as_str()],
        vec!["--config", &word],
        vec!["--theme", &word],
        vec!["--demo", "exec", &word, "true"],
        vec!["--demo", "cp", &format!("{word}:/x"), "/nowhere/at/all"],
        vec!["--host", &address, "exec", "web", "true"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(&args).env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").env("TERM", "xterm-256color");
        let output = command.output().expect("the program starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && !said.is_empty(), "{args:?}");
        assert!(!said.contains(SECRET), "{args:?}: {said}");
    }
}
