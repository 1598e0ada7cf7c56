//! Colours by role. Colour carries state only, and never alone: a sign or a word says it too.

use crate::app::xterm_rgb;
use ratatui::style::{Color, Modifier, Style};

/// The number of colours of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, dim and reverse only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// 256.
    Indexed,
    /// Any.
    True,
}

/// The meaning of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Text to be read.
    Text,
    /// Text beside it.
    Dim,
    /// Rules and empty bars: not text.
    Faint,
    /// All is well.
    Ok,
    /// Look at it.
    Warn,
    /// Wrong.
    Bad,
    /// On its way.
    Busy,
    /// The focused element.
    Focus,
    /// Marked.
    Mark,
    /// Background of the selected row.
    Selected,
    /// Background of header and footer.
    Bar,
    /// Background of a search hit.
    Hit,
    /// Whose line it is, in a log of several containers: they take turns.
    Voice1,
    /// See `Voice1`.
    Voice2,
    /// See `Voice1`.
    Voice3,
    /// See `Voice1`.
    Voice4,
    /// See `Voice1`.
    Voice5,
    /// See `Voice1`.
    Voice6,
}

/// Roles there are.
const ROLES: usize = 18;

impl Role {
    /// All roles.
    pub const ALL: [Role; ROLES] = [
        Role::Text,
        Role::Dim,
        Role::Faint,
        Role::Ok,
        Role::Warn,
        Role::Bad,
        Role::Busy,
        Role::Focus,
        Role::Mark,
        Role::Selected,
        Role::Bar,
        Role::Hit,
        Role::Voice1,
        Role::Voice2,
        Role::Voice3,
        Role::Voice4,
        Role::Voice5,
        Role::Voice6,
    ];

    /// The colours that several containers take in turn.
    const VOICES: [Role; 6] = [Role::Voice1, Role::Voice2, Role::Voice3, Role::Voice4, Role::Voice5, Role::Voice6];

    /// The colour of a container among several.
    pub fn voice(index: usize) -> Role {
        Role::VOICES[index % Role::VOICES.len()]
    }

    /// Its name in the configuration file.
    pub fn name(self) -> &'static str {
        match self {
            Role::Text => "text",
            Role::Dim => "dim",
            Role::Faint => "faint",
            Role::Ok => "ok",
            Role::Warn => "warn",
            Role::Bad => "bad",
            Role::Busy => "busy",
            Role::Focus => "focus",
            Role::Mark => "mark",
            Role::Selected => "selected",
            Role::Bar => "bar",
            Role::Hit => "hit",
            Role::Voice1 => "voice-1",
            Role::Voice2 => "voice-2",
            Role::Voice3 => "voice-3",
            Role::Voice4 => "voice-4",
            Role::Voice5 => "voice-5",
            Role::Voice6 => "voice-6",
        }
    }

    fn is_background(self) -> bool {
        matches!(self, Role::Selected | Role::Bar | Role::Hit)
    }
}

/// Styles by role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: [Style; ROLES],
    /// The selected row takes one plain style instead of a background under its colours.
    pub plain_selection: bool,
    /// Colours that containers ask for are kept.
    pub container_colors: bool,
    depth: Depth,
}

/// The built-in themes by name.
const NAMES: [&str; 5] = ["dark", "light", "monochrome", "colour-blind", "sixteen"];

/// The names of the built-in themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

impl Theme {
    /// A built-in theme; none for an unknown name. On a terminal of few colours the nearest sensible one is taken.
    pub fn named(name: &str, depth: Depth) -> Option<Theme> {
        let theme = match name {
            "dark" if depth >= Depth::Indexed => {
                indexed(name, depth, [245, 239, 114, 179, 203, 75, 80, 177, 236, 235, 58, 117, 186, 183, 157, 216, 147])
            }
            "light" if depth >= Depth::Indexed => {
                indexed(name, depth, [242, 250, 28, 130, 160, 26, 30, 91, 254, 255, 222, 25, 94, 90, 22, 125, 60])
            }
            // Blue for well, yellow and vermilion for warn and bad: told apart with every common colour blindness (Okabe and Ito, 2002).
            "colour-blind" if depth >= Depth::Indexed => indexed(
                name,
                depth,
                [245, 239, 75, 220, 202, 176, 255, 177, 236, 235, 58, 117, 229, 183, 152, 216, 250],
            ),
            "dark" | "light" | "colour-blind" | "sixteen" if depth >= Depth::Sixteen => sixteen(name, depth),
            "dark" | "light" | "colour-blind" | "sixteen" | "monochrome" => monochrome(name),
            _ => return None,
        };
        Some(theme)
    }

