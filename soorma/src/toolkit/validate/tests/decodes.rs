//! What is taken can be decoded.

use schemars::schema_for;
use serde_json::{Value, json};

use super::{super::Validator, texts::Order};
use crate::schema::tests::random::Random;

#[test]
fn what_is_taken_decodes_into_the_type() {
    let schema = schema_for!(Order).to_value();
    let validator = Validator::new(&schema).unwrap();
    let mut random = Random(0xdec0de);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut value = random.value(&schema, &schema, 4);
        for _ in 0..random.below(3) {
            mutate(&mut random, &mut value);
        }
        if let Err(found) = validator.validate(&value) {
            assert!(found.total() > 0 && found.iter().count() > 0, "{value}");
            refused += 1;
            continue;
        }
        taken += 1;
        if let Err(error) = serde_json::from_value::<Order>(value.clone()) {
            panic!("{value} is taken, but: {error}");
        }
    }
    assert!(taken > 1000 && refused > 5000, "{taken} {refused}");
}

/// Puts something else somewhere.
fn mutate(random: &mut Random, value: &mut Value) {
    let deeper = random.below(3) > 0;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let at = random.below(fields.len());
            if let Some(field) = fields.values_mut().nth(at) {
                return mutate(random, field);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = random.below(items.len());
            return mutate(random, &mut items[at]);
        }
        Value::Object(fields) if random.below(2) == 0 => {
            let names = ["note", "zip", "x", "y", "name", "by", "Card", "1", "order_id", "invented"];
            fields.insert(names[random.below(names.len())].to_owned(), json!(random.below(300)));
            return;
        }
        _ => {}
    }
    let others = [
        json!(null),
        json!(1.0),
        json!(-1),
        json!(256),
        json!(4_294_967_296_u64),
        json!("Cash"),
        json!("open"),
        json!([]),
        json!({}),
        json!(u64::MAX),
        json!(1e300),
        json!({"x": 1, "y": 2}),
        json!({"by": "post", "zip": "1"}),
        json!(""),
    ];
    *value = others[random.below(others.len())].clone();
}
