//! Succeed: States Language specification, "Succeed State".

use super::data_flow::Has;
use super::fields::Fields;
use super::{Reader, data_flow};
use crate::state::Succeed;

/// Reads a Succeed state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Succeed {
    Succeed { data: data_flow::read(fields, Has::Paths, reader) }
}
