//! The day on which the program runs: for comments that count until one.

use firedrill_model::Date;

/// Today, where the machine is.
pub(crate) fn today() -> Option<Date> {
    let date = jiff::Zoned::now().date();
    Date::new(
        u16::try_from(date.year()).ok()?,
        u8::try_from(date.month()).ok()?,
        u8::try_from(date.day()).ok()?,
    )
}
