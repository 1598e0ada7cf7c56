//! A form, and what it means once it is filled in.

use crate::app::action::Action;
use crate::app::operations::known::Known;
use crate::app::widgets::fields::Fields;
use std::fmt;
use std::sync::Arc;

/// What a form that is filled in means; none if something in it is wrong, which the field then says.
type Read = dyn Fn(&Known, &mut Fields) -> Option<Action> + Send + Sync;

/// A form.
#[derive(Clone)]
pub struct Form {
    /// Its fields.
    pub fields: Fields,
    read: Arc<Read>,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl Form {
    /// A form with these fields, and what it means once they are filled in.
    pub fn new(fields: Fields, read: impl Fn(&Known, &mut Fields) -> Option<Action> + Send + Sync + 'static) -> Form {
        Form { fields, read: Arc::new(read) }
    }

    /// What it means. None if something in it is wrong, which the field then says.
    pub fn meaning(&mut self, known: &Known) -> Option<Action> {
        (self.read)(known, &mut self.fields)
    }
}
