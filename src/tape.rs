//! The tape: records of joins, tape identity, and the only `unsafe` of the crate.
//!
//! # Invariants
//!
//! - An id is `epoch · 64 + slot · 2 + 1`. The slot belongs to one scalar type for the life of the process, the epoch
//!   is drawn anew by every tape and every [`Tape::clear`]. Id 0 means "constant".
//! - A [`Value<T>`] takes its id from a `Tape<T>`, with the lowest bit cleared once the value is no longer the node
//!   itself. So the slot that its id names holds pointers to `Inner<T>` only, whatever else the id says.
//! - [`SLOTS`] is thread-local. The slot's list holds exactly the tapes of its type that live on this thread; its head
//!   is the one used last.
//! - Node numbers are indices of records. They are checked where the sweep reads them, so a stale id that happens to
//!   match after 2^26 epochs can give a wrong number or a panic, never a read outside the tape.

#![allow(unsafe_code)]

use std::any::TypeId;
use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Scalar, Value};

/// The lowest bit of a tape id in a value: the value is its node, not something computed from it without a record.
pub(crate) const OWN: u32 = 1;
const SLOT_BITS: u32 = 5;
const SLOT_COUNT: usize = 1 << SLOT_BITS;
/// More records than a node number can count make no tape.
const MAX_RECORDS: usize = u32::MAX as usize;
const FIRST_RECORDS: usize = 256;

/// One node: it changes `partials[k]` times as fast as `nodes[k]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<T> {
    pub(crate) nodes: [u32; 2],
    pub(crate) partials: [T; 2],
}

/// A run of records that are not joins of their own: variables, or the operands of one wide node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether the run is one node, numbered by its last record, with two operands in each record; else variables.
    pub(crate) wide: bool,
}

struct Inner<T> {
    id: Cell<u32>,
    records: Cell<Vec<Record<T>>>,
    spans: Cell<Vec<Span>>,
    /// The records are lent to a sweep; recording must wait.
    lent: Cell<bool>,
    next: Cell<*const Inner<T>>,
}

/// Where recording finds the tape of one scalar type.
struct Slot {
    /// The id of the head of the list, or 0.
    id: Cell<u32>,
    /// The head of the list of `Inner<T>`, type-erased.
    head: Cell<*const ()>,
}

thread_local! {
    // No destructor and a constant initial value: an access is one address computation.
    static SLOTS: [Slot; SLOT_COUNT] =
        const { [const { Slot { id: Cell::new(0), head: Cell::new(ptr::null()) } }; SLOT_COUNT] };
}

/// A record of a computation over numbers of type `T`, from which gradients are swept.
///
/// A tape belongs to one thread. Its [`Value`]s are plain data, found back to their tape by its id; using one after
/// the tape was cleared or dropped, or on another thread, panics.
///
/// # Examples
///
/// ```
/// use gradtape::Tape;
///
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(3.0), tape.var(4.0));
/// let z = x.hypot(y);
/// let gradients = z.backward();
/// assert_eq!(z.data(), 5.0);
/// assert_eq!(gradients.wrt(x), 0.6);
/// assert_eq!(gradients.wrt(y), 0.8);
/// ```
pub struct Tape<T: Scalar> {
    inner: Rc<Inner<T>>,
}

impl<T: Scalar> Tape<T> {
    /// An empty tape.
    ///
    /// # Panics
    ///
    /// If the process already has tapes of 32 other scalar types.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty tape with room for `records` records before it allocates again.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had.
    pub fn with_capacity(records: usize) -> Self {
        let slot = slot_of::<T>();
        let inner = Rc::new(Inner {
            id: Cell::new(fresh_id(slot)),
            records: Cell::default(),
            spans: Cell::default(),
            lent: Cell::new(false),
            next: Cell::new(ptr::null()),
        });
        if records > 0 {
            let mut empty = Vec::new();
            reserve(&mut empty, records);
            inner.records.set(empty);
        }
        SLOTS.with(|slots| push_front(&slots[slot], Rc::as_ptr(&inner)));
        Self { inner }
    }

    /// A new variable of the number `x`.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(1.5_f32);
    /// assert_eq!((x * x).backward().wrt(x), 3.0);
    /// ```
    #[inline]
    pub fn var(&self, x: T) -> Value<T> {
        Value::own(x, self.leaves(1), self.inner.id.get())
    }

