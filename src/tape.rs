//! The tape: records of joins, tape identity, and the only `unsafe` of the crate.
//!
//! # Invariants
//!
//! - An id is `epoch · 32 + slot`. The slot belongs to one scalar type for the life of the process, the epoch is drawn
//!   anew by every tape and every [`Tape::clear`] and is never 0, so that no id is 0.
//! - A [`Value<T>`] takes its id from a `Tape<T>`. So the slot that its id names holds pointers to `Inner<T>` only,
//!   whatever else the id says.
//! - `SLOTS` is thread-local. The slot's list holds exactly the tapes of its type that live on this thread; its head
//!   is the one used last.
//! - Node numbers are indices of records. They are checked where the sweep reads them, so a stale id that happens to
//!   match after 2^26 epochs can give a wrong number or a panic, never a read outside the tape.

#![allow(unsafe_code)]

use std::any::TypeId;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::mem::{MaybeUninit, take};
use std::ops::{Deref, DerefMut, Range};
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::node::{Node, SLOT_BITS, SLOT_COUNT};
use crate::ops::rules::scaled;
use crate::{Scalar, Value};

/// A tape id has 31 bits.
const EPOCH_COUNT: u32 = 1 << (31 - SLOT_BITS);
/// A tape never has room for more records than a node number can count.
const MAX_RECORDS: usize = u32::MAX as usize;
const FIRST_RECORDS: usize = 256;

/// One node: it changes `partials[k]` times as fast as `nodes[k]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<T> {
    pub(crate) nodes: [u32; 2],
    pub(crate) partials: [T; 2],
}

/// Everything that was recorded.
#[derive(Debug)]
pub(crate) struct Records<T> {
    pub(crate) all: Vec<Record<T>>,
    /// Runs of records that make one node of many operands, numbered by the last.
    pub(crate) wide: Vec<Range<u32>>,
    /// The first records are this many variables.
    pub(crate) variables: usize,
}

struct Inner<T> {
    records: UnsafeCell<Records<T>>,
    /// The records are lent out, and an empty stand-in is in their place.
    lent: Cell<bool>,
    /// The first node of the tape, which tells its id.
    origin: Cell<Node>,
    next: Cell<*const Inner<T>>,
}

/// Where recording finds the tape of one scalar type.
struct Slot {
    /// The first node of the head of the list, or none.
    origin: Cell<Node>,
    /// The head of the list of `Inner<T>`, type-erased.
    head: Cell<*const ()>,
}

thread_local! {
    // No destructor and a constant initial value: an access is one address computation.
    static SLOTS: [Slot; SLOT_COUNT] =
        const { [const { Slot { origin: Cell::new(Node::CONSTANT), head: Cell::new(ptr::null()) } }; SLOT_COUNT] };
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
        let slot = slot_of::<T>();
        let inner = Rc::new(Inner {
            records: UnsafeCell::new(Records::default()),
            lent: Cell::new(false),
            origin: Cell::new(fresh_origin(slot)),
            next: Cell::new(ptr::null()),
        });
        SLOTS.with(|slots| push_front(&slots[slot], Rc::as_ptr(&inner)));
        Self { inner }
    }

    /// An empty tape with room for `records` records before it allocates again.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had.
    #[track_caller]
    pub fn with_capacity(records: usize) -> Self {
        let tape = Self::new();
        reserve(&mut tape.inner.lend().all, records);
        tape
    }

    /// A new variable of the number `x`.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(1.5_f32);
    /// assert_eq!((x * x).backward().wrt(x), 3.0);
    /// ```
    #[inline]
    #[track_caller]
    pub fn var(&self, x: T) -> Value<T> {
        Value::own(x, self.inner.origin.get().at(self.inner.push_variables(1)))
    }

    /// A new variable for each number of `xs`, in order.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.vars(&[1.0, 2.0, 3.0]);
    /// let gradients = (x[0] * x[2]).backward();
    /// assert_eq!(gradients.wrt_all(&x), [3.0, 0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn vars(&self, xs: &[T]) -> Vec<Value<T>> {
        let (first, origin) = (self.inner.push_variables(xs.len()), self.inner.origin.get());
        (first..).zip(xs).map(|(index, &x)| Value::own(x, origin.at(index))).collect()
    }

    /// A value of the number `value` whose partial derivatives by some operands are known: an operation of your own.
    ///
    /// Constant operands contribute nothing. The operands take one record for every two.
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
        let origin = self.inner.origin.get();
        assert!(
            operands.iter().all(|(operand, _)| operand.is_constant() || operand.node.is_beside(origin)),
            "an operand of `custom` does not belong to this tape, or was made before `clear`; make it with `var` of \
             this tape, or pass `Value::constant(x)`"
        );
        wide(value, pairs(operands.iter().copied()))
    }

    /// Forgets all records and keeps their memory. The values made so far must no longer be used.
    ///
    /// # Panics
    ///
    /// If a sweep over this tape is under way.
    ///
    /// # Examples
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
    #[track_caller]
    pub fn clear(&self) {
        let mut records = self.inner.lend();
        records.all.clear();
        records.wide.clear();
        records.variables = 0;
        drop(records);
        let slot = self.inner.origin.get().slot();
        self.inner.origin.set(fresh_origin(slot));
        SLOTS.with(|slots| {
            self.unlink(&slots[slot]);
            push_front(&slots[slot], Rc::as_ptr(&self.inner));
        });
    }

    fn unlink(&self, slot: &Slot) {
        unlink(slot, |inner| ptr::eq(inner, Rc::as_ptr(&self.inner)));
    }

    /// The number of records: one for a variable, a join of two nodes, a retained value, or two operands of a node
    /// of many.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.inner.lend().all.len()
    }

    /// Whether nothing was recorded since the tape was made or cleared.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory that the records take, in bytes; spare capacity does not count.
    #[track_caller]
    pub fn bytes(&self) -> usize {
        let records = self.inner.lend();
        size_of_val(&records.all[..]) + size_of_val(&records.wide[..])
    }
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("id", &self.inner.origin.get().tape()).field("len", &self.len()).finish()
    }
}

