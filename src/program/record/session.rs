//! The recording under way on a thread.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::LocalKey;

use crate::number::Plain;
use crate::ops::kind::{Expr, Recorded};
use crate::program::graph::Graph;
use crate::program::graph::builder::Builder;
use crate::scalar::Bits;

/// A float whose operations can be recorded: f32 and f64.
pub trait Recordable: Plain + Bits + Recorded + Send + Sync {
    /// The recording under way on this thread, if there is one.
    fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>>;
}

/// A recording under way.
#[derive(Debug)]
pub struct Session<T> {
    /// No two sessions of a process have the same number.
    pub(super) number: u64,
    pub(super) builder: Builder<T>,
    /// Whether the numbers of the inputs are known.
    pub(super) knows_numbers: bool,
}

/// Implements [`Recordable`]:
///
/// ```ignore
/// impl Recordable for f32 {
///     #[inline]
///     fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>> {
///         thread_local! { static SESSION: RefCell<Option<Session<f32>>> = const { RefCell::new(None) }; }
///         &SESSION
///     }
/// }
/// ```
macro_rules! recordable {
    ($($T:ident),*) => {
        $(impl Recordable for $T {
            #[inline]
            fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>> {
                thread_local! {
                    static SESSION: RefCell<Option<Session<$T>>> = const { RefCell::new(None) };
                }
                &SESSION
            }
        })*
    };
}

recordable! { f32, f64 }

/// The number of the next session. 0 is that of constants, which belong to none.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Runs `f`, which adds nodes to the graph of the builder, and returns the graph and the result. The flag says whether
/// the numbers of the inputs are known. A recording that was under way on this thread is suspended.
pub(crate) fn record<T: Recordable, R>(
    builder: Builder<T>,
    knows_numbers: bool,
    f: impl FnOnce() -> R,
) -> (Graph<T>, R) {
    /// Resumes the suspended recording, also when `f` panics.
    struct Resume<T: Recordable>(Option<Session<T>>);

    impl<T: Recordable> Drop for Resume<T> {
        fn drop(&mut self) {
            T::session().set(self.0.take());
        }
    }

    T::recorder().set(Some(|op, operands| Expr::call_any(op, operands, 0)));
    let session = Session { number: NEXT.fetch_add(1, Relaxed), builder, knows_numbers };
    let suspended = Resume(T::session().replace(Some(session)));
    let result = f();
    let session = T::session().take();
    drop(suspended);
    let graph = session.expect("nobody else ends this recording").builder.graph;
    (graph, result)
}

/// Calls `f` with the recording under way.
///
/// # Panics
///
/// If there is none.
#[track_caller]
pub(super) fn with_session<T: Recordable, R>(f: impl FnOnce(&mut Session<T>) -> R) -> R {
    T::session().with_borrow_mut(|session| {
        f(session.as_mut().expect(
            "this number belongs to a recording that is over, or to another thread's; compute with the inputs that the \
             function is given while a program is recorded",
        ))
    })
}

/// A property of the builder of the recording under way, or the default if there is none.
pub(super) fn of_builder<T: Recordable>(property: impl FnOnce(&Builder<T>) -> bool, default: bool) -> bool {
    T::session().with_borrow(|session| session.as_ref().map_or(default, |session| property(&session.builder)))
}

/// Whether the numbers of the inputs are known, in the recording under way.
pub(super) fn knows_numbers<T: Recordable>() -> bool {
    T::session().with_borrow(|session| session.as_ref().is_some_and(|session| session.knows_numbers))
}
