//! What is typed for the log: a time to go to, a text to find, a file to save it in.

use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::prompt::parse_time;
use crate::app::state::App;
use crate::app::units;
use crate::model::{Problem, StreamId};

/// Saves the log that was on screen when it was asked for.
pub(in crate::app) fn save_as(app: &mut App, wire: StreamId, path: &str) -> Vec<Effect> {
    let path = path.trim();
    if path.is_empty() {
        return Vec::new();
    }
    let Some(view) = app.log.as_ref().filter(|view| view.hears(wire)) else {
        app.notice = Some(Notice::warn("nothing saved: another log is on screen now", app.now));
        return Vec::new();
    };
    vec![Effect::Save(vec![(path.to_string(), view.text(&app.options.logs))])]
}

/// Goes to a time in the log.
pub(in crate::app) fn go_to_time(app: &mut App, text: &str) -> Vec<Effect> {
    let logs = app.options.logs;
    app.notice = Some(match parse_time(text, app.now, logs.utc_offset) {
        Ok(time) => {
            if let Some(view) = &mut app.log {
                let pages = view.go_to(time, &logs);
                view.open_older(&app.streams, pages);
            }
            Notice::good(format!("going to {}", units::date_and_clock(time, logs.utc_offset)), app.now)
        }
        Err(sentence) => Notice::bad(&Problem::new("go to time", sentence, ""), app.now),
    });
    Vec::new()
}

/// Searches the log.
pub(in crate::app) fn search_log(app: &mut App, text: &str) {
    let (size, logs) = (app.log_size(), app.options.logs);
    let Some(view) = &mut app.log else { return };
    if !view.begin_search(text, size, &logs) && !text.is_empty() {
        app.notice = Some(Notice::warn(format!("'{text}' not found in the loaded lines"), app.now));
    }
}
