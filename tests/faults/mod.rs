//! The fault bed: a real engine behind a proxy that does everything wrong, and what must hold after each fault has healed:
//! bowline lives, shows what is true, came back by itself, lost and doubled no line, and leaked nothing.

mod bed;
mod clock;
mod dice;
mod engine;
mod kinds;
mod program;
mod rounds;
