//! What the comparison lets pass is held against a JSON Schema validator, for random schemas and values.

use super::{
    super::{Breaks, compare},
    random::Random,
};

#[test]
fn nothing_that_is_let_pass_breaks_anybody() {
    let mut random = Random(0x5eed);
    let (mut passed, mut values, mut changed) = (0, 0, 0);
    for round in 0..3000 {
        let old = random.document();
        let new = random.near(&old);
        let found = compare(&old, &new);
        assert!(compare(&old, &old).iter().all(|found| found.what.contains("cannot be told")), "{old}");
        for (from, to, breaks) in [(&old, &new, Breaks::New), (&new, &old, Breaks::Old)] {
            if found.iter().any(|found| found.breaks == breaks || found.breaks == Breaks::Both) {
                continue;
            }
            passed += 1;
            changed += usize::from(old != new);
            let [writer, reader] = [from, to].map(|schema| jsonschema::validator_for(schema).unwrap());
            for _ in 0..20 {
                let value = random.value(from, from, 3);
                if writer.is_valid(&value) {
                    values += 1;
                    assert!(
                        reader.is_valid(&value),
                        "round {round}: {value}\nis of {from}\nbut not of {to}\n{found:#?}"
                    );
                }
            }
        }
    }
    assert!(passed > 1000 && values > 10_000 && changed > 500, "{passed} {values} {changed}");
}
