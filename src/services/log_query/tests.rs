use super::columns::FIELDS_MOST;
use super::fill::{Number, newest_within, number};
use super::*;
use crate::model::{Batch, Level, LineMark, LogEntry, LogFilter, LogFilters, LogLines, Stream, Timestamp, Zone};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Lines of some containers, a second apart from 2026-11-21 06:00 on.
fn lines(of: &[(&str, &str)]) -> LogLines {
    let mut names: Vec<String> = Vec::new();
    let mut batch = Batch::default();
    let mut entry = LogEntry::default();
    for (second, (name, line)) in of.iter().enumerate() {
        let voice = names.iter().position(|known| known == name).unwrap_or(names.len());
        if voice == names.len() {
            names.push(name.to_string());
        }
        let (level, continues) = entry.take(line.as_bytes());
        batch.lines.push(LineMark {
            start: batch.bytes.len() as u32,
            len: line.len() as u32,
            at: Timestamp::from_seconds(1_795_240_800 + second as i64),
            stream: if level == Level::Error { Stream::Err } else { Stream::Out },
            level,
            continues,
            voice: voice as u16,
            ..LineMark::default()
        });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    LogLines { batches: vec![Arc::new(batch)], names }
}

fn query(statement: &str, lines: LogLines) -> LogQuery {
    LogQuery { statement: statement.to_string(), lines, filters: Arc::default(), zone: Zone::UTC }
}

fn never() -> Option<QueryHalt> {
    None
}

/// The bound of memory is that of the process: whoever reaches it is alone.
static MEMORY: RwLock<()> = RwLock::new(());

fn run<H>(query: &LogQuery, halt: H) -> Result<LogTable, QueryFailed>
where
    H: Fn() -> Option<QueryHalt> + Clone + Send + 'static,
{
    let _others = MEMORY.read().unwrap_or_else(PoisonError::into_inner);
    super::run(query, halt)
}

/// The rows of an answer, each as its values with a bar between.
fn rows(table: &LogTable) -> Vec<String> {
    let row = |row: &Vec<Cell>| row.iter().map(|cell| cell.shown().into_owned()).collect::<Vec<_>>().join("|");
    table.rows.iter().map(row).collect()
}

fn ask(statement: &str, of: &[(&str, &str)]) -> LogTable {
    run(&query(statement, lines(of)), never).unwrap_or_else(|failed| panic!("{statement}: {failed:?}"))
}

fn refusal(statement: &str) -> QueryFailed {
    run(&query(statement, lines(WEB)), never).expect_err(statement)
}

const WEB: &[(&str, &str)] = &[
    ("web", r#"{"level":"info","msg":"served","status":200,"took":1.5,"user":"ann"}"#),
    ("web", r#"{"level":"error","msg":"failed","status":500,"took":3.5,"user":null}"#),
    ("db", "level=warn msg=\"slow query\" took=250 Status=503"),
    ("db", "words alone"),
];

#[test]
fn levels_are_counted() {
    let table = ask("SELECT level, count(*) FROM log GROUP BY level ORDER BY level", WEB);
    assert_eq!(rows(&table), ["NULL|1", "error|1", "info|1", "warn|1"]);
    let columns: Vec<_> = table.columns.iter().map(|column| (&*column.name, column.is_number)).collect();
    assert_eq!(columns, [("level", false), ("count(*)", true)]);
    assert_eq!((table.lines, table.has_more), (4, false));
}

#[test]
fn fields_are_columns_and_their_numbers_are_numbers() {
    let table = ask("SELECT number, status, user FROM log WHERE status >= 500 ORDER BY number", WEB);
    assert_eq!(rows(&table), ["2|500|NULL", "3|503|NULL"], "status and Status are one column, null is no text");
    assert_eq!(rows(&ask("SELECT avg(took), max(took) FROM log", WEB)), ["85.0|250"]);
    assert_eq!(rows(&ask("SELECT typeof(status), typeof(took) FROM log LIMIT 1", WEB)), ["integer|real"]);
}

#[test]
fn values_with_a_unit_are_numbers() {
    let web = [
        ("web", r#"{"msg":"a","took":"29ms","size":"1KiB"}"#),
        ("web", r#"{"msg":"b","took":"112.5ms","size":"2MB"}"#),
        ("web", r#"{"msg":"c","took":null,"size":"soon"}"#),
    ];
    assert_eq!(rows(&ask("SELECT message, took FROM log WHERE took > 80", &web)), ["b|112.5"]);
    assert_eq!(rows(&ask("SELECT avg(took) FROM log", &web)), ["70.75"]);
    assert_eq!(rows(&ask("SELECT size FROM log WHERE size LIKE '%B'", &web)), ["1KiB", "2MB"], "not all are numbers");
}

#[test]
fn numbers_are_what_is_written_as_one() {
    assert_eq!(number("-12"), Some(Number::Whole(-12)));
    assert_eq!(number("0.25"), Some(Number::Real(0.25)));
    assert_eq!(number("1e-7"), Some(Number::Real(1e-7)));
    for name in
        ["007", "1e5", "12ms", "", "-", "1.", ".5", "nan", "inf", "1.2.3", "99999999999999999999", "+1", "2026-11-21"]
    {
        assert_eq!(number(name), None, "{name}");
    }
}

#[test]
fn a_line_tells_when_whose_and_what() {
    let statement =
        "SELECT number, time, epoch, container, stream, level, continues, message FROM log WHERE number > 1";
    let table = ask(statement, WEB);
    assert_eq!(
        rows(&table),
        [
            "2|2026-11-21 06:00:01.000000|1795240801.0|web|stderr|error|0|failed",
            "3|2026-11-21 06:00:02.000000|1795240802.0|db|stdout|warn|0|slow query",
            "4|2026-11-21 06:00:03.000000|1795240803.0|db|stdout|NULL|0|words alone",
        ]
    );
    let trace =
        [("app", "Traceback (most recent call last):"), ("app", "  File \"a.py\", line 1"), ("app", "ValueError: no")];
    let counted = ask("SELECT count(*) FROM log WHERE level = 'error' AND NOT continues", &trace);
    assert_eq!(rows(&counted), ["1"], "a traceback is one error");
}

#[test]
fn times_are_in_the_time_zone_and_compare_with_those_of_sqlite() {
    let asked = LogQuery {
        zone: Zone::Offset(3600),
        ..query("SELECT time FROM log WHERE time >= datetime('2026-11-21 07:00:03')", lines(WEB))
    };
    assert_eq!(rows(&run(&asked, never).expect("an answer")), ["2026-11-21 07:00:03.000000"]);
}

#[test]
fn what_passes_the_filters_is_a_view() {
    let filters = Arc::new(LogFilters(vec![LogFilter::at_least(Level::Warn)]));
    let asked = |statement: &str| LogQuery { filters: filters.clone(), ..query(statement, lines(WEB)) };
    let both =
        run(&asked("SELECT (SELECT count(*) FROM shown), (SELECT count(*) FROM log)"), never).expect("an answer");
    assert_eq!(rows(&both), ["2|4"]);
    assert_eq!(
        rows(&run(&asked("SELECT message FROM shown WHERE container = 'db'"), never).expect("an answer")),
        ["slow query"]
    );
    assert_eq!(rows(&ask("SELECT count(*) FROM shown", WEB)), ["4"], "without filters it is all");
}

#[test]
fn regular_expressions_match_texts_and_numbers_and_never_nothing() {
    assert_eq!(rows(&ask("SELECT message FROM log WHERE message REGEXP '^s.*(d|y)$'", WEB)), ["served", "slow query"]);
    assert_eq!(rows(&ask("SELECT count(*) FROM log WHERE status REGEXP '^5'", WEB)), ["2"]);
    assert_eq!(rows(&ask("SELECT count(*) FROM log WHERE message REGEXP 'SLOW'", WEB)), ["0"]);
    assert_eq!(rows(&ask("SELECT count(*) FROM log WHERE message REGEXP '(?i)SLOW'", WEB)), ["1"]);
    assert_eq!(rows(&ask("SELECT DISTINCT user REGEXP 'x' FROM log WHERE user IS NULL", WEB)), ["NULL"]);
    let wrong = refusal("SELECT 1 FROM log WHERE message REGEXP '('");
    assert!(wrong.problem.cause.starts_with("REGEXP: "), "{wrong:?}");
}

#[test]
fn names_of_fields_cannot_do_harm() {
    let hostile =
        r#"{"\"; DROP TABLE log; --":1,"line":"mine","Number":7,"":"empty","\u001b[31m":2,"select":3,"a.b":{"c":4}}"#;
    let table = ask("SELECT * FROM log", &[("x", hostile)]);
    let names: Vec<&str> = table.columns.iter().skip(FIXED.len()).map(|column| &*column.name).collect();
    assert_eq!(names, ["\"; DROP TABLE log; --", "line_", "Number_", "field", "^[[31m", "select", "a.b.c"]);
    assert_eq!(
        rows(&ask("SELECT \"\"\"; DROP TABLE log; --\", line_, \"select\" FROM log", &[("x", hostile)])),
        ["1|mine|3"]
    );
}

#[test]
fn of_ten_thousand_fields_the_usual_ones_have_columns_and_the_others_are_counted() {
    let field = |field: usize| format!(r#""odd{field}":1"#);
    let line = |line: usize| {
        let odd: Vec<String> = (0..50).map(|place| field(50 * line + place)).collect();
        format!(r#"{{"status":{line},{}}}"#, odd.join(","))
    };
    let odd: Vec<String> = (0..200).map(line).collect();
    let of: Vec<(&str, &str)> = odd.iter().map(|line| ("x", line.as_str())).collect();
    let table = ask("SELECT * FROM log WHERE status = 199", &of);
    assert_eq!(table.columns.len(), FIXED.len() + FIELDS_MOST);
    assert_eq!(table.fields_left_out, 10_001 - FIELDS_MOST);
    assert!(table.columns.iter().any(|column| column.name == "status"), "the field that most lines have is there");
}

#[test]
fn the_columns_are_told_before_anything_is_asked() {
    let web = lines(WEB);
    let names = columns(web.batches[0].lines.iter().rev().map(|mark| web.batches[0].line(mark)));
    assert_eq!(names[FIXED.len()..], ["took", "Status", "user"]);
}

#[test]
fn nothing_can_be_written_opened_or_loaded() {
    for statement in [
        "DELETE FROM log",
        "INSERT INTO log (line) VALUES ('x')",
        "UPDATE log SET line = ''",
        "DROP TABLE log",
        "CREATE TABLE mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "ATTACH '/tmp/bowline-test-attached' AS other",
        "VACUUM INTO '/tmp/bowline-test-vacuum'",
        "PRAGMA query_only = OFF",
        "PRAGMA temp_store_directory = '/tmp'",
        "BEGIN",
        "SELECT load_extension('x')",
        "CREATE VIRTUAL TABLE mine USING fts5(a)",
        "REINDEX",
        "ANALYZE",
    ] {
        let failed = refusal(statement);
        let is_refused =
            failed.problem.cause.starts_with("only SELECT works") || failed.problem.cause.contains("not authorized");
        assert!(is_refused, "{statement}: {failed:?}");
    }
    assert!(!std::path::Path::new("/tmp/bowline-test-attached").exists());
    assert_eq!(rows(&ask("SELECT count(*) FROM pragma_table_info('log')", WEB)), [(FIXED.len() + 3).to_string()]);
}

#[test]
fn several_statements_and_none_are_refused() {
    assert_eq!(refusal("SELECT 1; SELECT 2").problem.cause, "there are several statements");
    assert_eq!(refusal("  ").problem.cause, "there is no statement");
    assert_eq!(refusal("-- nothing").problem.cause, "there is no statement");
    assert_eq!(rows(&ask("SELECT 1;", WEB)), ["1"]);
}

const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn an_endless_question_is_given_up() {
    let asked = Arc::new(AtomicUsize::new(0));
    let times = asked.clone();
    let halt = move || (times.fetch_add(1, Ordering::Relaxed) > 100).then_some(QueryHalt::Cancelled);
    let failed = run(&query(ENDLESS, lines(WEB)), halt).expect_err("no answer");
    assert_eq!(failed.problem.cause, "cancelled");
    let late = || Some(QueryHalt::TookLongerThan(30));
    let failed = run(&query("SELECT 1", lines(WEB)), late).expect_err("no answer");
    assert_eq!(failed.problem.cause, "it took longer than 30 s and was given up");
}

#[test]
fn memory_is_bounded() {
    let hungry = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                  SELECT zeroblob(16000000 - x) AS y FROM n ORDER BY y";
    let alone = MEMORY.write().unwrap_or_else(PoisonError::into_inner);
    let failed = super::run(&query(hungry, lines(WEB)), never).expect_err("no answer");
    drop(alone);
    assert!(failed.problem.cause.starts_with("it needs more memory than 512 MiB"), "{failed:?}");
    assert_eq!(refusal("SELECT zeroblob(100000000)").problem.cause, "a value is too long");
}

#[test]
fn of_many_rows_the_first_are_told_and_that_there_are_more() {
    let table = ask("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n", WEB);
    assert_eq!((table.rows.len(), table.has_more), (ROWS_MOST, true));
    let large = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT hex(zeroblob(1000000)) FROM n";
    assert!(ask(large, WEB).rows.len() < 32, "large rows are fewer");
}

#[test]
fn of_more_lines_than_find_room_the_newest_are_asked() {
    let room = newest_within(&lines(WEB), 700);
    assert_eq!((room.skip, room.lines), (2, 2));
    let all = newest_within(&lines(WEB), usize::MAX);
    assert_eq!((all.skip, all.lines), (0, 4));
}

#[test]
fn an_unknown_column_is_told_with_its_place_the_nearest_and_all() {
    let failed = refusal("SELECT statuss FROM log");
    assert_eq!((failed.problem.cause.as_str(), failed.at), ("no such column: statuss", Some(7)));
    assert!(
        failed.problem.hint.starts_with("perhaps status is meant; columns: status, took, user, number, time"),
        "{failed:?}"
    );
    let quoted = refusal("SELECT * FROM log WHERE level = \"error\"");
    assert!(quoted.problem.hint.contains("text is written in single quotes"), "{quoted:?}");
    let table = refusal("SELECT * FROM logs");
    assert_eq!(
        table.problem.to_string(),
        "SQL: no such table: logs (log holds all loaded lines, shown those that pass the filters)"
    );
    assert_eq!(refusal("SELEC 1").at, Some(0));
    assert_eq!(refusal("SELECT (1").problem.cause, "the statement is not complete");
}

#[test]
fn a_table_is_saved_as_csv_and_json() {
    let table = ask(
        "SELECT container AS c, container AS c, 0.1 AS n, 'a,\"b\"' || char(10) AS t, NULL AS z FROM log LIMIT 1",
        WEB,
    );
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    assert_eq!(text(csv(&table)), "c,c,n,t,z\nweb,web,0.1,\"a,\"\"b\"\"\n\",\n");
    assert_eq!(
        text(json_lines(&table)),
        "{\"c\":\"web\",\"c_\":\"web\",\"n\":0.1,\"t\":\"a,\\\"b\\\"\\n\",\"z\":null}\n"
    );
    let read: serde_json::Value = serde_json::from_slice(&json(&table)).expect("JSON");
    assert_eq!(read[0]["n"], 0.1);
    let columns = ask("SELECT message, took FROM log WHERE took > 2", WEB);
    assert_eq!(text(aligned(&columns)), "message     took\nfailed       3.5\nslow query   250\n");
    let nothing = ask("SELECT 1 AS a WHERE 0", WEB);
    assert_eq!((text(csv(&nothing)), text(json_lines(&nothing))), ("a\n".to_string(), String::new()));
}
