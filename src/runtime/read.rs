//! A text in the user's own pager or editor, to be read there.

use crate::model::{Problem, TextCopy, TextViewer};
use crate::persist::TextFile;
use std::io;
use std::path::Path;
use std::time::Duration;

/// An editor that comes back sooner may show the text in a window of its own.
const EDITOR_AT_ONCE: Duration = Duration::from_secs(1);
/// A pager that comes back sooner was left by nobody: no key is pressed so fast.
const PAGER_AT_ONCE: Duration = Duration::from_millis(100);
const PAGER_HINT: &str = "the pager returned at once; if it showed nothing: less -F ends where all fits on the screen";

/// Texts that stay for editors that came back at once; the oldest goes first.
const LEFT_OPEN: usize = 8;

/// A text that is being read.
pub struct Reading {
    viewer: TextViewer,
    file: TextFile,
}

impl Reading {
    /// Writes the text for its program.
    pub fn prepare(viewer: TextViewer, copy: &TextCopy) -> Result<Reading, Problem> {
        let failed = |error: io::Error| problem(viewer, &error.to_string(), "is the folder for temporary files full?");
        Ok(Reading { viewer, file: TextFile::write(copy).map_err(failed)? })
    }

    /// The file for the program.
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// It could not be read, or not to its end.
    pub fn failed(&self, why: &str, hint: &str) -> Problem {
        problem(self.viewer, why, hint)
    }

    /// What its program is called in a sentence.
    pub fn noun(&self) -> &'static str {
        self.viewer.noun()
    }

    /// How to set another program.
    pub fn hint(&self) -> &'static str {
        match self.viewer {
            TextViewer::Pager => "set PAGER to your pager",
            TextViewer::Editor => super::edit::SET_EDITOR,
        }
    }
}

fn problem(viewer: TextViewer, why: &str, hint: &str) -> Problem {
    Problem::new(format!("open the log in the {}", viewer.noun()), why, hint)
}

/// Texts of editors that came back at once, and may show them in a window of their own until bowline ends.
#[derive(Default)]
pub struct LeftOpen(Vec<Reading>);

impl LeftOpen {
    /// Says what came of reading, whose program ended well or not (why, and what to do) after this time, and what may help.
    pub fn judge(
        &mut self,
        reading: Reading,
        ended: Result<(), (String, String)>,
        took: Duration,
    ) -> Result<Option<&'static str>, Problem> {
        ended.map_err(|(why, hint)| reading.failed(&why, &hint))?;
        match reading.viewer {
            TextViewer::Pager => Ok((took < PAGER_AT_ONCE).then_some(PAGER_HINT)),
            TextViewer::Editor if took >= EDITOR_AT_ONCE => Ok(None),
            TextViewer::Editor => {
                let hint = "if it opens its own window: the copy stays until bowline ends";
                let problem = reading.failed("the editor returned at once", hint);
                self.keep(reading);
                Err(problem)
            }
        }
    }

    fn keep(&mut self, reading: Reading) {
        if self.0.len() == LEFT_OPEN {
            self.0.remove(0);
        }
        self.0.push(reading);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn reading(viewer: TextViewer) -> Reading {
        let copy = TextCopy { name: "api.log".into(), text: "one\n".into(), line: 1 };
        Reading::prepare(viewer, &copy).unwrap()
    }

    #[test]
    fn the_text_goes_with_its_program_whether_that_one_failed_or_not() {
        for (ended, is_good) in [(Ok(()), true), (Err(("it failed".to_string(), String::new())), false)] {
            let mut left = LeftOpen::default();
            let reading = reading(TextViewer::Editor);
            let path = reading.file().to_path_buf();
            assert_eq!(left.judge(reading, ended, LONG).is_ok(), is_good);
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_text_of_a_pager_that_came_back_at_once_goes_and_that_is_told() {
        let reading = reading(TextViewer::Pager);
        let path = reading.file().to_path_buf();
        let mut left = LeftOpen::default();
        assert_eq!(left.judge(reading, Ok(()), Duration::ZERO), Ok(Some(PAGER_HINT)));
        assert!(!path.exists());
    }

    #[test]
    fn a_pager_that_is_left_after_a_glance_is_no_problem() {
        for (took, ended, wanted) in [
            (Duration::from_millis(400), Ok(()), Ok(None)),
            (LONG, Ok(()), Ok(None)),
            (Duration::ZERO, Err(("it failed".to_string(), String::new())), Err("it failed")),
        ] {
            let judged = LeftOpen::default().judge(reading(TextViewer::Pager), ended, took);
            assert_eq!(judged.as_ref().map_err(|problem| problem.cause.as_str()), wanted.as_ref().map_err(|why| *why));
        }
    }

    #[test]
    fn of_editors_that_came_back_at_once_the_last_texts_stay_until_the_end() {
        let mut left = LeftOpen::default();
        let paths: Vec<_> = (0..LEFT_OPEN + 1)
            .map(|_| {
                let reading = reading(TextViewer::Editor);
                let path = reading.file().to_path_buf();
                assert!(left.judge(reading, Ok(()), Duration::ZERO).is_err(), "it is told");
                path
            })
            .collect();
        let there: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
        assert_eq!((there[0], there[1..].iter().all(|there| *there)), (false, true));
        drop(left);
        assert!(paths.iter().all(|path| !path.exists()));
    }
}