impl<T: Scalar> Drop for Tape<T> {
    fn drop(&mut self) {
        SLOTS.with(|slots| self.unlink(&slots[self.inner.origin.get().slot()]));
    }
}

/// Records a join of two nodes of one tape: the new node changes as they do, each times its partial.
#[inline(always)]
#[track_caller]
pub(crate) fn record<T: Scalar>(a: Node, b: Node, partials: [T; 2]) -> Node {
    let record = Record { nodes: [a.index(), b.index()], partials };
    // SAFETY: nothing in `push` calls foreign code.
    unsafe { &*find::<T>(a) }.push(record)
}

/// Two operands of a node of many, each with its partial. A constant fills up an odd number.
pub(crate) type Pair<T> = [(Value<T>, T); 2];

/// Operands two by two.
#[inline]
pub(crate) fn pairs<T: Scalar>(
    operands: impl Iterator<Item = (Value<T>, T)> + Clone,
) -> impl Iterator<Item = Pair<T>> + Clone {
    let mut operands = operands;
    std::iter::from_fn(move || {
        let first = operands.next()?;
        Some([first, operands.next().unwrap_or_else(|| (Value::constant(T::zero()), T::zero()))])
    })
}

/// A value of the number `data` that changes as its operands do, each times its partial.
#[inline]
#[track_caller]
pub(crate) fn wide<T: Scalar>(data: T, pairs: impl Iterator<Item = Pair<T>> + Clone) -> Value<T> {
    let active = || pairs.clone().flatten().filter(|(value, _)| !value.is_constant());
    let Some((first, _)) = active().next() else {
        return Value::constant(data);
    };
    if active().all(|(value, _)| value.node.is(first.node)) {
        let slopes = active().map(|(value, partial)| scaled(partial, value.slope));
        let slope = slopes.fold(T::zero(), |sum, slope| sum + slope);
        return Value { data, slope, node: first.node.derived() };
    }
    let is_foreign = |node: Node| !node.is_constant() & !node.is_beside(first.node);
    // Foreign arithmetic makes the records, so they reach the tape a chunk at a time.
    let mut chunk = [const { MaybeUninit::uninit() }; 16];
    let (mut rest, mut node) = (pairs, None);
    loop {
        let here = rest.clone();
        // What is rare is looked at once a chunk, so that the loop stays free of calls.
        let (mut len, mut foreign, mut nan) = (0, false, false);
        for (record, [(a, partial_a), (b, partial_b)]) in chunk.iter_mut().zip(&mut rest) {
            let partials = [partial_a * a.slope, partial_b * b.slope];
            nan |= partials[0].is_nan() | partials[1].is_nan();
            foreign |= is_foreign(a.node) | is_foreign(b.node);
            // A constant hangs on node 0 with slope 0.
            record.write(Record { nodes: [a.node.index(), b.node.index()], partials });
            len += 1;
        }
        if foreign {
            let other = here.flatten().map(|(value, _)| value.node).find(|&node| is_foreign(node));
            mismatch::<T>(first.node, other.unwrap_or(first.node));
        }
        // SAFETY: the first `len` records of the chunk were just written, and `MaybeUninit` has their layout.
        let new = unsafe { &mut *(ptr::from_mut(&mut chunk[..len]) as *mut [Record<T>]) };
        if nan {
            for (record, [(a, partial_a), (b, partial_b)]) in new.iter_mut().zip(here) {
                record.partials = [scaled(partial_a, a.slope), scaled(partial_b, b.slope)];
            }
        }
        // SAFETY: nothing in `extend` calls foreign code.
        let extended = unsafe { &*find::<T>(first.node) }.extend(new, node);
        if len < chunk.len() {
            return Value::own(data, first.node.origin().at(extended.end - 1));
        }
        node = Some(extended);
    }
}

