//! The abilities and the costs of tapes: many at once, nested, on several threads, with few small records.

use gradtape::check::random::Table;
use gradtape::{Gradients, Tape, Value, checkpoint, gradient};
use testing::panics::{assert_refused, panic_of};
use testing::{TestFloat, number, partials, quickcheck};

/// Makes, uses, clears and drops tapes in the order of the bytes; every gradient is always right.
fn interleaved<T: TestFloat>(program: Vec<u8>) {
    let mut tapes: Vec<(Tape<T>, Vec<Value<T>>)> = Vec::new();
    for byte in program {
        let action = byte % 8;
        let k = usize::from(byte / 8) % tapes.len().max(1);
        if tapes.is_empty() || (action == 0 && tapes.len() < 9) {
            let tape = if byte < 64 { Tape::with_capacity(7) } else { Tape::new() };
            let x = tape.vars(&[T::one(), number(2.0)]);
            tapes.push((tape, x));
        } else if action == 1 {
            tapes.swap_remove(k);
        } else if action == 2 {
            let (tape, x) = &mut tapes[k];
            tape.clear();
            *x = vec![tape.var(T::one()), tape.var(number(2.0))];
        } else {
            let x = &mut tapes[k].1;
            let product = x[x.len() - 2] * x[x.len() - 1];
            x.push(product * (T::one() / product.data()));
        }
        for (_, x) in &tapes {
            let gradients = (x[0] * x[0] * x[1] + x[x.len() - 1] * T::zero()).backward();
            assert_eq!(gradients.wrt_all(&x[..2]), [number::<T>(4.0), T::one()]);
        }
    }
}

#[test]
fn many_tapes_live_and_die_in_any_order() {
    quickcheck(300, interleaved::<f64> as fn(Vec<u8>));
    quickcheck(300, interleaved::<f32> as fn(Vec<u8>));
}

#[test]
fn tapes_of_different_numbers_live_side_by_side_and_nest() {
    let (single, double, nested) = (Tape::<f32>::new(), Tape::<f64>::new(), Tape::<Value<f64>>::new());
    let (a, x) = (single.var(3.0), double.var(3.0));
    let b = nested.var(x);
    let first = (a * a, x * x, b * b * b);
    let slope = first.2.backward().wrt(b);
    assert_eq!((first.0.backward().wrt(a), first.1.backward().wrt(x)), (6.0, 6.0));
    assert_eq!((slope.data(), slope.backward().wrt(x)), (27.0, 18.0));
    drop(double);
    assert_refused("keep the tape alive", || x.backward());
    assert_refused("keep the tape alive", || (b * b).backward().wrt(b).backward());
}

