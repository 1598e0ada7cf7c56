//! What of a log is kept elsewhere: in the clipboard, or in a file.

use crate::app::notice::Notice;
use crate::app::overlay::Overlay;
use crate::app::prompt::Prompt;
use crate::app::state::App;
use crate::app::units;
use crate::app::update::Effect;
use crate::model::StreamId;

/// Copies the lines on screen, whole.
pub(in crate::app) fn copy(app: &mut App) -> Vec<Effect> {
    let (height, width) = app.log_size();
    let text = app.log.as_ref().map(|view| view.text_on_screen(height, width, &app.options.logs)).unwrap_or_default();
    if text.is_empty() {
        app.notice = Some(Notice::warn("there is no line to copy yet", app.now));
        return Vec::new();
    }
    // A clipboard holds text: what is none of it has a sign there, and is whole in a file.
    vec![Effect::Copy(String::from_utf8_lossy(&text).into_owned())]
}

/// Where is the log to be saved?
pub(in crate::app) fn ask_where(app: &mut App) {
    let Some(view) = app.log.as_ref().filter(|view| !view.ring.is_empty()) else {
        app.notice = Some(Notice::warn("there is no line to save yet", app.now));
        return;
    };
    let word: String = view.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
    let time = units::date_and_clock(app.now, app.options.logs.utc_offset).replace([' ', ':'], "-");
    let wire = view.wire;
    let help = "a path; what is there already is not overwritten";
    let save = move |app: &mut App, path: &str| save_as(app, wire, path);
    let prompt = Prompt::new("save as ", help, &format!("{}-{time}.log", words.join("-")), save);
    app.overlays.push(Overlay::Prompt(prompt));
}

/// Saves the log that was on screen when it was asked for.
fn save_as(app: &mut App, wire: StreamId, path: &str) -> Vec<Effect> {
    let path = path.trim();
    if path.is_empty() {
        return Vec::new();
    }
    let Some(view) = app.log.as_ref().filter(|view| view.hears(wire)) else {
        app.notice = Some(Notice::warn("another log is on screen by now: nothing was saved", app.now));
        return Vec::new();
    };
    vec![Effect::Save(vec![(path.to_string(), view.text(&app.options.logs))])]
}