    /// Without any colour.
    pub fn plain() -> Theme {
        monochrome("monochrome")
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Gives a role another colour, brought down to what the terminal has.
    pub fn set(&mut self, role: Role, color: Color) {
        let color = downsample(color, self.depth);
        if self.depth != Depth::None {
            let style = Style::new();
            self.styles[role as usize] = if role.is_background() { style.bg(color) } else { style.fg(color) };
        }
        if role == Role::Selected && self.depth > Depth::None {
            self.plain_selection = false;
        }
    }

    /// A colour brought down to what the terminal has.
    pub fn reach(&self, color: Color) -> Color {
        downsample(color, self.depth)
    }
}

/// Colours in the order dim, faint, ok, warn, bad, busy, focus, mark, selected, bar, hit, and six for
/// containers; text is the terminal's own.
fn indexed(name: &str, depth: Depth, colors: [u8; ROLES - 1]) -> Theme {
    let mut styles = [Style::new(); ROLES];
    for (role, color) in Role::ALL.into_iter().skip(1).zip(colors) {
        let color = Color::Indexed(color);
        styles[role as usize] = if role.is_background() { Style::new().bg(color) } else { Style::new().fg(color) };
    }
    Theme { name: name.into(), styles, plain_selection: false, container_colors: true, depth }
}

fn sixteen(name: &str, depth: Depth) -> Theme {
    let light = name == "light";
    let mut styles = [Style::new(); ROLES];
    let foregrounds = [
        (Role::Dim, if light { Color::DarkGray } else { Color::Gray }),
        (Role::Faint, if light { Color::Gray } else { Color::DarkGray }),
        (Role::Ok, Color::Green),
        (Role::Warn, if light { Color::Magenta } else { Color::Yellow }),
        (Role::Bad, if light { Color::Red } else { Color::LightRed }),
        (Role::Busy, if light { Color::Blue } else { Color::LightBlue }),
        (Role::Focus, Color::Cyan),
        (Role::Mark, if light { Color::Magenta } else { Color::LightMagenta }),
    ];
    // Neither red nor what marks: these say something else.
    let voices = if light {
        [Color::Blue, Color::Magenta, Color::Green, Color::Cyan, Color::DarkGray, Color::Black]
    } else {
        [Color::LightCyan, Color::LightYellow, Color::LightMagenta, Color::LightGreen, Color::LightBlue, Color::White]
    };
    for (role, color) in foregrounds.into_iter().chain(Role::VOICES.into_iter().zip(voices)) {
        styles[role as usize] = Style::new().fg(color);
    }
    styles[Role::Selected as usize] = Style::new().add_modifier(Modifier::REVERSED);
    styles[Role::Hit as usize] = Style::new().fg(Color::Black).bg(Color::Yellow);
    Theme { name: name.into(), styles, plain_selection: true, container_colors: true, depth }
}

fn monochrome(name: &str) -> Theme {
    let mut styles = [Style::new(); ROLES];
    let modifiers = [
        (Role::Dim, Modifier::DIM),
        (Role::Faint, Modifier::DIM),
        (Role::Warn, Modifier::BOLD),
        (Role::Bad, Modifier::BOLD.union(Modifier::UNDERLINED)),
        (Role::Focus, Modifier::BOLD),
        (Role::Mark, Modifier::BOLD),
        (Role::Selected, Modifier::REVERSED),
        (Role::Hit, Modifier::REVERSED),
    ];
    for (role, modifier) in modifiers {
        styles[role as usize] = Style::new().add_modifier(modifier);
    }
    Theme { name: name.into(), styles, plain_selection: true, container_colors: false, depth: Depth::None }
}

/// The nearest colour that the depth has.
fn downsample(color: Color, depth: Depth) -> Color {
    match (color, depth) {
        (_, Depth::None) => Color::Reset,
        (Color::Rgb(r, g, b), Depth::Indexed) => Color::Indexed(nearest(r, g, b, 16..=255)),
        (Color::Rgb(r, g, b), Depth::Sixteen) => Color::Indexed(nearest(r, g, b, 0..=15)),
        (Color::Indexed(index @ 16..), Depth::Sixteen) => {
            let (r, g, b) = xterm_rgb(index);
            Color::Indexed(nearest(r, g, b, 0..=15))
        }
        (color, _) => color,
    }
}

fn nearest(r: u8, g: u8, b: u8, among: std::ops::RangeInclusive<u8>) -> u8 {
    let distance = |index: &u8| {
        let (x, y, z) = xterm_rgb(*index);
        let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
        square(r, x) * 2 + square(g, y) * 4 + square(b, z) * 3
    };
    among.min_by_key(distance).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast ratio of WCAG 2.1.
    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let luminance = |(r, g, b): (u8, u8, u8)| {
            let linear = |c: u8| {
                let c = f64::from(c) / 255.0;
                if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn color(style: Style) -> (u8, u8, u8) {
        match style.fg.or(style.bg) {
            Some(Color::Indexed(index)) => xterm_rgb(index),
            other => panic!("{other:?} is not indexed"),
        }
    }

    #[test]
    fn text_can_be_read_on_every_background_of_its_theme() {
        for (name, paper) in
            [("dark", (0x12, 0x12, 0x16)), ("colour-blind", (0x12, 0x12, 0x16)), ("light", (255, 255, 255))]
        {
            let theme = Theme::named(name, Depth::Indexed).unwrap();
            for role in Role::VOICES {
                let ratio = contrast(color(theme.style(role)), paper);
                assert!(ratio >= 4.5, "{name} {role:?} {ratio:.2}");
            }
            for role in [Role::Ok, Role::Warn, Role::Bad, Role::Busy, Role::Focus, Role::Mark] {
                let ratio = contrast(color(theme.style(role)), paper);
                assert!(ratio >= 4.0, "{name} {role:?} {ratio:.2}");
                for ground in [Role::Selected, Role::Bar] {
                    let ratio = contrast(color(theme.style(role)), color(theme.style(ground)));
                    assert!(ratio >= 3.2, "{name} {role:?} on {ground:?} {ratio:.2}");
                }
            }
            for ground in [Role::Selected, Role::Bar] {
                let ratio = contrast(color(theme.style(Role::Dim)), color(theme.style(ground)));
                assert!(ratio >= 3.0, "{name} dim on {ground:?} {ratio:.2}");
            }
        }
    }

    #[test]
    fn six_containers_have_six_colours_and_none_says_that_something_is_wrong() {
        for (name, depth) in NAMES.into_iter().flat_map(|name| [(name, Depth::Sixteen), (name, Depth::Indexed)]) {
            let theme = Theme::named(name, depth).unwrap();
            let colors: Vec<_> = Role::VOICES.map(|role| theme.style(role).fg).into_iter().collect();
            if name != "monochrome" {
                let different: std::collections::HashSet<_> = colors.iter().collect();
                assert_eq!(different.len(), 6, "{name} {depth:?}");
                assert!(!colors.contains(&theme.style(Role::Bad).fg), "{name} {depth:?}");
            }
        }
        assert_eq!(Role::voice(7), Role::Voice2);
    }

    #[test]
    fn without_colours_no_colour_is_used() {
        for name in NAMES {
            let theme = Theme::named(name, Depth::None).unwrap();
            for role in Role::ALL {
                let style = theme.style(role);
                assert!(style.fg.is_none() && style.bg.is_none(), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn rich_colours_come_down_to_what_there_is() {
        assert_eq!(downsample(Color::Rgb(255, 0, 0), Depth::Indexed), Color::Indexed(196));
        assert_eq!(downsample(Color::Rgb(250, 5, 5), Depth::Sixteen), Color::Indexed(9));
        assert_eq!(downsample(Color::Indexed(196), Depth::Sixteen), Color::Indexed(9));
        assert_eq!(downsample(Color::Rgb(1, 2, 3), Depth::True), Color::Rgb(1, 2, 3));
    }
}