/// An outer tape whose first node is `z`, and whose other numbers are values of two inner tapes. What is recorded of
/// one of them has nothing to do with the gradient of what is computed with the other.
#[test]
fn two_inner_tapes_meet_only_where_an_output_mixes_them() {
    type Outer = Value<Value<f64>>;
    type Aside = (&'static str, fn(&Tape<Value<f64>>, [Outer; 2]));
    const ASIDE: [Aside; 6] = [
        ("a join", |_, [z, x]| _ = z * x),
        ("two joins", |_, [z, x]| _ = (z * x).sin() * x + z * x),
        ("many operands", |_, [z, x]| _ = Value::dot(&[z, x, z], &[x, z, x]) + [z, x, z].iter().product::<Outer>()),
        ("an operation", |tape, [z, x]| _ = tape.custom(x.data(), &[(z, x.data()), (x, x.data())])),
        ("a checkpoint", |_, inputs| _ = checkpoint(|x| [x[0] * x[1], x[0] - x[1]], &inputs)),
        ("a checkpoint of a sum", |_, inputs| _ = checkpoint(|x| [x.iter().sum::<Outer>().sin()], &inputs)),
    ];
    for (name, aside) in ASIDE {
        let (outer, inner) = (Tape::new(), [Tape::new(), Tape::new()]);
        let [p, q] = [inner[0].var(2.0), inner[1].var(3.0)];
        let [z, x, y] = [Value::constant(5.0), p, q].map(|number| outer.var(number));
        for (own, number, strange) in [(x, p, y), (y, q, x)] {
            aside(&outer, [z, strange]);
            let product = z * own;
            aside(&outer, [z, strange]);
            let [squared] = checkpoint(|v| [v[0] * v[0]], &[product]);
            aside(&outer, [z, strange]);
            let sum = [squared, z, product].iter().sum::<Outer>();
            aside(&outer, [z, strange]);
            // (z own)² + z + z own
            let gradients = sum.backward();
            let n = number.data();
            let by = |v: Outer| gradients.wrt(v);
            assert_eq!([by(z).data(), by(own).data()], [10.0 * n * n + 1.0 + n, 50.0 * n + 5.0], "{name}");
            assert_eq!(by(z).backward().wrt(number), 20.0 * n + 1.0, "{name}");
            assert_eq!(by(own).backward().wrt(number), 50.0, "{name}");
            assert!(by(strange).is_constant() && by(strange) == 0.0, "{name}");
        }
    }
    // Partials of two tapes by operands of one operation: each stays with its operand.
    let (outer, inner) = (Tape::<Value<f64>>::new(), [Tape::new(), Tape::new()]);
    let [p, q] = [inner[0].var(2.0), inner[1].var(3.0)];
    let [z, x] = [outer.var(Value::constant(1.0)), outer.var(Value::constant(2.0))];
    let join = z * x;
    let late = outer.var(Value::constant(4.0));
    let constant = Value::constant(Value::constant(1.0));
    let operations: [&[(Outer, Value<f64>)]; 4] = [
        &[(z, p), (late, q)],
        &[(late, q), (z, p)],
        &[(z, p), (late, q), (constant, q)],
        &[(late, q), (constant, p), (z, p)],
    ];
    for operands in operations {
        let gradients = outer.custom(Value::constant(1.0), operands).backward();
        let [by_z, by_late] = [z, late].map(|v| gradients.wrt(v));
        assert_eq!((by_z.backward().wrt(p), by_late.backward().wrt(q)), (1.0, 1.0));
        assert!(gradients.wrt(join).is_constant());
    }
}

#[test]
fn gradients_are_taken_inside_gradients() {
    // y(x) = x · d/du (u² x) at u = x, which is 2x³ for the plain inner x.
    let (y, slopes) = gradient(
        |x| {
            let (inner, inner_slopes) = gradient(|u| u[0] * u[0] * x[0].data(), &[x[0].data()]);
            assert_eq!(inner, x[0].data().powi(3));
            x[0] * x[0] * inner_slopes[0] + x[0]
        },
        &[3.0_f64],
    );
    assert_eq!((y, slopes), (9.0 * 18.0 + 3.0, vec![6.0 * 18.0 + 1.0]));
    let second = gradient(|x| gradient(|u: &[Value<Value<f64>>]| u[0].powi(3), x).1[0], &[2.0]);
    assert_eq!(second, (12.0, vec![12.0]));
}

#[test]
fn a_panic_while_recording_leaves_the_tape_usable() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, foreign) = (tape.vars(&[2.0, 3.0, 5.0]), other.var(1.0));
    for _ in 0..3 {
        panic_of(|| x[0] * x[1] * foreign);
        panic_of(|| Value::dot(&[x[0], x[1], x[2]], &[x[1], x[2], foreign]));
        panic_of(|| x.iter().map(|&x| if x == 5.0 { panic!("user") } else { x * x }).sum::<Value<f64>>());
        panic_of(|| tape.custom(1.0, &[(x[0], 1.0), (x[1], 1.0), (x[2], 1.0), (foreign, 1.0)]));
        panic_of(|| x[0].backward().wrt(foreign));
        panic_of(|| gradient(|x| if x[0] > 0.0 { panic!("user") } else { x[0] }, &[1.0]));
        let y = x[0] * x[1] * x[2] + x.iter().sum::<Value<f64>>();
        assert_eq!(y.backward().wrt_all(&x), [16.0, 11.0, 7.0]);
    }
}

#[test]
fn values_and_gradients_travel_to_another_thread_and_back() {
    let tape = Tape::new();
    let (x, y) = (tape.var(2.0), tape.var(3.0));
    let gradients = (x * y).backward();
    let (z, gradients) = std::thread::spawn(move || {
        assert_eq!(gradients.wrt(x), 3.0);
        (x.powi(2) * 5.0 + x, gradients)
    })
    .join()
    .unwrap();
    assert_eq!((z * y).backward().wrt_all(&[x, y]), [63.0, 22.0]);
    assert_eq!(gradients.wrt(y), 2.0);
}

#[test]
fn numbers_and_gradients_are_plain_data_and_tapes_stay_on_their_thread() {
    /// It has two implementations for types that are `Send` or `Sync`, so the type inference fails for them.
    trait NotSent<Which> {
        const HERE: () = ();
    }
    struct Sent;
    struct Shared;
    impl<T> NotSent<()> for T {}
    impl<T: Send> NotSent<Sent> for T {}
    trait NotShared<Which> {
        const HERE: () = ();
    }
    impl<T> NotShared<()> for T {}
    impl<T: Sync> NotShared<Shared> for T {}
    fn plain<T: Copy + Send + Sync + Unpin + 'static>() {}
    fn shared<T: Clone + Send + Sync + 'static>() {}

    plain::<Value<f64>>();
    plain::<Value<Value<f32>>>();
    shared::<Gradients<f64>>();
    let () = <Tape<f64> as NotSent<_>>::HERE;
    let () = <Tape<f64> as NotShared<_>>::HERE;
}

/// The bytes of a record, measured on a tape of joins.
fn bytes_of_a_join<T: TestFloat>() -> usize {
    let tape = Tape::new();
    let x = tape.vars(&[T::one(), T::one()]);
    let (len, bytes) = (tape.len(), tape.bytes());
    (0..1000).fold(x[0], |sum, _| sum * x[1]);
    assert_eq!((len, tape.len()), (2, 1002));
    (tape.bytes() - bytes) / 1000
}

