//! The columns of `ps`: which ones its arguments ask for, and what procps writes into each.

use super::response::ApiError;
use super::time::{Nanos, SECOND};
use super::users;

/// A process as far as `ps` tells of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proc {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) uid: u32,
    pub(crate) state: String,
    pub(crate) tty: String,
    pub(crate) nice: i64,
    pub(crate) threads: i64,
    /// KiB.
    pub(crate) virtual_size: u64,
    /// KiB.
    pub(crate) resident: u64,
    /// Seconds.
    pub(crate) used: f64,
    pub(crate) started: Nanos,
    pub(crate) name: String,
    pub(crate) command: String,
}

/// The reference values of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) now: Nanos,
    /// The machine's memory, bytes.
    pub(crate) memory: u64,
}

/// Name, title, content.
type Column = (&'static str, &'static str, fn(&Proc, Frame) -> String);

/// Every column this engine knows, under each of its names. Titles are those of procps.
const COLUMNS: &[Column] = &[
    ("pid", "PID", |one, _| one.pid.to_string()),
    ("ppid", "PPID", |one, _| one.parent.to_string()),
    ("pgid", "PGID", |one, _| one.group.to_string()),
    ("pgrp", "PGRP", |one, _| one.group.to_string()),
    ("sid", "SID", |one, _| one.session.to_string()),
    ("sess", "SESS", |one, _| one.session.to_string()),
    ("user", "USER", |one, _| users::name(one.uid)),
    ("euser", "EUSER", |one, _| users::name(one.uid)),
    ("uname", "USER", |one, _| users::name(one.uid)),
    ("uid", "UID", |one, _| one.uid.to_string()),
    ("euid", "EUID", |one, _| one.uid.to_string()),
    ("pcpu", "%CPU", |one, frame| format!("{:.1}", one.share(frame))),
    ("%cpu", "%CPU", |one, frame| format!("{:.1}", one.share(frame))),
    ("c", "C", |one, frame| format!("{:.0}", one.share(frame).floor())),
    ("pmem", "%MEM", |one, frame| format!("{:.1}", one.part(frame))),
    ("%mem", "%MEM", |one, frame| format!("{:.1}", one.part(frame))),
    ("rss", "RSS", |one, _| one.resident.to_string()),
    ("rssize", "RSS", |one, _| one.resident.to_string()),
    ("rsz", "RSZ", |one, _| one.resident.to_string()),
    ("vsz", "VSZ", |one, _| one.virtual_size.to_string()),
    ("vsize", "VSZ", |one, _| one.virtual_size.to_string()),
    ("stat", "STAT", |one, _| one.state.clone()),
    ("state", "S", |one, _| one.state.chars().take(1).collect()),
    ("s", "S", |one, _| one.state.chars().take(1).collect()),
    ("tty", "TT", |one, _| one.tty.clone()),
    ("tt", "TT", |one, _| one.tty.clone()),
    ("tname", "TTY", |one, _| one.tty.clone()),
    ("time", "TIME", |one, _| clock(one.used as u64)),
    ("cputime", "TIME", |one, _| clock(one.used as u64)),
    ("bsdtime", "TIME", |one, _| format!("{}:{:02}", one.used as u64 / 60, one.used as u64 % 60)),
    ("etime", "ELAPSED", |one, frame| elapsed(one.age(frame))),
    ("etimes", "ELAPSED", |one, frame| one.age(frame).to_string()),
    ("lstart", "STARTED", |one, _| local(one.started, "%a %b %e %H:%M:%S %Y")),
    ("stime", "STIME", |one, frame| one.begun(frame)),
    ("start_time", "START", |one, frame| one.begun(frame)),
    ("nlwp", "NLWP", |one, _| one.threads.to_string()),
    ("thcount", "THCNT", |one, _| one.threads.to_string()),
    ("ni", "NI", |one, _| one.nice.to_string()),
    ("nice", "NI", |one, _| one.nice.to_string()),
    ("comm", "COMMAND", |one, _| one.name.clone()),
    ("ucmd", "CMD", |one, _| one.name.clone()),
    ("ucomm", "COMMAND", |one, _| one.name.clone()),
    ("args", "COMMAND", |one, _| one.command.clone()),
    ("cmd", "CMD", |one, _| one.command.clone()),
    ("command", "COMMAND", |one, _| one.command.clone()),
];

