//! The engine's table of processes, read by its titles: engines and their hosts' `ps` differ.

use crate::engine::docker::error::EngineError;
use crate::engine::docker::transport::Transport;
use crate::model::{Process, text};
use bollard::models::ContainerTopResponse;
use bollard::query_parameters::TopOptions;

/// What is asked of the host's `ps`: all that is wanted, or what a simpler one tells too.
const WANTED: [&str; 2] = ["-eo pid,ppid,user:32,pcpu,rss,etimes,args", "-ef"];

/// Asks for the processes of a container: with all that is wanted, or what a simpler `ps` tells.
pub async fn ask(transport: &Transport, container: &str) -> Result<Vec<Process>, EngineError> {
    match table(transport, container, WANTED[0]).await {
        Err(EngineError::Status(400 | 500, words)) if !words.contains("is not running") => {
            table(transport, container, WANTED[1]).await
        }
        Err(EngineError::Garbage(_)) => table(transport, container, WANTED[1]).await,
        told => told,
    }
}

async fn table(transport: &Transport, container: &str, wanted: &str) -> Result<Vec<Process>, EngineError> {
    let options = TopOptions { ps_args: wanted.into() };
    read(transport.call(transport.docker().top_processes(container, Some(options))).await?)
}

/// The positions of the columns.
struct Columns {
    pid: usize,
    parent: Option<usize>,
    user: Option<usize>,
    cpu: Option<usize>,
    memory: Option<usize>,
    age: Option<usize>,
    command: Option<usize>,
}

impl Columns {
    fn of(titles: &[String]) -> Option<Self> {
        let find =
            |names: &[&str]| titles.iter().position(|title| names.contains(&title.trim().to_uppercase().as_str()));
        Some(Self {
            pid: find(&["PID", "HPID"])?,
            parent: find(&["PPID", "HPPID"]),
            user: find(&["USER", "EUSER", "UID", "RUSER"]),
            cpu: find(&["%CPU", "PCPU", "CPU", "C"]),
            memory: find(&["RSS", "RSZ"]),
            age: find(&["ELAPSED", "ETIMES", "ETIME"]),
            command: find(&["COMMAND", "CMD", "ARGS"]),
        })
    }
}

fn read(table: ContainerTopResponse) -> Result<Vec<Process>, EngineError> {
    let titles = table.titles.unwrap_or_default();
    if titles.is_empty() {
        return Err(EngineError::Garbage("it reports no processes".into()));
    }
    let titles = whole_row(&titles, usize::MAX);
    let Some(columns) = Columns::of(&titles) else {
        return Err(EngineError::Garbage(format!("a list of processes without pids: {}", titles.join(" "))));
    };
    let rows = table.processes.into_iter().flatten();
    let list: Vec<Process> = rows.filter_map(|row| process(&whole_row(&row, titles.len()), &columns)).collect();
    // Who runs has a process.
    if list.is_empty() {
        return Err(EngineError::Garbage("its table has no process".into()));
    }
    Ok(list)
}

/// A row as cells. Podman up to 5.2 gives it in one piece, and the last cell may have blanks.
fn whole_row(row: &[String], cells: usize) -> Vec<String> {
    let [one] = row else { return row.to_vec() };
    let mut rest = one.trim();
    let mut split = Vec::new();
    while split.len() + 1 < cells
        && let Some((word, more)) = rest.split_once(char::is_whitespace)
    {
        split.push(word.to_string());
        rest = more.trim_start();
    }
    split.push(rest.to_string());
    split
}

fn process(row: &[String], columns: &Columns) -> Option<Process> {
    let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).map(|cell| cell.trim());
    let clean = |column| text::clean(cell(column).unwrap_or_default()).into_owned();
    Some(Process {
        pid: cell(Some(columns.pid))?.parse().ok()?,
        parent: cell(columns.parent).and_then(|cell| cell.parse().ok()).unwrap_or(0),
        user: clean(columns.user),
        cpu: cell(columns.cpu).and_then(|cell| cell.trim_end_matches('%').parse().ok()),
        memory: cell(columns.memory).and_then(|cell| cell.parse::<u64>().ok()).map(|kib| kib.saturating_mul(1024)),
        age: cell(columns.age).and_then(seconds),
        command: clean(columns.command),
    })
}

/// Seconds of `42`, or of `[[days-]hours:]minutes:seconds`, or of Podman's `1h2m3.4s`.
fn seconds(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    if let Some((units, "")) = text.rsplit_once('s') {
        let (hours, rest) = units.split_once('h').unwrap_or(("0", units));
        let (minutes, rest) = rest.split_once('m').unwrap_or(("0", rest));
        let rest: f64 = rest.parse().ok()?;
        return Some(hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60 + rest.max(0.0) as u64);
    }
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let clock = clock.split(':').try_fold(0u64, |sum, part| Some(sum * 60 + part.parse::<u64>().ok()?))?;
    Some(days.parse::<u64>().ok()? * 86_400 + clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> Vec<Process> {
        read(serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn what_was_wanted_and_what_a_simpler_ps_tells() {
        let full = table(
            r#"{"Processes":[["20037","20013","root","0.5","1108","265","sh -c a\u001b[2J"]],
                "Titles":["PID","PPID","USER","%CPU","RSS","ELAPSED","COMMAND"]}"#,
        );
        let wanted = Process {
            pid: 20037,
            parent: 20013,
            user: "root".into(),
            cpu: Some(0.5),
            memory: Some(1108 * 1024),
            age: Some(265),
            command: "sh -c a^[[2J".into(),
        };
        assert_eq!(full, [wanted]);
        let plain = table(
            r#"{"Processes":[["root","20037","20013","0","11:59","?","00:00:00","sleep 3600"]],
                "Titles":["UID","PID","PPID","C","STIME","TTY","TIME","CMD"]}"#,
        );
        assert_eq!((plain[0].pid, plain[0].parent, plain[0].command.as_str()), (20037, 20013, "sleep 3600"));
        assert_eq!((plain[0].memory, plain[0].age), (None, None));
    }

    #[test]
    fn rows_in_one_piece_and_odd_ones() {
        let one = table(
            r#"{"Processes":[["7 1 ann 2.0 10 01:02:03 sleep 3600 x"],["broken"]],
                "Titles":["PID PPID USER %CPU RSS ELAPSED COMMAND"]}"#,
        );
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].age, one[0].command.as_str()), (Some(3723), "sleep 3600 x"));
        let few = table(r#"{"Processes":[["7","1"],[]],"Titles":["PID","PPID","USER","COMMAND"]}"#);
        assert_eq!((few.len(), few[0].parent, few[0].command.as_str()), (1, 1, ""), "fewer columns than titles");
        for odd in [
            r#"{"Processes":[["1"]],"Titles":["X"]}"#,
            r#"{"Processes":null,"Titles":null}"#,
            r#"{"Processes":[["7"]]}"#,
            r#"{"Titles":["PID"]}"#,
            r#"{"Titles":["PID"],"Processes":[["x"],[]]}"#,
            "{}",
        ] {
            let odd = read(serde_json::from_str(odd).unwrap());
            assert!(matches!(odd, Err(EngineError::Garbage(_))), "it would look as if nothing ran: {odd:?}");
        }
        assert_eq!((seconds("2-00:00:01"), seconds("1h2m3.4s"), seconds("4.5s")), (Some(172_801), Some(3723), Some(4)));
        assert_eq!(seconds("soon"), None);
    }
}
