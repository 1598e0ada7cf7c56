//! bowline's own log: a file for each day, in the state folder.

use super::masking::Masking;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Files that are kept.
const FILES: usize = 7;
/// Lines that may wait to be written: the usual queue of 128,000 would take four megabytes.
const LINES: usize = 512;
/// The number of bytes read from the end of the newest file.
const END: u64 = 64 * 1024;

/// Opens the log for what the whole program says. Without it bowline runs all the same.
pub fn open(folder: &Path) -> Option<WorkerGuard> {
    // The appender complains on the terminal when the folder is not there.
    std::fs::create_dir_all(folder).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("bowline")
        .filename_suffix("log")
        .max_log_files(FILES)
        .build(folder)
        .ok()?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(file);
    // The client library writes whole request bodies at debug: never, they hold secrets.
    let filter = std::env::var("BOWLINE_LOG").unwrap_or_else(|_| "bowline=info,warn".into());
    let filter: Targets = format!("{filter},bollard=warn,hyper=warn").parse().ok()?;
    let layer = tracing_subscriber::fmt::layer().with_writer(move || Masking(writer.clone())).with_ansi(false);
    tracing_subscriber::registry().with(layer).with(filter).init();
    Some(guard)
}

/// The end of the newest file.
///
/// # Errors
/// When nothing has been logged yet, or it cannot be read.
pub fn read_end(folder: &Path) -> io::Result<String> {
    let mut file = File::open(newest(folder)?)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.take(END).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Files of later days have greater names.
fn newest(folder: &Path) -> io::Result<PathBuf> {
    let files = std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.max().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "nothing has been logged yet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_newest_file_is_read_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_end(folder.path()).unwrap_err().to_string(), "nothing has been logged yet");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("bowline.2026-11-20.log", "yesterday");
        write("bowline.2026-11-21.log", &("x".repeat(END as usize) + "today"));
        write("layout.toml", "columns = 1");
        let end = read_end(folder.path()).unwrap();
        assert!(end.len() as u64 == END && end.ends_with("xtoday"), "{}", end.len());
    }
}
