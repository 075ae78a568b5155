//! The table of operations for tests and benchmarks: the one place here that knows the grammar of [`gradtape::operations`].

/// Hands the names of the table to the macro `$consumer`, after the tokens that follow its name.
///
/// ```text
/// names! { consumer some tokens }
/// ```
///
/// becomes
///
/// ```text
/// consumer! { some tokens
///     unary { recip() at 0.7; … powi(3: i32) at 0.7; }
///     activation { relu() at 0.7; leaky_relu(0.25: T) at -0.7; … }
///     binary { powf at (0.7, 1.3); … }
///     choice { max at (0.7, 1.3); … }
///     operator { Add::add AddAssign::add_assign at (0.7, 1.3); … }
/// }
/// ```
#[macro_export]
macro_rules! names {
    ($consumer:ident $($tokens:tt)*) => {
        gradtape::operations! { read_names [$consumer $($tokens)*] }
    };
}

/// Takes the names from the table, for [`names!`]. A crate that uses that brings this into scope, too.
#[macro_export]
macro_rules! read_names {
    (
        [$consumer:ident $($tokens:tt)*]
        unary { $($(#[$ud:meta])* $u:ident($($ua:ident),* $(; $up:ident: $ut:ident = $uv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uy:expr, $uyp:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])* $v:ident($($va:ident),* $(; $vp:ident: $vt:ident = $vv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vy:expr, $vyp:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($(#[$bd:meta])* $b:ident $ba:tt = $by:expr, $bp:expr, $bq:expr; at $bat:tt, $bl:tt, $bh:tt;)* }
        choice { $($(#[$cd:meta])* $c:ident $ca:tt = $cy:expr, $cp:expr, $cq:expr; at $cat:tt, $cl:tt, $ch:tt;)* }
        operator { $($(#[$od:meta])* $O:ident::$o:ident, $OA:ident::$oa:ident $oargs:tt = $oy:expr, $op:expr, $oq:expr;
            at $oat:tt, $ol:tt, $oh:tt;)* }
    ) => {
        $consumer! { $($tokens)*
            unary { $($u($($uv: $ut)?) at $uat;)* }
            activation { $($v($($vv: $vt)?) at $vat;)* }
            binary { $($b at $bat;)* }
            choice { $($c at $cat;)* }
            operator { $($O::$o $OA::$oa at $oat;)* }
        }
    };
}
