//! Panics as results: their messages, and where they are reported.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static CAUGHT: RefCell<(String, String)> = RefCell::default();
}

/// The result of `f`, or the message and the file of its panic.
pub fn caught<R>(f: impl FnOnce() -> R) -> Result<R, (String, String)> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            if CATCHING.get() {
                let message = panic_message(info.payload());
                CAUGHT.set((message, info.location().unwrap().file().to_owned()));
            } else {
                usual(info);
            }
        }));
    });
    // An allocator may catch panics within `f`.
    let is_within = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    CATCHING.set(is_within);
    result.map_err(|_| CAUGHT.take())
}

/// The message and the file of the panic in `f`.
#[track_caller]
pub fn panic_of<R>(f: impl FnOnce() -> R) -> (String, String) {
    caught(f).map(drop).expect_err("misuse went unnoticed")
}

/// `f` panics with a message that names the remedy.
#[track_caller]
pub fn assert_refused<R>(remedy: &str, f: impl FnOnce() -> R) {
    let (message, _) = panic_of(f);
    assert!(message.contains(remedy), "{message:?} does not say {remedy:?}");
}

/// The same, and the panic is reported in the line that made the mistake.
#[track_caller]
pub fn assert_refused_here<R>(remedy: &str, f: impl FnOnce() -> R) {
    let (message, file) = panic_of(f);
    assert!(message.contains(remedy), "{message:?} does not say {remedy:?}");
    assert_eq!(file, Location::caller().file(), "the panic is reported elsewhere: {message}");
}

fn panic_message(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}
