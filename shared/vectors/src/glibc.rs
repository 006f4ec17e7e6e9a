//! Keeps the deployed binaries within glibc 2.34, the runtime's.
//!
//! glibc 2.35 gave `hypot` and `hypotf` new symbol versions, which binaries linked on a newer system
//! require. LanceDB's geometry calls both through the standard library; definitions in the binary
//! itself take precedence over the C library's. `infra/package/check.py` rejects a binary that needs
//! more.

/// √(x² + y²) without undue overflow.
// SAFETY: name, signature and behaviour are those of C's <math.h>.
#[unsafe(no_mangle)]
extern "C" fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

/// The same for `float`.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn hypotf(x: f32, y: f32) -> f32 {
    libm::hypotf(x, y)
}
