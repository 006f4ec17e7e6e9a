//! What the processor offers, and functions compiled for each.

/// A set of vector instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// AVX-512 with VNNI, which adds four products of bytes in 16 lanes in one instruction.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of the architecture has.
    Plain,
}

impl Level {
    /// The best of this processor.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni")
            {
                Self::Avx512
            } else {
                Self::Avx2
            };
        }
        Self::Plain
    }
}

/// Compiles a function for each [`Level`], which becomes its first argument. What it calls must be
/// `#[inline(always)]` to be compiled for it too.
macro_rules! for_each_level {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        $visibility fn $name(level: $crate::kernel::Level, $($argument: $type),*) {
            #[inline(always)]
            fn plain($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                plain($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512($($argument: $type),*) {
                plain($($argument),*);
            }
            match level {
                // SAFETY: the processor has the features, or `Level::detect` would not have found them.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::Level::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::Level::Avx2 => unsafe { avx2($($argument),*) },
                $crate::kernel::Level::Plain => plain($($argument),*),
            }
        }
    };
}
pub(crate) use for_each_level;
