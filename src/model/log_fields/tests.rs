use super::*;
use proptest::prelude::*;

/// Format, level, message and the other fields of a line, as `key=value`.
fn told(line: &str) -> (&'static str, Level, String, Vec<String>) {
    let fields = LogFields::read(line).unwrap_or_else(|| panic!("fields in {line:?}"));
    let others = fields.others().map(|(name, value)| format!("{name}={value}")).collect();
    (fields.format.name(), fields.level, fields.message.to_string(), others)
}

fn check(samples: &[(&str, &str, Level, &str, &str)]) {
    for (line, format, level, message, others) in samples {
        let expected = (*format, *level, (*message).to_string());
        let (found_format, found_level, found_message, found) = told(line);
        assert_eq!((found_format, found_level, found_message), expected, "{line}");
        assert_eq!(found.join(" "), *others, "{line}");
    }
}

use Level::{Debug, Error, Info, None as Unsaid, Trace, Warn};

#[test]
fn numbers_and_lists_of_json_stay_as_they_are_written_and_so_does_what_is_very_deep() {
    let line = r#"{"id":123456789012345678901,"rate":1.50,"big":1e400,"list":[1.0, "\u0041"],"ok":true,"no":null}"#;
    let fields = LogFields::read(line).expect("JSON");
    let value = |name: &str| fields.get(name).expect("there").to_string();
    assert_eq!(["id", "rate", "big"].map(value), ["123456789012345678901", "1.50", "1e400"]);
    assert_eq!(["list", "ok", "no"].map(value), [r#"[1.0, "\u0041"]"#, "true", "null"]);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let fields = LogFields::read(&deep).expect("JSON").fields;
    assert_eq!(fields.len(), 1);
    assert!(fields[0].0.len() < 100 && fields[0].1.starts_with(r#"{"a":"#), "{}", fields[0].0);
}

#[test]
fn json_of_the_usual_loggers() {
    check(&[
        (
            r#"{"level":30,"time":1795255200000,"pid":7,"msg":"listening","port":80}"#,
            "JSON",
            Info,
            "listening",
            "pid=7 port=80",
        ),
        (
            r#"{"name":"x","level":50,"msg":"no","time":"2026-11-21T10:00:00Z","v":0}"#,
            "JSON",
            Error,
            "no",
            "name=x v=0",
        ),
        (
            r#"{"level":"warn","ts":1795255200.5,"caller":"a/b.go:3","msg":"slow","http":{"status":503,"ok":false}}"#,
            "JSON",
            Warn,
            "slow",
            "caller=a/b.go:3 http.status=503 http.ok=false",
        ),
        (r#"{"level":"fatal","msg":"a \"b\"\n c","time":"2026-11-21T10:00:00Z"}"#, "JSON", Error, "a \"b\"\n c", ""),
        (
            r#"{"@t":"2026-11-21T10:00:00Z","@mt":"Hi {User}","@l":"Debug","User":"al","Tags":["a",1]}"#,
            "JSON",
            Debug,
            "Hi {User}",
            r#"User=al Tags=["a",1]"#,
        ),
        (
            r#"{"version":"1.1","host":"h","short_message":"m","level":4,"timestamp":1795255200.1,"_x":null}"#,
            "JSON",
            Warn,
            "m",
            "version=1.1 host=h _x=null",
        ),
        (r#"{"severity":"CRITICAL","message":"m","timestamp":"2026-11-21T10:00:00Z"}"#, "JSON", Error, "m", ""),
        (
            r#"{"timestamp":"2026-11-21T10:00:00.1Z","level":"TRACE","fields":{"message":"m","n":1},"target":"a::b"}"#,
            "JSON",
            Trace,
            "m",
            "fields.n=1 target=a::b",
        ),
        (
            r#"{"t":{"$date":"2026-11-21T10:00:00.1+00:00"},"s":"W","c":"NETWORK","ctx":"main","msg":"m"}"#,
            "JSON",
            Warn,
            "m",
            "c=NETWORK ctx=main",
        ),
        (r#"{"event":"done","seconds":3}"#, "JSON", Unsaid, "done", "seconds=3"),
        (r#"{"b":1,"a":2}"#, "JSON", Unsaid, "", "b=1 a=2"),
    ]);
    for line in [r#"{"cut":"of"#, "{not json}", "{} and more", "[1]"] {
        assert_eq!(LogFields::read(line), None, "{line}");
    }
}

#[test]
fn logfmt_and_pairs_behind_a_message() {
    check(&[
        (
            r#"time=2026-11-21T10:00:00Z level=error msg="no such \"user\"" user=alice took=3ms"#,
            "logfmt",
            Error,
            "no such \"user\"",
            "user=alice took=3ms",
        ),
        (
            "at=info method=GET path=/a?b=c status=200 cached",
            "logfmt",
            Unsaid,
            "",
            "at=info method=GET path=/a?b=c status=200 cached=true",
        ),
        (
            "GET /v1/orders 200 12ms user=gus cache=miss",
            "plain",
            Unsaid,
            "GET /v1/orders 200 12ms",
            "user=gus cache=miss",
        ),
        ("WARN: took long took=3s", "plain", Warn, "took long", "took=3s"),
    ]);
    for line in ["plain words", "if a == b then c => d", "x=1", "", "a=\"open", "see a=b in the text"] {
        assert_eq!(LogFields::read(line), None, "{line}");
    }
}

#[test]
fn what_belongs_to_the_system() {
    check(&[
        (
            "E1121 10:00:00.123456       1 main.go:12] bad thing",
            "klog",
            Error,
            "bad thing",
            "source=main.go:12 thread=1",
        ),
        (
            r#"I1121 10:00:00.123456       1 pod.go:9] "Pod started" pod="a/b" took="3s""#,
            "klog",
            Info,
            "Pod started",
            "pod=a/b took=3s source=pod.go:9 thread=1",
        ),
        (
            r#"<165>1 2026-11-21T10:00:00.003Z web evntslog 7 ID47 [ex@3 iut="3" a="b \] c"] An event"#,
            "syslog",
            Info,
            "An event",
            "ex@3.iut=3 ex@3.a=b \\] c app=evntslog process=7 host=web id=ID47",
        ),
        ("<34>1 2026-11-21T10:00:00Z - su - - - 'su root' failed", "syslog", Error, "'su root' failed", "app=su"),
        ("<28>Nov 21 10:00:00 web sshd[17]: no", "syslog", Warn, "no", "app=sshd process=17 host=web"),
        ("Nov  1 10:00:00 web kernel: eth0 up", "syslog", Unsaid, "eth0 up", "app=kernel host=web"),
        ("<3>disk on fire", "syslog", Error, "disk on fire", ""),
    ]);
}

#[test]
fn web_servers() {
    check(&[
        (
            r#"10.0.0.1 - al [21/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 503 612 "-" "curl/8" "9.9.9.9""#,
            "web access",
            Error,
            "GET /a HTTP/1.1",
            "status=503 size=612 client=10.0.0.1 user=al agent=curl/8 forwarded=9.9.9.9",
        ),
        (
            r#"::1 - - [21/Nov/2026:10:00:00 +0000] "GET /\" HTTP/1.1" 404 -"#,
            "web access",
            Warn,
            r#"GET /\" HTTP/1.1"#,
            "status=404 client=::1",
        ),
        (
            r#"2026/11/21 10:00:00 [error] 7#8: *1 open() "/x" failed (2: No such file), client: 10.0.0.1, server: _, request: "GET /x, y HTTP/1.1", host: "a""#,
            "web error",
            Error,
            r#"open() "/x" failed (2: No such file)"#,
            "client=10.0.0.1 server=_ request=GET /x, y HTTP/1.1 host=a process=7 connection=1",
        ),
        (
            "2026/11/21 10:00:00 [notice] 1#1: start worker processes",
            "web error",
            Info,
            "start worker processes",
            "process=1",
        ),
        (
            "[Sat Nov 21 10:00:00.123456 2026] [core:warn] [pid 35:tid 4] [client 1.2.3.4:5] AH01: no",
            "web error",
            Warn,
            "AH01: no",
            "client=1.2.3.4:5 module=core process=35:tid 4",
        ),
    ]);
}

#[test]
fn java_and_python() {
    check(&[
        ("10:00:00.123 [main] INFO  c.e.App -- started", "Java", Info, "started", "logger=c.e.App thread=main"),
        ("10:00:00.123 [main] INFO  c.e.App - started", "Java", Info, "started", "logger=c.e.App thread=main"),
        ("2026-11-21 10:00:00,123 ERROR [main] c.e.App - no", "Java", Error, "no", "logger=c.e.App thread=main"),
        (
            "2026-11-21T10:00:00.123Z  INFO 1 --- [shop] [           main] c.e.shop.App      : Started in 2 s",
            "Java",
            Info,
            "Started in 2 s",
            "logger=c.e.shop.App thread=main process=1",
        ),
        (
            "2026-11-21 10:00:00,123 WARN  [org.keycloak] (main) hm",
            "Java",
            Warn,
            "hm",
            "logger=org.keycloak thread=main",
        ),
        ("2026-11-21 10:00:00,123 INFO namenode.NameNode: up", "Java", Info, "up", "logger=namenode.NameNode"),
        (
            "21-Nov-2026 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [12] ms",
            "Java",
            Info,
            "Server startup in [12] ms",
            "logger=org.apache.catalina.startup.Catalina.start thread=main",
        ),
        (
            "[2026-11-21 10:00:00,123] INFO [Server 1] up (kafka.server.KafkaServer)",
            "Java",
            Info,
            "[Server 1] up",
            "logger=kafka.server.KafkaServer",
        ),
        (
            "[2026-11-21T10:00:00,123][INFO ][o.e.n.Node] [es1] starting ...",
            "Java",
            Info,
            "starting ...",
            "logger=o.e.n.Node node=es1",
        ),
        ("WARNING:app.db:slow", "Python", Warn, "slow", "logger=app.db"),
        ("2026-11-21 10:00:00,123 - app.db - WARNING - slow", "Python", Warn, "slow", "logger=app.db"),
        ("2026-11-21 10:00:00,123 - ERROR - no", "Python", Error, "no", ""),
        ("2026-11-21 10:00:00.123 | INFO     | app:main:12 - up", "Python", Info, "up", "source=app:main:12"),
        ("[2026-11-21 10:00:00 +0000] [7] [INFO] Booting worker", "Python", Info, "Booting worker", "process=7"),
        ("[2026-11-21 10:00:00,123: ERROR/MainProcess] no", "Python", Error, "no", "process=MainProcess"),
    ]);
}

#[test]
fn go_and_rust() {
    check(&[
        ("2026/11/21 10:00:00 listening on :80", "Go", Unsaid, "listening on :80", ""),
        ("2026/11/21 10:00:00.000123 main.go:12: listening", "Go", Unsaid, "listening", "source=main.go:12"),
        ("2026/11/21 10:00:00 WARN slow user=al n=3", "Go", Warn, "slow", "user=al n=3"),
        (
            "2026-11-21T10:00:00.000Z\tINFO\tsrv\tmain.go:12\tup\t{\"port\": 80}",
            "Go",
            Info,
            "up",
            "port=80 logger=srv source=main.go:12",
        ),
        (
            "2026-11-21T10:00:00Z ERR main.go:3 > no error=\"EOF at\" n=1",
            "Go",
            Error,
            "no",
            "error=EOF at n=1 source=main.go:3",
        ),
        ("WARN[0012] slow                    user=al", "Go", Warn, "slow", "user=al seconds=0012"),
        ("ERRO[0012] no", "Go", Error, "no", "seconds=0012"),
        (
            "2026-11-21T10:00:00.123456Z  INFO request{id=7 path=\"/ a\"}: app::http: done status=200",
            "Rust",
            Info,
            "done",
            "status=200 target=app::http span=request{id=7 path=\"/ a\"}",
        ),
        ("2026-11-21T10:00:00.123456Z ERROR app: no", "Rust", Error, "no", "target=app"),
        (" WARN app::db: slow took=3s", "Rust", Warn, "slow", "took=3s target=app::db"),
        ("[2026-11-21T10:00:00Z INFO  app::server] up", "Rust", Info, "up", "target=app::server"),
    ]);
}

#[test]
fn words_with_a_time_or_a_level() {
    check(&[
        ("ERROR: no disk", "plain", Error, "no disk", ""),
        ("[warn] slow", "plain", Warn, "slow", ""),
        ("2026-11-21 10:00:00 INFO up", "plain", Info, "up", ""),
        ("2026-11-21 10:00:00 just words", "plain", Unsaid, "just words", ""),
        (
            "2026-11-21 10:00:00.123 UTC [17] FATAL:  role \"x\" does not exist",
            "plain",
            Error,
            "role \"x\" does not exist",
            "process=17",
        ),
        ("2026-11-21 10:00:00.123 UTC [17] LOG:  ready", "plain", Info, "ready", "process=17"),
        (
            "2026-11-21T10:00:00.123456Z 0 [Warning] [MY-01] [Server] hm",
            "plain",
            Warn,
            "[MY-01] [Server] hm",
            "process=0",
        ),
        ("[10:00:00 INF] up", "plain", Info, "up", ""),
        ("fail: Microsoft.Hosting[0]", "plain", Error, "Microsoft.Hosting[0]", ""),
        ("1:M 21 Nov 2026 10:00:00.123 # hm", "plain", Warn, "hm", "role=M process=1"),
        ("INFO  [2026-11-21 10:00:00,123] io.dropwizard.Server: up", "plain", Info, "io.dropwizard.Server: up", ""),
    ]);
    for line in ["info desk", "Error handling is hard", "errors: 3", "12 monkeys", "10:00 is no stamp", "    at x.y(z)"]
    {
        assert_eq!(LogFields::read(line), None, "{line}");
    }
}

#[test]
fn fields_are_found_by_name() {
    let line = r#"{"ts":1795255200,"lvl":"warn","msg":"m","Status":503}"#;
    let fields = LogFields::read(line).expect("JSON");
    assert_eq!(fields.get("status"), Some("503"));
    assert_eq!(
        (fields.get("level"), fields.get("message"), fields.get("time")),
        (Some("warn"), Some("m"), Some("1795255200"))
    );
    assert_eq!(fields.get("absent"), None);
}

/// Pieces of lines, which put together are nearly lines of every format.
const PIECES: &[&str] = &[
    "2026-11-21T10:00:00.123456Z",
    "10:00:00",
    "Nov 21 10:00:00",
    "21/Nov/2026:10:00:00 +0000",
    "[",
    "]",
    " ",
    "\t",
    "INFO",
    "ERR",
    "E1121",
    "<34>",
    "1 ",
    "- ",
    ": ",
    "::",
    "{",
    "}",
    "\"",
    "\\",
    "=",
    "a=b",
    "a.b.C",
    "main.go:12",
    "(",
    ")",
    "#",
    "*1",
    "ü",
    "\u{1b}[31m",
    "1:M ",
    " | ",
    "---",
    "/",
    "[core:error]",
    "[pid 3]",
    "\"GET / HTTP/1.1\" 503 ",
    "client: ",
    ", host: \"",
    "LOG: ",
    ">",
    "fail: ",
];

proptest! {
    #[test]
    fn no_text_breaks_it(text in any::<String>()) {
        LogFields::read(&text);
    }

    #[test]
    fn nothing_that_looks_like_a_line_breaks_it(places in prop::collection::vec(0..PIECES.len(), 0..24)) {
        let text: String = places.into_iter().map(|place| PIECES[place]).collect();
        if let Some(fields) = LogFields::read(&text) {
            prop_assert!(fields.others().count() <= fields.fields.len());
            prop_assert!(fields.message.len() <= text.len());
        }
    }

    #[test]
    fn pairs_come_back_as_they_were_written(pairs in prop::collection::vec(("[a-z]{1,8}", "[a-z0-9 \"\\\\]{0,12}"), 2..6)) {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let line: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        let line = line.join(" ");
        let fields = LogFields::read(&line).expect("pairs");
        let found: Vec<(String, String)> = fields.fields.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        prop_assert_eq!(found, pairs);
    }

    #[test]
    fn objects_come_back_in_their_order(pairs in prop::collection::vec(("[a-z]{1,8}", any::<String>()), 0..6)) {
        let text: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("\"{name}\":{}", serde_json::to_string(value).expect("a text")))
            .collect();
        let line = format!("{{{}}}", text.join(","));
        let fields = LogFields::read(&line).expect("an object");
        let found: Vec<(String, String)> = fields.fields.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        prop_assert_eq!(found, pairs);
    }
}