/// Lends the records of a tape to `sweep`, which may run any arithmetic of `T`.
#[track_caller]
pub(crate) fn read<T: Scalar, R>(node: Node, sweep: impl FnOnce(&Records<T>) -> R) -> R {
    sweep(&hold::<T>(node).lend())
}

/// The tape of a node, alive and unmoved until foreign code runs. Panics if there is none on this thread.
#[inline(always)]
#[track_caller]
fn find<T: Scalar>(node: Node) -> *const Inner<T> {
    SLOTS.with(|slots| {
        // The slot named by a node of a `Value<T>` holds `Inner<T>` only (module invariant).
        let slot = &slots[node.slot()];
        if !node.is_beside(slot.origin.get()) {
            bring_to_front::<T>(slot, node);
        }
        slot.head.get().cast()
    })
}

/// [`find`], kept alive even if foreign code drops the tape.
#[track_caller]
fn hold<T: Scalar>(node: Node) -> Rc<Inner<T>> {
    let inner = find::<T>(node);
    // SAFETY: `inner` comes from `Rc::as_ptr` and is alive; the count is raised for the new owner.
    unsafe {
        Rc::increment_strong_count(inner);
        Rc::from_raw(inner)
    }
}

impl<T: Scalar> Inner<T> {
    /// The hot path of the crate: a dozen instructions, no call.
    #[inline(always)]
    #[track_caller]
    fn push(&self, record: Record<T>) -> Node {
        // SAFETY: `Inner` is not `Sync`, and nothing in this function calls foreign code, so this is the only
        // reference. While the records are lent, the stand-in has no room, and `grow` refuses.
        let all = unsafe { &mut (*self.records.get()).all };
        let len = all.len();
        if len == all.capacity() {
            self.grow(all, 1);
        }
        // SAFETY: there is room for one more record, and it is written before the length says so.
        unsafe {
            all.as_mut_ptr().add(len).write(record);
            all.set_len(len + 1);
        }
        self.origin.get().at(node_number(len))
    }

    /// Appends variables and returns the first.
    #[inline]
    #[track_caller]
    fn push_variables(&self, count: usize) -> u32 {
        let variable = Record { nodes: [0; 2], partials: [T::zero(); 2] };
        // SAFETY: as in `push`.
        let Records { all, variables, .. } = unsafe { &mut *self.records.get() };
        let first = all.len();
        if all.capacity() - first < count {
            self.grow(all, count);
        }
        all.resize(first + count, variable);
        // A variable behind other records is swept like them, to no effect.
        if *variables == first {
            *variables += count;
        }
        node_number(first)
    }

    /// Appends records to the node of many operands `node`, or to a new one, and returns the records of the node.
    #[inline]
    #[track_caller]
    fn extend(&self, new: &[Record<T>], node: Option<Range<u32>>) -> Range<u32> {
        // SAFETY: as in `push`.
        let Records { all, wide, .. } = unsafe { &mut *self.records.get() };
        self.assert_not_lent();
        reserve(all, new.len());
        let start = node_number(all.len());
        all.extend_from_slice(new);
        let end = node_number(all.len());
        let Some(node) = node else {
            wide.push(start..end);
            return start..end;
        };
        assert_eq!(node.end, start, "the arithmetic of a scalar type must not record on a tape of that type");
        if let Some(last) = wide.last_mut() {
            last.end = end;
        }
        node.start..end
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn grow(&self, all: &mut Vec<Record<T>>, count: usize) {
        self.assert_not_lent();
        reserve(all, count);
    }

    #[track_caller]
    fn assert_not_lent(&self) {
        assert!(
            !self.lent.get(),
            "the tape is busy; the arithmetic of its scalar type must neither record on it nor clear it"
        );
    }

    /// The records, for code that may call foreign code. They are put back even if that panics.
    #[inline]
    #[track_caller]
    fn lend(&self) -> Loan<'_, T> {
        self.assert_not_lent();
        self.lent.set(true);
        // SAFETY: `lent` was false, so no other reference to the records exists.
        Loan { inner: self, records: take(unsafe { &mut *self.records.get() }) }
    }
}

/// The records of a tape, away from it.
struct Loan<'a, T> {
    inner: &'a Inner<T>,
    records: Records<T>,
}

