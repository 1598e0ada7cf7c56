use super::*;

/// The lines of a text, each with its level and whether it goes on.
fn taken(text: &str) -> Vec<(Level, bool)> {
    let mut entry = LogEntry::default();
    text.lines().map(|line| entry.take(line.as_bytes())).collect()
}

/// All lines of a text are one error; what follows is none of it.
fn is_one_error(text: &str) {
    let after = "2026-11-21 10:00:00 INFO next";
    let lines = taken(&format!("{}\n{after}", text.trim_start_matches('\n')));
    let count = lines.len() - 1;
    assert_eq!(lines[0], (Level::Error, false), "the first of\n{text}");
    for (line, taken) in text.trim_start_matches('\n').lines().zip(&lines).skip(1) {
        assert_eq!(*taken, (Level::Error, true), "{line:?} of\n{text}");
    }
    assert_eq!(lines[count], (Level::Info, false), "what follows\n{text}");
}

#[test]
fn a_traceback_of_java_is_one_entry() {
    is_one_error(
        "2026-11-21 10:00:00,123 ERROR [main] c.e.App - could not start
java.lang.IllegalStateException: no database
\tat com.example.App.start(App.java:17)
\tat com.example.App.main(App.java:9)
\tSuppressed: java.io.IOException: closed
\t\tat com.example.Pool.close(Pool.java:3)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
\t... 23 more",
    );
    is_one_error(
        "Exception in thread \"main\" java.lang.NullPointerException
\tat Main.main(Main.java:5)",
    );
}

#[test]
fn a_traceback_of_python_is_one_entry() {
    is_one_error(
        "Traceback (most recent call last):
  File \"/app/main.py\", line 3, in <module>
    connect()
    ^^^^^^^^^
  File \"/app/main.py\", line 1, in connect
    raise OSError(\"refused\")
OSError: refused

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/app/main.py\", line 5, in <module>
    raise Broken()
__main__.Broken: no way",
    );
    is_one_error(
        "ERROR:root:request failed
Traceback (most recent call last):
  File \"/app/main.py\", line 3, in handle
    1/0
ZeroDivisionError: division by zero",
    );
}

#[test]
fn a_traceback_right_behind_another_is_an_entry_of_its_own() {
    let traceback = ["Traceback (most recent call last):", "  File \"/x.py\", line 1, in <module>", "ValueError: no"];
    let mut entry = LogEntry::default();
    let taken: Vec<bool> = [traceback, traceback].concat().iter().map(|line| entry.take(line.as_bytes()).1).collect();
    assert_eq!(taken, [false, true, true, false, true, true]);
}

#[test]
fn a_panic_of_go_is_one_entry() {
    is_one_error(
        "panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f0c5]

goroutine 1 [running]:
main.(*Server).handle(0x0, {0x4b5a, 0x5})
\t/src/main.go:12 +0x25
main.main()
\t/src/main.go:7 +0x1d
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3086 +0x5cb
exit status 2",
    );
    is_one_error(
        "2026/11/21 10:00:00 http: panic serving 10.0.0.1:5: boom
goroutine 34 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1868 +0xb9",
    );
}

#[test]
fn a_panic_of_rust_is_one_entry() {
    is_one_error(
        "thread 'main' panicked at src/main.rs:2:5:
index out of bounds: the len is 3 but the index is 7
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b/library/std/src/panicking.rs:652:5
   1: core::panicking::panic_fmt
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
    );
    is_one_error(
        "Error: could not read the configuration

Caused by:
    No such file or directory (os error 2)",
    );
}

#[test]
fn an_exception_of_node_is_one_entry() {
    is_one_error(
        "/app/index.js:3
throw new TypeError('boom');
      ^

TypeError: boom
    at Object.<anonymous> (/app/index.js:3:7)
    at node:internal/main/run_main_module:23:47 {
  code: 'E_BOOM'
}

Node.js v20.9.0",
    );
}

#[test]
fn an_exception_of_dotnet_is_one_entry() {
    is_one_error(
        "Unhandled exception. System.InvalidOperationException: no
 ---> System.IO.IOException: gone
   at App.Open() in /src/App.cs:line 3
   --- End of inner exception stack trace ---
   at App.Main() in /src/App.cs:line 9",
    );
}

#[test]
fn what_is_indented_belongs_to_the_line_of_a_log_above_it() {
    let lines = taken("info: Microsoft.Hosting[14]\n      Now listening on: http://[::]:80\nplain\n  indented");
    assert_eq!(lines, [(Level::Info, false), (Level::Info, true), (Level::None, false), (Level::None, false)]);
    let lines = taken(" INFO app: one\n WARN app: two");
    assert_eq!(lines, [(Level::Info, false), (Level::Warn, false)], "each is a line of its own");
}

#[test]
fn errors_in_a_row_are_errors_each() {
    let lines = taken("ERROR one\nERROR two\n\nCaused by: nobody\nTypeError: x\nTypeError: y");
    let heads: Vec<bool> = lines.iter().map(|(_, continues)| !continues).collect();
    assert_eq!(heads, [true; 6], "{lines:?}");
}

proptest::proptest! {
    #[test]
    fn never_panics(lines in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), 0..8)) {
        let mut entry = LogEntry::default();
        for line in &lines {
            entry.take(line);
        }
    }

    #[test]
    fn what_goes_on_has_the_level_of_what_it_goes_on_with(lines in "(ERROR x|\tat a\\(b\\)|panic: x|Error: y|  z|\n){0,30}") {
        let taken = taken(&lines);
        for pair in taken.windows(2).filter(|pair| pair[1].1) {
            proptest::prop_assert_eq!(pair[0].0, pair[1].0);
        }
    }
}