#[test]
fn numbers_and_records_have_the_stated_sizes() {
    assert_eq!([size_of::<Value<f32>>(), size_of::<Value<f64>>()], [16, 24]);
    assert_eq!([bytes_of_a_join::<f32>(), bytes_of_a_join::<f64>()], [16, 24]);
}

#[test]
fn only_joins_of_different_nodes_are_recorded() {
    let tape = Tape::new();
    let (x, y) = (tape.var(0.7), tape.var(1.3));
    assert_eq!(tape.len(), 2);
    for op in Table::<Value<f64>>::UNARY {
        (op.f)([x]);
        assert_eq!(tape.len(), 2, "{}", op.name);
    }
    for op in Table::<Value<f64>>::BINARY {
        for operands in [[x, x.exp()], [x, 1.3.into()], [0.7.into(), y], [0.7.into(), 1.3.into()]] {
            (op.f)(operands);
            assert_eq!(tape.len(), 2, "{} {operands:?}", op.name);
        }
    }
    let _ = (x.max(y), x.min(y), x.clamp(y, 2.0 * y), x.sin_cos(), -x, x.mul_add(x, x), x.retain(), y.signum() * y);
    let _ = (
        [x, 2.0 * x].iter().sum::<Value<f64>>(),
        Value::dot(&[x, x], &[2.0.into(), x]),
        [x, x.exp()].iter().product::<Value<f64>>(),
    );
    let _ = (tape.custom(1.0, &[(x, 2.0), (x.exp(), 1.0), (3.0.into(), 1.0)]), Value::from(2.0).retain());
    assert_eq!(tape.len(), 2);
    for (count, op) in Table::<Value<f64>>::BINARY.iter().filter(|op| !["max", "min"].contains(&op.name)).enumerate() {
        (op.f)([x, y]);
        assert_eq!(tape.len(), 3 + count, "{}", op.name);
    }
    let len = tape.len();
    let _ = (x.max(y - y.data() + 0.7), (x * 2.0).retain());
    assert_eq!(tape.len(), len + 2, "a tie and a retained value are records");
}

#[test]
fn many_operands_take_less_than_one_record_each() {
    for count in 3..100 {
        let tape = Tape::new();
        let x = tape.vars(&vec![1.0; count]);
        let record = |expression: &dyn Fn() -> Value<f64>| {
            let len = tape.len();
            let slopes = expression().backward().wrt_all(&x);
            assert_eq!(slopes, vec![1.0; count]);
            tape.len() - len
        };
        // Sums and products of iterators are made in chunks. Each chunk has the previous one as an operand.
        let most = count / 2 + 1 + count / 8;
        assert!(record(&|| x.iter().sum()) <= most);
        assert!(record(&|| x.iter().product()) <= most);
        assert!(record(&|| Value::weighted_sum(&x, &vec![1.0; count])) <= most);
        assert!(record(&|| Value::dot(&x, &vec![Value::from(1.0); count])) <= most);
        assert!(record(&|| tape.custom(1.0, &x.iter().map(|&x| (x, 1.0)).collect::<Vec<_>>())) <= most);
    }
}

#[test]
fn capacity_changes_nothing_but_the_allocation() {
    for capacity in [0, 1, 1000] {
        let tape = Tape::<f64>::with_capacity(capacity);
        assert!(tape.is_empty());
        assert_eq!((tape.len(), tape.bytes()), (0, 0));
        let x = tape.var(3.0);
        let y = (0..10).fold(x, |y, _| y * x);
        assert_eq!(y.backward().wrt(x), 11.0 * 3.0_f64.powi(10));
        tape.clear();
        assert_eq!((tape.len(), tape.bytes()), (0, 0));
    }
    let (message, _) = panic_of(|| Tape::<f64>::with_capacity(usize::MAX / 64));
    assert!(message.contains("clear"), "{message}");
}

#[test]
fn a_tape_of_its_own_serves_partials_of_every_operation() {
    // Each call makes and drops a tape while another is in use.
    let tape = Tape::new();
    let x = tape.var(0.7);
    let y = x * tape.var(2.0);
    for op in Table::<Value<f64>>::UNARY {
        partials(op.f, op.at);
        assert_eq!((y * y).backward().wrt(x), 2.0 * 0.7 * 4.0);
    }
}

#[test]
fn a_sweep_into_old_gradients_forgets_them() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, y) = (tape.var(2.0), tape.var(3.0));
    let mut gradients = Gradients::new();
    (x * y * y).backward_into(&mut gradients);
    assert_eq!(gradients.wrt_all(&[x, y]), [9.0, 12.0]);
    (x * 5.0).backward_into(&mut gradients);
    assert_eq!(gradients.wrt_all(&[x, y]), [5.0, 0.0]);
    let z = other.var(1.0);
    (z * z).backward_into(&mut gradients);
    assert_eq!(gradients.wrt(z), 2.0);
    Value::from(1.0).backward_into(&mut gradients);
    assert_eq!((gradients.wrt(x), gradients.wrt(z)), (0.0, 0.0));
}
