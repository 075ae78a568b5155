//! The table of operations for tests and benchmarks: the one place here that knows the grammar of
//! [`gradtape::operations`].

/// Passes the names of the table to the macro `$consumer`, after the tokens that follow its name.
///
/// ```text
/// names! { consumer some tokens }
/// ```
///
/// becomes
///
/// ```text
/// consumer! { some tokens
///     real_many { … }
///     float_unary { recip() at 0.7; … powi(3: i32) at 0.7; }
///     real_unary { relu() at 0.7; leaky_relu(0.25: T) at -0.7; … }
///     float_binary { powf at (0.7, 1.3); … }
///     float_choice { max at (0.7, 1.3); … }
///     real_binary { … }
///     operator { Add::add AddAssign::add_assign at (0.7, 1.3); … }
/// }
/// ```
#[macro_export]
macro_rules! names {
    ($consumer:ident $($tokens:tt)*) => {
        gradtape::operations! { read_names [$consumer $($tokens)*] }
    };
}

/// Extracts the names from the table, for [`names!`]. A crate that uses that macro imports this one, too.
#[macro_export]
macro_rules! read_names {
    (
        [$consumer:ident $($tokens:tt)*]
        real_many { $($(#[$md:meta])* $m:ident $ma:tt $my:tt $mp:tt $ms:tt $mf:tt;)* }
        float_unary { $($(#[$ud:meta])* $u:ident ($ux:ident $(, $up:ident: $ut:ident = $uv:literal)? -> $ur:ident)
            $uy:tt $upartial:tt (at [$uat:literal], $($us:tt)*) $uf:tt;)* }
        real_unary { $($(#[$vd:meta])* $v:ident ($vx:ident $(, $vp:ident: $vt:ident = $vv:literal)? -> $vr:ident)
            $vy:tt $vpartial:tt (at [$vat:literal], $($vs:tt)*) $vf:tt;)* }
        float_binary { $($(#[$bd:meta])* $b:ident $ba:tt $by:tt $bp:tt (at [$($bat:literal),*], $($bs:tt)*) $bf:tt;)* }
        float_choice { $($(#[$cd:meta])* $c:ident $ca:tt $cy:tt $cp:tt (at [$($cat:literal),*], $($cs:tt)*) $cf:tt;)* }
        real_binary { $($(#[$rd:meta])* $r:ident $ra:tt $ry:tt $rp:tt (at [$($rat:literal),*], $($rs:tt)*) $rf:tt;)* }
        operator { $($(#[$od:meta])* $o:ident ($ox:ident, $oz:ident -> $or:ident: $O:ident, $OA:ident::$oa:ident)
            $oy:tt $op:tt (at [$($oat:literal),*], $($os:tt)*) $of:tt;)* }
        $($rest:tt)*
    ) => {
        $consumer! { $($tokens)*
            real_many { $($m;)* }
            float_unary { $($u($($uv: $ut)?) at $uat;)* }
            real_unary { $($v($($vv: $vt)?) at $vat;)* }
            float_binary { $($b at ($($bat),*);)* }
            float_choice { $($c at ($($cat),*);)* }
            real_binary { $($r at ($($rat),*);)* }
            operator { $($O::$o $OA::$oa at ($($oat),*);)* }
        }
    };
}