impl Proc {
    /// Whole seconds since its start.
    fn age(&self, frame: Frame) -> i64 {
        (frame.now - self.started).max(0) / SECOND
    }

    /// CPU time over life time, as `ps` has it; percent.
    fn share(&self, frame: Frame) -> f64 {
        let life = (frame.now - self.started) as f64 / SECOND as f64;
        if life > 0.0 { self.used / life * 100.0 } else { 0.0 }
    }

    /// Of the machine's memory; percent.
    fn part(&self, frame: Frame) -> f64 {
        self.resident as f64 * 1024.0 / frame.memory.max(1) as f64 * 100.0
    }

    /// The time of day it started at, or the day if that was not within the last.
    fn begun(&self, frame: Frame) -> String {
        local(self.started, if self.age(frame) < 86_400 { "%H:%M" } else { "%b%d" })
    }
}

fn local(at: Nanos, format: &str) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at)).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).strftime(format).to_string()
}

/// Hours, minutes and seconds, days before them if there are any.
fn clock(seconds: u64) -> String {
    let days = seconds / 86_400;
    let rest = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    if days > 0 { format!("{days}-{rest}") } else { rest }
}

/// `[[days-]hours:]minutes:seconds`.
fn elapsed(seconds: i64) -> String {
    let seconds = seconds.max(0) as u64;
    if seconds < 3600 { format!("{:02}:{:02}", seconds / 60, seconds % 60) } else { clock(seconds) }
}

/// The columns that are shown, with the titles they are shown under.
pub(crate) struct Table(Vec<(String, Column)>);

impl Table {
    /// Reads the arguments of `ps`.
    pub(crate) fn parse(args: &str) -> Result<Self, ApiError> {
        let mut format: Option<Vec<(String, Column)>> = None;
        let mut usual = None;
        let mut words = args.split_whitespace();
        while let Some(word) = words.next() {
            // Selections change nothing: a container's own processes are shown, and all of them.
            let (letters, list) = split_format(word);
            usual = usual.or(preset(letters).ok_or_else(|| unknown(word))?);
            if let Some(list) = list {
                let list = if list.is_empty() { words.next().unwrap_or("") } else { list };
                format.get_or_insert_default().extend(columns(list)?);
            }
        }
        let table = match format {
            Some(format) => format,
            None => columns(usual.unwrap_or(STANDARD))?.into_iter().collect(),
        };
        if table.iter().any(|(title, _)| title == "PID") {
            Ok(Table(table))
        } else {
            Err(ApiError::failed("Couldn't find PID field in ps output"))
        }
    }

    pub(crate) fn titles(&self) -> Vec<&str> {
        self.0.iter().map(|(title, _)| title.as_str()).collect()
    }

    pub(crate) fn row(&self, one: &Proc, frame: Frame) -> Vec<String> {
        self.0.iter().map(|(_, column)| column.2(one, frame)).collect()
    }
}

const FULL: &str = "user=UID,pid,ppid,c,stime,tname,time,cmd";
const STANDARD: &str = "pid,tname,time,ucmd";
const USERS: &str = "user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,command";
const BSD: &str = "pid,tname,stat,bsdtime,command";

/// Takes the list of columns off an argument: `-eopid,args`, `o`, `--format=pid`.
fn split_format(word: &str) -> (&str, Option<&str>) {
    if let Some(list) = word.strip_prefix("--format") {
        return ("", Some(list.trim_start_matches('=')));
    }
    if word.starts_with("--") {
        return (word, None);
    }
    match word.split_once('o') {
        Some((letters, list)) => (letters, Some(list)),
        None => (word, None),
    }
}

