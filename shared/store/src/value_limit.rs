//! The bound of a value item.

use crate::StoreError;

/// The longest text of a value item, in bytes: DynamoDB's items end at 400 KB, keys and attribute names included. An incompressible text fits.
pub const VALUE_BYTES_MAX: usize = 390 * 1024;

/// Refuses a text that not every store can keep as a value item.
///
/// # Errors
///
/// [`StoreError::Refused`] if it is longer than [`VALUE_BYTES_MAX`].
pub fn check_value(text: &str) -> Result<(), StoreError> {
    match text.len() {
        bytes if bytes > VALUE_BYTES_MAX => {
            Err(StoreError::Refused(format!("a value item of {bytes} bytes is longer than {VALUE_BYTES_MAX}")))
        }
        _ => Ok(()),
    }
}
