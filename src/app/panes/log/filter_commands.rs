//! Filters of a log are typed, switched and taken away.

use super::LogView;
use super::commands::LogChoice;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::component::Cx;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::model::{Level, LogFilter};

impl LogView {
    /// Adds a filter that was typed.
    pub(super) fn add_filter(&mut self, cx: &Cx, text: &str) -> Option<Action> {
        match LogFilter::parse(text) {
            Ok(Some(filter)) => self.filters.add(filter, &mut self.ring),
            Ok(None) => self.filters.try_out(None, &mut self.ring),
            Err(why) => {
                self.filters.try_out(None, &mut self.ring);
                return Some(cx.warn(format!("'{text}' is no filter: {why}")));
            }
        }
        self.follow_history(cx);
        None
    }

    /// Shows what a filter that is being typed would do. What is not finished yet leaves the last one in force.
    pub(super) fn try_filter(&mut self, text: &str) {
        if let Ok(draft) = LogFilter::parse(text) {
            self.filters.try_out(draft, &mut self.ring);
        }
    }

    /// Shows lines of a level and above only, or of all levels again.
    pub(super) fn turn_level(&mut self, cx: &Cx, level: Level) -> Vec<Action> {
        let is_on = self.filters.turn_level(level, &mut self.ring);
        self.follow_history(cx);
        let words = match is_on {
            true if level == Level::Error => "errors only",
            true => "warnings and errors only",
            false => "all levels",
        };
        vec![cx.good(words)]
    }

    /// Asks which filters are to be switched off or on, or taken away.
    pub(super) fn filter_menu(&self, cx: &Cx) -> Action {
        let chips = self.filters.chips();
        if chips.is_empty() {
            return cx.warn(format!("no filters: {} adds one", cx.key(Command::LogFilter)));
        }
        let row = |label: String, detail: &str, choice| MenuItem::new(label, detail, Action::Log(choice));
        let switch = chips.iter().enumerate().map(|(index, chip)| {
            let detail = if chip.on { "on; choose to switch it off" } else { "off; choose to switch it on" };
            MenuItem { on: chip.on, ..row(chip.filter.text.clone(), detail, LogChoice::SwitchFilter(index)) }
        });
        let remove = chips.iter().enumerate().map(|(index, chip)| {
            row(format!("remove {}", chip.filter.text), "take the filter away", LogChoice::RemoveFilter(index))
        });
        let all = row("remove all".into(), "show all lines", LogChoice::ClearFilters);
        cx.lettered(Menu::new("filters", switch.chain(remove).chain([all]).collect(), None))
    }
}