    /// A new variable for each number of `xs`, in order.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.vars(&[1.0, 2.0, 3.0]);
    /// let gradients = (x[0] * x[2]).backward();
    /// assert_eq!(gradients.wrt_all(&x), [3.0, 0.0, 1.0]);
    /// ```
    pub fn vars(&self, xs: &[T]) -> Vec<Value<T>> {
        let (first, id) = (self.leaves(xs.len()), self.inner.id.get());
        (first..).zip(xs).map(|(node, &x)| Value::own(x, node, id)).collect()
    }

    /// Records `count` variables and returns the first.
    #[track_caller]
    fn leaves(&self, count: usize) -> u32 {
        let blank = Record { nodes: [0; 2], partials: [T::zero(); 2] };
        self.inner.append(std::iter::repeat_n(blank, count), false).start
    }

    /// A value of the number `value` whose partial derivatives by some operands are known: an operation of your own.
    ///
    /// Constant operands contribute nothing. Up to two operands make one record, more make one record for every two.
    ///
    /// # Panics
    ///
    /// If an operand belongs to another tape, or to this one before it was cleared.
    ///
    /// # Examples
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let (x, y) = (tape.var(2.0), tape.var(3.0));
    /// // x² y, with its partials 2xy and x²
    /// let z = tape.custom(12.0, &[(x, 12.0), (y, 4.0)]);
    /// let gradients = (z + x).backward();
    /// assert_eq!(gradients.wrt(x), 13.0);
    /// assert_eq!(gradients.wrt(y), 4.0);
    /// ```
    #[track_caller]
    pub fn custom(&self, value: T, operands: &[(Value<T>, T)]) -> Value<T> {
        let mut wide = Wide::new();
        for &(operand, partial) in operands {
            let id = operand.tape | OWN;
            assert!(
                operand.tape == 0 || id == self.inner.id.get(),
                "an operand of `custom` does not belong to this tape, or was made before `clear`; \
                 make it with `var` of this tape, or pass `Value::constant(x)`"
            );
            wide.add(operand, partial);
        }
        wide.finish(value)
    }

    /// Forgets all records and keeps their memory. The values made so far must no longer be used.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// for step in 1..=3 {
    ///     let x = tape.var(f64::from(step));
    ///     assert_eq!(x.powi(2).backward().wrt(x), f64::from(2 * step));
    ///     tape.clear();
    ///     assert!(tape.is_empty());
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// If a sweep over this tape is under way.
    pub fn clear(&self) {
        self.inner.assert_not_lent();
        let mut records = self.inner.records.take();
        let mut spans = self.inner.spans.take();
        records.clear();
        spans.clear();
        self.inner.records.set(records);
        self.inner.spans.set(spans);
        let slot = slot_of_id(self.inner.id.get());
        self.inner.id.set(fresh_id(slot));
        SLOTS.with(|slots| {
            self.unlink(&slots[slot]);
            push_front(&slots[slot], Rc::as_ptr(&self.inner));
        });
    }

    fn unlink(&self, slot: &Slot) {
        unlink(slot, |inner| ptr::eq(inner, Rc::as_ptr(&self.inner)));
    }

    /// The number of records: one for a variable, a join of two nodes, a retained value, or two operands of a wide
    /// node.
    pub fn len(&self) -> usize {
        self.inner.look(|records, _| records.len())
    }

    /// Whether nothing was recorded since the tape was made or cleared.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory that the records take, in bytes; spare capacity does not count.
    pub fn bytes(&self) -> usize {
        self.inner.look(|records, spans| size_of_val(records) + size_of_val(spans))
    }
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("id", &(self.inner.id.get() >> 1)).field("len", &self.len()).finish()
    }
}

impl<T: Scalar> Drop for Tape<T> {
    fn drop(&mut self) {
        SLOTS.with(|slots| self.unlink(&slots[slot_of_id(self.inner.id.get())]));
    }
}

/// Records a join and returns its node: the node changes as its two operands do, each times its partial.
///
/// The hot path of the crate: a dozen instructions, no call.
#[inline(always)]
#[track_caller]
pub(crate) fn record<T: Scalar>(tape: u32, record: Record<T>) -> u32 {
    with_inner(tape, |inner: &Inner<T>| inner.push(record))
}

