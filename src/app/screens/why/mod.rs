//! This folder knows what says why a container is down or slow: the sentence on the gauges, and the whole answer above the cockpit.
//! It may use the model, services and widgets.
//! It never concludes anything itself: that is done in `services::why`.

pub(in crate::app) mod lines;
pub(in crate::app) mod view;

pub use view::WhyView;
pub(in crate::app) use view::whole;
