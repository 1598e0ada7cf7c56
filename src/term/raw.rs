//! Raw mode without a screen: for a task whose output goes straight to the terminal.

use crossterm::terminal;
use std::io;
use std::sync::Once;

/// The terminal in raw mode until dropped. A panic gives it back before it is reported.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Takes it.
    ///
    /// # Errors
    /// When there is no terminal, or it cannot be put into raw mode.
    pub fn take() -> io::Result<Raw> {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                report(panic);
            }));
        });
        terminal::enable_raw_mode()?;
        Ok(Raw(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // The terminal may be gone (SIGHUP); there is nobody to tell but the log.
    if let Err(error) = terminal::disable_raw_mode() {
        tracing::debug!("restore the terminal: {error}");
    }
}