/// Lends the records and spans of the tape with the given id to `sweep`, which may run any arithmetic of `T`.
#[track_caller]
pub(crate) fn lend<T: Scalar, R>(tape: u32, sweep: impl FnOnce(&[Record<T>], &[Span]) -> R) -> R {
    let inner = find::<T>(tape);
    // SAFETY: `inner` comes from `Rc::as_ptr` and is alive; the count is raised for the new owner. The sweep thus
    // outlives even a drop of the tape by the arithmetic of `T`.
    let inner = unsafe {
        Rc::increment_strong_count(inner);
        Rc::from_raw(inner)
    };
    inner.look(sweep)
}

/// Panics unless the tape of the given id is alive on this thread.
#[track_caller]
pub(crate) fn assert_alive<T: Scalar>(tape: u32) {
    find::<T>(tape);
}

/// The tape of the given id, alive until foreign code runs. Panics if there is none on this thread.
#[inline(always)]
#[track_caller]
fn find<T: Scalar>(tape: u32) -> *const Inner<T> {
    let id = tape | OWN;
    SLOTS.with(|slots| {
        let slot = &slots[slot_of_id(id)];
        if slot.id.get() != id {
            bring_to_front::<T>(slot, id);
        }
        slot.head.get().cast()
    })
}

/// [`find`] as a reference, for callers that run no foreign code.
#[inline(always)]
#[track_caller]
fn with_inner<T: Scalar, R>(tape: u32, f: impl FnOnce(&Inner<T>) -> R) -> R {
    // SAFETY: the slot named by an id of a `Value<T>` holds `Inner<T>` only (module invariant). Its head is not null,
    // because its id is not 0, and it is alive, because a tape leaves the list when it is dropped.
    f(unsafe { &*find::<T>(tape) })
}

impl<T: Scalar> Inner<T> {
    /// The records, while no foreign code runs.
    ///
    /// # Safety
    ///
    /// The reference must end before anything else reaches this tape.
    #[allow(clippy::mut_from_ref)]
    #[inline(always)]
    unsafe fn records(&self) -> &mut Vec<Record<T>> {
        // SAFETY: the cell is not null, and the caller promises that the reference is the only one.
        unsafe { &mut *self.records.as_ptr() }
    }

    #[inline(always)]
    #[track_caller]
    fn push(&self, record: Record<T>) -> u32 {
        // SAFETY: `Inner` is not `Sync`, and nothing in this function calls foreign code.
        let records = unsafe { self.records() };
        let len = records.len();
        // While the records are lent, the vector here is an empty stand-in, which `grow` refuses to fill.
        if len == records.capacity() {
            self.grow(records, 1);
        }
        // SAFETY: there is room for one more record, and it is written before the length says so.
        unsafe {
            records.as_mut_ptr().add(len).write(record);
            records.set_len(len + 1);
        }
        node_number(len)
    }

    /// Records a wide node of two operands in each record, and returns it.
    #[track_caller]
    fn push_wide(&self, operands: impl ExactSizeIterator<Item = Record<T>>) -> u32 {
        let Span { start, end, .. } = self.append(operands, true);
        debug_assert!(start < end);
        end - 1
    }

    /// Appends a span of records and returns it.
    ///
    /// `new` must not call foreign code.
    #[track_caller]
    fn append(&self, new: impl ExactSizeIterator<Item = Record<T>>, wide: bool) -> Span {
        // SAFETY: `Inner` is not `Sync`, and nothing in this function calls foreign code.
        let records = unsafe { self.records() };
        let start = records.len();
        if records.capacity() - start < new.len() || records.capacity() == 0 {
            self.grow(records, new.len());
        }
        records.extend(new);
        let span = Span { start: node_number(start), end: node_number(records.len()), wide };
        let mut spans = self.spans.take();
        match spans.last_mut() {
            Some(last) if !wide && !last.wide && last.end == span.start => last.end = span.end,
            _ => spans.push(span),
        }
        self.spans.set(spans);
        span
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn grow(&self, records: &mut Vec<Record<T>>, count: usize) {
        self.assert_not_lent();
        reserve(records, count);
    }

    #[track_caller]
    fn assert_not_lent(&self) {
        assert!(
            !self.lent.get(),
            "the tape is in the middle of a sweep; the arithmetic of its scalar type must neither record on it nor \
             clear it"
        );
    }

    /// Lends the records and spans. They are put back even if `f` panics.
    #[track_caller]
    fn look<R>(&self, f: impl FnOnce(&[Record<T>], &[Span]) -> R) -> R {
        struct Loan<'a, T> {
            inner: &'a Inner<T>,
            records: Vec<Record<T>>,
            spans: Vec<Span>,
        }
        impl<T> Drop for Loan<'_, T> {
            fn drop(&mut self) {
                self.inner.records.set(std::mem::take(&mut self.records));
                self.inner.spans.set(std::mem::take(&mut self.spans));
                self.inner.lent.set(false);
            }
        }
        self.assert_not_lent();
        self.lent.set(true);
        let loan = Loan { inner: self, records: self.records.take(), spans: self.spans.take() };
        f(&loan.records, &loan.spans)
    }
}