/// The columns that some letters mean by themselves; `None` for letters that are not understood.
fn preset(word: &str) -> Option<Option<&'static str>> {
    let letters = word.trim_start_matches('-');
    Some(match letters {
        "" | "A" => (word == "-A").then_some(STANDARD),
        "e" => Some(STANDARD),
        "f" | "ef" | "Af" | "fe" | "efww" | "efw" => Some(FULL),
        "u" | "aux" | "auxw" | "auxww" | "axu" | "ux" | "au" => Some(USERS),
        "a" | "x" | "ax" | "axw" | "axww" => Some(BSD),
        // Lines are never cut here.
        "w" | "ww" => None,
        _ => return None,
    })
}

fn unknown(word: &str) -> ApiError {
    ApiError::unable(&format!(
        "know ps arguments such as {word}: it knows -ef, -e, aux, x and lists of columns (-eo pid,user,args)"
    ))
}

/// Reads `pid,user=WHO,args`. A title of one's own takes the rest of the list, unless another column follows it.
fn columns(list: &str) -> Result<Vec<(String, Column)>, ApiError> {
    let wrong = |name: &str| ApiError::failed(format!("ps: error: unknown user-defined format specifier \"{name}\""));
    list.split(',')
        .map(|item| {
            let (name, title) = item.split_once('=').unwrap_or((item, ""));
            // A width says how a column is written for people, and nothing here is cut.
            let name =
                name.split_once(':').filter(|(_, width)| width.parse::<u16>().is_ok()).map_or(name, |(name, _)| name);
            let column = COLUMNS.iter().find(|column| column.0 == name).ok_or_else(|| wrong(name))?;
            let title = if title.is_empty() { column.1 } else { title };
            Ok((title.to_string(), *column))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(args: &str) -> Vec<String> {
        Table::parse(args).map(|table| table.titles().iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn arguments_as_people_write_them() {
        assert_eq!(titles("-ef"), ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
        assert_eq!(titles("ef"), titles("-ef"));
        let aux = ["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"];
        assert_eq!(titles("aux"), aux);
        assert_eq!(titles("-aux"), aux);
        let wanted = ["PID", "PPID", "USER", "%CPU", "RSS", "ELAPSED", "COMMAND"];
        for args in ["-eo pid,ppid,user:32,pcpu,rss,etimes,args", "-e -o pid,ppid,user,pcpu,rss,etimes,args"] {
            assert_eq!(titles(args), wanted, "{args}");
        }
        for args in ["axo pid,args", "-A -o pid,args", "-opid,args", "-o pid -o args", "--format=pid,args"] {
            assert_eq!(titles(args), ["PID", "COMMAND"], "{args}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_in_the_words_of_ps() {
        let message = |args: &str| Table::parse(args).err().map(|refusal| refusal.message).unwrap_or_default();
        assert_eq!(message("-eo pid,foo"), "ps: error: unknown user-defined format specifier \"foo\"");
        assert_eq!(message("-o user"), "Couldn't find PID field in ps output");
        assert!(message("--sort=-pcpu").contains("-ef"));
    }

    #[test]
    fn shares_and_ages() {
        let one = Proc { used: 30.0, started: 0, resident: 1024, ..Proc::default() };
        let frame = Frame { now: 90_061 * SECOND, memory: 4 << 20 };
        let table = Table::parse("-o pid,etime,etimes,time,pmem").unwrap_or(Table(Vec::new()));
        assert_eq!(table.row(&one, frame), ["0", "1-01:01:01", "90061", "00:00:30", "25.0"]);
        assert_eq!(elapsed(59), "00:59");
        assert_eq!(one.share(Frame { now: 60 * SECOND, ..frame }), 50.0);
    }
}
