//! Timestamps and the stale marker.

/// Milliseconds since the Unix epoch.
pub type Timestamp = i64;

/// The NaN that says "this series has ended" (upstream `model/value`).
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether a value is the stale marker; an ordinary NaN is not.
#[inline]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN.to_bits()
}
