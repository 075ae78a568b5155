//! Claims about memory: a steady training loop allocates nothing.

#![allow(unsafe_code, reason = "a global allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gradtape::nn::{
    Activation, Adam, Dataset, Init, Mlp, Optimizer, Sgd, Target, Trainer, Workspace, loss::sum_of_squares,
};
use gradtape::{Gradients, Tape, Value};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The allocator of the system, counting the calls of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    COUNT.with(|count| count.set(count.get() + 1));
}

// SAFETY: all calls go to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

fn network() -> Mlp<f64> {
    let layers = [(16, Activation::Tanh), (3, Activation::Identity)];
    Mlp::new(40, &layers, Init::Xavier, &mut StdRng::seed_from_u64(1)).unwrap()
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1.0; 10]))), 1);
}

#[test]
fn a_loop_written_by_hand_allocates_nothing_after_the_first_step() {
    let mut plain = network();
    let tape = Tape::new();
    let mut values = plain.map(Value::constant);
    let mut workspace = Workspace::new();
    let mut gradients = Gradients::new();
    let mut gradient = vec![0.0; plain.parameters().len()];
    let mut optimizer = Sgd::new(0.01).with_momentum(0.9);
    let x = [Value::from(0.5); 40];
    let mut step = || {
        tape.clear();
        plain.map_into(&mut values, |w| tape.var(w));
        let loss = sum_of_squares(values.forward_into(&x, &mut workspace).unwrap(), &[1.0, 0.0, -1.0]);
        loss.backward_into(&mut gradients);
        gradients.wrt_into(values.parameters(), &mut gradient);
        optimizer.step(plain.parameters_mut(), &gradient);
    };
    assert!(allocations(&mut step) > 0);
    step();
    assert_eq!(allocations(|| (0..100).for_each(|_| step())), 0);
}

#[test]
fn epochs_allocate_nothing_after_the_first() {
    let rows = (0_u32..10 * 40).map(|i| f64::from(i % 7)).collect();
    let names = (0..40).map(|i| format!("x{i}")).collect();
    let classes = Target::Classes {
        names: ["a", "b", "c"].map(String::from).into(),
        labels: (0..10).map(|row| row % 3).collect(),
    };
    let data = Dataset::new(names, rows, classes).unwrap();
    let mut rng = StdRng::seed_from_u64(2);
    let mut trainer = Trainer::new(network(), Adam::new(0.01));
    let mut epoch = || trainer.epoch(&data, 4, &mut rng).unwrap();
    epoch();
    assert_eq!(allocations(|| (0..20).for_each(|_| _ = epoch())), 0);
}