/// A node of many operands in the making, without memory of its own: past [`WIDTH`] operands it becomes a chain of
/// nodes of that many.
pub(crate) struct Wide<T> {
    tape: u32,
    len: usize,
    /// Nodes and partials; the first `len` are written.
    operands: [MaybeUninit<(u32, T)>; WIDTH],
}

const WIDTH: usize = 32;

impl<T: Scalar> Wide<T> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { tape: 0, len: 0, operands: [const { MaybeUninit::uninit() }; WIDTH] }
    }

    /// One more operand. Neighbours that hang on the same node become one.
    #[inline]
    #[track_caller]
    pub(crate) fn add(&mut self, operand: Value<T>, partial: T) {
        if operand.tape == 0 {
            return;
        }
        let id = operand.tape | OWN;
        if self.tape != id {
            if self.tape != 0 {
                mismatch::<T>(self.tape, id);
            }
            self.tape = id;
        }
        let slope = scaled(partial, operand.slope);
        if let [.., (node, last)] = self.written()
            && *node == operand.node
        {
            *last = *last + slope;
            return;
        }
        if self.len == WIDTH {
            self.chain();
        }
        self.operands[self.len].write((operand.node, slope));
        self.len += 1;
    }

    /// The value of the number `data` that depends on the operands.
    #[inline]
    #[track_caller]
    pub(crate) fn finish(mut self, data: T) -> Value<T> {
        let tape = self.tape;
        match *self.written() {
            [] => Value::constant(data),
            [(node, slope)] => Value { data, slope, node, tape: tape & !OWN },
            [a, b] => Value::own(data, record(tape, pair(a, b)), tape),
            _ => {
                let node = self.record();
                Value::own(data, node, tape)
            }
        }
    }

    /// Records the operands so far as a node, which becomes the first operand of the next.
    #[cold]
    fn chain(&mut self) {
        let node = self.record();
        self.operands[0].write((node, T::one()));
        self.len = 1;
    }

    fn record(&mut self) -> u32 {
        let tape = self.tape;
        let (pairs, rest) = self.written().as_chunks::<2>();
        let zero = T::zero();
        let records = (0..pairs.len() + rest.len()).map(|i| match pairs.get(i) {
            Some(&[a, b]) => pair(a, b),
            None => pair(rest[0], (rest[0].0, zero)),
        });
        with_inner(tape, |inner| inner.push_wide(records))
    }

    #[inline]
    fn written(&mut self) -> &mut [(u32, T)] {
        let written = &mut self.operands[..self.len];
        // SAFETY: the first `len` operands are written, and `MaybeUninit` has the layout of what it holds.
        unsafe { &mut *(ptr::from_mut(written) as *mut [(u32, T)]) }
    }
}

#[inline]
fn pair<T>(a: (u32, T), b: (u32, T)) -> Record<T> {
    Record { nodes: [a.0, b.0], partials: [a.1, b.1] }
}

/// A number of scalar type `T` was given this slot, once and for all.
fn slot_of<T: 'static>() -> usize {
    static TYPES: [OnceLock<TypeId>; SLOT_COUNT] = [const { OnceLock::new() }; SLOT_COUNT];
    let id = TypeId::of::<T>();
    TYPES.iter().position(|slot| *slot.get_or_init(|| id) == id).unwrap_or_else(|| {
        panic!("this process has tapes of {SLOT_COUNT} scalar types already; use fewer types of numbers on tapes")
    })
}