impl<T> Deref for Loan<'_, T> {
    type Target = Records<T>;

    #[inline]
    fn deref(&self) -> &Records<T> {
        &self.records
    }
}

impl<T> DerefMut for Loan<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Records<T> {
        &mut self.records
    }
}

impl<T> Drop for Loan<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: there is one loan at a time, and the stand-in is only touched within `push`.
        unsafe { *self.inner.records.get() = take(&mut self.records) };
        self.inner.lent.set(false);
    }
}

impl<T> Default for Records<T> {
    #[inline]
    fn default() -> Self {
        Self { all: Vec::new(), wide: Vec::new(), variables: 0 }
    }
}

/// The slot of a scalar type, given to it when its first tape is made.
fn slot_of<T: 'static>() -> usize {
    static TYPES: [OnceLock<TypeId>; SLOT_COUNT] = [const { OnceLock::new() }; SLOT_COUNT];
    let id = TypeId::of::<T>();
    TYPES.iter().position(|slot| *slot.get_or_init(|| id) == id).unwrap_or_else(|| {
        panic!("this process has tapes of {SLOT_COUNT} scalar types already; use fewer types of numbers on tapes")
    })
}

/// The first node of a tape whose id no tape has had, until 2^26 tapes and clears of its scalar type have gone by.
fn fresh_origin(slot: usize) -> Node {
    static EPOCHS: [AtomicU32; SLOT_COUNT] = [const { AtomicU32::new(1) }; SLOT_COUNT];
    loop {
        let epoch = EPOCHS[slot].fetch_add(1, Ordering::Relaxed) % EPOCH_COUNT;
        if epoch != 0 {
            return Node::own(epoch << SLOT_BITS | node_number(slot), 0);
        }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "`reserve` keeps the length of a tape below 2^32")]
fn node_number(index: usize) -> u32 {
    index as u32
}

/// Makes room for `count` more records, and then for twice as many as there are.
#[inline]
#[track_caller]
fn reserve<T>(all: &mut Vec<Record<T>>, count: usize) {
    if all.capacity() - all.len() < count {
        enlarge(all, count);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn enlarge<T>(all: &mut Vec<Record<T>>, count: usize) {
    let (len, size) = (all.len(), size_of::<Record<T>>());
    assert!(
        count <= MAX_RECORDS - len,
        "the tape is full: it has {len} records and wants {count} more, but can number 2^32 - 1; clear it more often"
    );
    let capacity = (len + count).max(2 * len).clamp(FIRST_RECORDS, MAX_RECORDS);
    if all.try_reserve_exact(capacity - len).is_err() {
        panic!("the tape cannot get memory for {capacity} records of {size} bytes; clear it more often");
    }
    assert!(all.capacity() <= MAX_RECORDS, "the allocator gave a tape room for more than 2^32 - 1 records");
}

fn push_front<T: Scalar>(slot: &Slot, inner: *const Inner<T>) {
    // SAFETY: the caller owns `inner` or took it from the list.
    let tape = unsafe { &*inner };
    tape.next.set(slot.head.get().cast());
    slot.head.set(inner.cast());
    slot.origin.set(tape.origin.get());
}

/// Takes the first tape for which `wanted` holds out of the list of its slot.
fn unlink<T: Scalar>(slot: &Slot, wanted: impl Fn(&Inner<T>) -> bool) -> Option<*const Inner<T>> {
    let mut previous: Option<&Inner<T>> = None;
    let mut next: *const Inner<T> = slot.head.get().cast();
    // SAFETY: the list holds live tapes of this slot's type only (module invariant), and no foreign code runs here.
    while let Some(inner) = unsafe { next.as_ref() } {
        let rest = inner.next.get();
        if wanted(inner) {
            if let Some(previous) = previous {
                previous.next.set(rest);
            } else {
                slot.head.set(rest.cast());
                // SAFETY: as above.
                slot.origin.set(unsafe { rest.as_ref() }.map_or(Node::CONSTANT, |rest| rest.origin.get()));
            }
            return Some(next);
        }
        previous = Some(inner);
        next = rest;
    }
    None
}

#[cold]
#[inline(never)]
#[track_caller]
fn bring_to_front<T: Scalar>(slot: &Slot, node: Node) {
    match unlink::<T>(slot, |inner| node.is_beside(inner.origin.get())) {
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
pub(crate) fn mismatch<T: Scalar>(a: Node, b: Node) -> ! {
    // A value of no living tape gets the message that says so.
    find::<T>(a);
    find::<T>(b);
    panic!(
        "values of two different tapes met in one operation; make both with the same tape, or pass one as \
         `Value::constant(x.data())`"
    )
}