#[inline(always)]
fn slot_of_id(id: u32) -> usize {
    (id >> 1) as usize % SLOT_COUNT
}

/// An id that no tape has had, until 2^26 tapes and clears of its scalar type have gone by.
fn fresh_id(slot: usize) -> u32 {
    static EPOCHS: [AtomicU32; SLOT_COUNT] = [const { AtomicU32::new(1) }; SLOT_COUNT];
    loop {
        let epoch = EPOCHS[slot].fetch_add(1, Ordering::Relaxed) << (SLOT_BITS + 1);
        if epoch != 0 {
            return epoch | node_number(slot) << 1 | OWN;
        }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "`reserve` keeps the length of a tape below 2^32")]
fn node_number(index: usize) -> u32 {
    index as u32
}

/// Makes room for `count` more records, and for twice as many as there are.
#[track_caller]
fn reserve<T>(records: &mut Vec<Record<T>>, count: usize) {
    let len = records.len();
    assert!(
        count <= MAX_RECORDS - len,
        "the tape is full: {len} records, and {count} more are wanted, but node numbers end at 2^32; clear the tape \
         more often"
    );
    let capacity = (len + count).max(2 * len).clamp(FIRST_RECORDS, MAX_RECORDS);
    if records.try_reserve_exact(capacity - len).is_err() {
        panic!(
            "the tape cannot get memory for {capacity} records of {} bytes; clear it more often",
            size_of::<Record<T>>()
        );
    }
    assert!(records.capacity() <= MAX_RECORDS, "the allocator gave a tape more than 2^32 records");
}

fn push_front<T: Scalar>(slot: &Slot, inner: *const Inner<T>) {
    // SAFETY: `inner` is alive: its tape is being made or was found in the list.
    unsafe { (*inner).next.set(slot.head.get().cast()) };
    slot.head.set(inner.cast());
    // SAFETY: as above.
    slot.id.set(unsafe { (*inner).id.get() });
}

/// Takes the tape for which `wanted` holds out of the list of its slot.
fn unlink<T: Scalar>(slot: &Slot, wanted: impl Fn(&Inner<T>) -> bool) -> Option<*const Inner<T>> {
    let mut previous: Option<&Inner<T>> = None;
    let mut next: *const Inner<T> = slot.head.get().cast();
    // SAFETY: the list holds live tapes of this slot's type only (module invariant), and no foreign code runs here.
    while let Some(inner) = unsafe { next.as_ref() } {
        if wanted(inner) {
            let rest = inner.next.get();
            if let Some(previous) = previous {
                previous.next.set(rest);
            } else {
                slot.head.set(rest.cast());
                // SAFETY: as above.
                slot.id.set(unsafe { rest.as_ref() }.map_or(0, |rest| rest.id.get()));
            }
            return Some(next);
        }
        previous = Some(inner);
        next = inner.next.get();
    }
    None
}

#[cold]
#[inline(never)]
#[track_caller]
fn bring_to_front<T: Scalar>(slot: &Slot, id: u32) {
    match unlink::<T>(slot, |inner| inner.id.get() == id) {
        Some(inner) => push_front(slot, inner),
        None => panic!(
            "a value is used whose tape was cleared or dropped, or lives on another thread; keep the tape alive, make \
             values anew after `clear`, and use them on the thread that made them"
        ),
    }
}

/// Values of two tapes met.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn mismatch<T: Scalar>(a: u32, b: u32) -> ! {
    assert_alive::<T>(a);
    assert_alive::<T>(b);
    panic!(
        "values of two different tapes met in one operation; make both with the same tape, or pass one as \
         `Value::constant(x.data())`"
    )
}

/// `partial · slope`, where a zero wins even against an infinity: what is not used has no influence.
#[inline(always)]
pub(crate) fn scaled<T: Scalar>(partial: T, slope: T) -> T {
    let product = partial * slope;
    if product.is_nan() { zero_wins(partial, slope) } else { product }
}

#[cold]
#[inline(never)]
pub(crate) fn zero_wins<T: Scalar>(a: T, b: T) -> T {
    if a.is_zero() || b.is_zero() { T::zero() } else { a * b }
}
