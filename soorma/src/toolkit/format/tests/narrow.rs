//! What the schemas of tools take: nothing that the payload's schema refuses, and if they are not strict, nothing less.

use jsonschema::Validator as Reference;
use serde_json::{Value, json};

use super::{
    super::{ToolStyle, parameters::Parameters, plain::plain, prompt, strict::strict, tools},
    kinds,
};
use crate::{schema::tests::random::Random, toolkit::Validator};

fn reference(schema: &Value) -> Reference {
    jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// Values that are of the schema, or near to one that is.
fn values(random: &mut Random, schema: &Value, count: usize) -> Vec<Value> {
    (0..count)
        .map(|_| {
            let mut value = random.value(schema, schema, 4);
            if random.below(8) > 0 {
                complete(random, schema, &mut value);
            }
            for _ in 0..random.below(3) {
                change(random, &mut value);
            }
            value
        })
        .collect()
}

/// Adds the fields that are missing at the top.
fn complete(random: &mut Random, schema: &Value, value: &mut Value) {
    let Value::Object(given) = value else { return };
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if !given.contains_key(name) {
            given.insert(name.clone(), random.value(schema, field, 4));
        }
    }
}

fn change(random: &mut Random, value: &mut Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() && random.below(3) > 0 => {
            let at = random.below(fields.len());
            fields.values_mut().nth(at).into_iter().for_each(|field| change(random, field));
        }
        Value::Object(fields) if random.below(2) == 0 => {
            _ = fields.insert(["x", "kind", "id", "B", "data"][random.below(5)].to_owned(), json!(1));
        }
        Value::Array(items) if !items.is_empty() && random.below(3) > 0 => {
            let at = random.below(items.len());
            change(random, &mut items[at]);
        }
        other => {
            let others = [
                json!(null),
                json!(0),
                json!(300),
                json!(1.0),
                json!(0.5),
                json!("x"),
                json!("Unit"),
                json!({}),
                json!([]),
            ];
            *other = others[random.below(others.len())].clone();
        }
    }
}

/// Checks one schema; gives how many values the strict one took.
fn check(random: &mut Random, name: &str, schema: &Value, count: usize) -> Option<usize> {
    let whole = reference(schema);
    let ours = Validator::new(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    let flat = plain(schema);
    let inlined = reference(&flat);
    for source in [schema, &flat] {
        for value in values(random, source, count) {
            if inlined.is_valid(&value) {
                assert!(whole.is_valid(&value), "{name}: {value} is of {flat}\nbut not of {schema}");
            }
            if ours.validate(&value).is_ok() {
                assert!(inlined.is_valid(&value), "{name}: {value} is of {schema}\nbut not of {flat}");
            }
        }
    }
    let parameters = Parameters::of(schema);
    assert_eq!(parameters.schema["type"], "object", "{name}");
    let narrow = strict(&parameters.schema)?;
    let narrowed = reference(&narrow);
    let mut taken = 0;
    for source in [&narrow, &parameters.schema] {
        for value in values(random, source, count) {
            if narrowed.is_valid(&value) {
                taken += 1;
                let payload = parameters.payload(value.clone());
                assert!(
                    whole.is_valid(&payload),
                    "{name}: {value} is of {narrow}\nbut {payload} not of {schema}"
                );
            }
        }
    }
    Some(taken)
}

#[test]
fn what_a_tool_takes_its_payload_takes_for_every_kind_of_type() {
    let mut random = Random(0x7001);
    for kind in kinds::all() {
        let taken = check(&mut random, kind.name, &kind.schema, 200);
        assert_eq!(taken.is_some(), kind.strict, "{}: {}", kind.name, kind.schema);
        assert!(taken.is_none_or(|taken| taken > 5), "{}: {taken:?} values", kind.name);
        let validator = Validator::new(&kind.schema).unwrap();
        assert!(validator.validate(&kind.example).is_ok(), "{}", kind.name);
        // All is valid JSON for the one that takes any.
        assert_eq!(validator.validate(&kind.wrong).is_err(), kind.name != "any_json", "{}", kind.name);
    }
}

#[test]
fn what_a_tool_takes_its_payload_takes_for_random_schemas() {
    let mut random = Random(0x5eed);
    let (mut strict, mut taken) = (0, 0);
    for _ in 0..300 {
        let schema = random.document();
        let root = json!({"type": "object", "properties": {"a": schema, "b": {"$ref": "#/$defs/D"}}, "required": ["a"],
            "$defs": schema["$defs"]});
        for schema in [&schema, &root] {
            if let Some(count) = check(&mut random, "random", schema, 10) {
                strict += 1;
                taken += count;
            }
        }
    }
    assert!(strict > 50 && taken > 250, "{strict} {taken}");
}

#[test]
fn a_strict_schema_is_nowhere_open() {
    fn walk(node: &Value, path: &str) {
        if node["type"] == "object" {
            let fields = node["properties"].as_object().unwrap_or_else(|| panic!("{path}: no properties"));
            assert_eq!(node["additionalProperties"], false, "{path}");
            assert_eq!(node["required"].as_array().map(Vec::len), Some(fields.len()), "{path}");
        }
        for (word, value) in node.as_object().into_iter().flatten() {
            let known = [
                "type",
                "properties",
                "required",
                "additionalProperties",
                "items",
                "enum",
                "anyOf",
                "$ref",
                "$defs",
                "description",
                "minimum",
                "maximum",
                "minItems",
                "maxItems",
            ];
            assert!(known.contains(&word.as_str()), "{path}: {word}");
            match word.as_str() {
                "properties" | "$defs" => {
                    value
                        .as_object()
                        .unwrap()
                        .iter()
                        .for_each(|(name, node)| walk(node, &format!("{path}/{name}")));
                }
                "anyOf" => value.as_array().unwrap().iter().for_each(|node| walk(node, path)),
                "items" => walk(value, &format!("{path}/*")),
                "$ref" => assert_eq!(node.as_object().unwrap().len(), 1, "{path}"),
                _ => {}
            }
        }
    }
    for kind in kinds::all() {
        if let Some(narrow) = strict(&Parameters::of(&kind.schema).schema) {
            walk(&narrow, kind.name);
        }
    }
}

#[test]
fn a_choice_of_exactly_one_is_strict_only_where_no_value_fits_two() {
    let choice = |one: Value, two: Value| {
        let choice = json!({"oneOf": [one, two]});
        strict(&json!({"type": "object", "properties": {"a": choice}, "required": ["a"]})).is_some()
    };
    let object = |fields: Value, required: Value| json!({"type": "object", "properties": fields, "required": required});
    let text = json!({"type": "string"});
    let number = json!({"type": "integer"});
    let closed = |mut object: Value| {
        object["additionalProperties"] = false.into();
        object
    };
    assert!(choice(text.clone(), number.clone()));
    assert!(choice(json!({"type": "string", "enum": ["a", "b"]}), json!({"const": "c"})));
    assert!(!choice(json!({"type": "string", "enum": ["a", "b"]}), json!({"const": "b"})));
    assert!(!choice(json!({"const": 1}), json!({"const": 1.0})));
    assert!(!choice(json!({"type": "integer", "minimum": 5}), json!({"type": "integer", "maximum": 5})));
    // Each requires what the other lacks.
    let (a, b) = (object(json!({"x": text}), json!(["x"])), object(json!({"y": text}), json!(["y"])));
    assert!(choice(a.clone(), b.clone()));
    // The second takes the first's values too.
    let loose = object(json!({"y": {"type": ["string", "null"]}}), json!([]));
    assert!(!choice(a.clone(), loose.clone()));
    assert!(choice(a, closed(loose)));
    // A field of another type in each; strict mode does not see it if it comes first.
    let (a, b) = (object(json!({"x": text}), json!(["x"])), object(json!({"x": number}), json!(["x"])));
    assert!(!choice(a, b));
}

#[test]
fn what_is_too_large_or_too_deep_is_not_strict() {
    let fields = |count: usize| {
        let fields: serde_json::Map<_, _> =
            (0..count).map(|at| (format!("f{at}"), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": fields})
    };
    let required = |count: usize| {
        let mut schema = fields(count);
        schema["required"] = schema["properties"].as_object().unwrap().keys().cloned().collect();
        schema
    };
    assert!(strict(&required(5000)).is_some());
    assert!(strict(&required(5001)).is_none());
    assert!(strict(&fields(1)).is_none(), "a field that may be missing and has no default");
    let values = |count: usize, long: &str| {
        let values: Vec<_> = (0..count).map(|at| format!("{at}{long}")).collect();
        json!({"type": "object", "properties": {"a": {"type": "string", "enum": values}}, "required": ["a"]})
    };
    assert!(strict(&values(1000, "")).is_some());
    assert!(strict(&values(1001, "")).is_none());
    assert!(strict(&values(250, &"x".repeat(100))).is_some());
    assert!(strict(&values(251, &"x".repeat(100))).is_none());
    let deep = |levels: usize| {
        let inner = json!({"type": "object", "properties": {}});
        (1..levels)
            .fold(inner, |inner, _| json!({"type": "object", "properties": {"a": inner}, "required": ["a"]}))
    };
    assert!(strict(&deep(10)).is_some());
    assert!(strict(&deep(11)).is_none());
}

/// Without a limit, 30 types that hold each other twice are a schema of a billion parts.
#[test]
fn references_stay_where_the_whole_would_be_too_large() {
    let mut definitions = serde_json::Map::new();
    for at in 0..30 {
        let next = json!({"$ref": format!("#/$defs/T{}", at + 1)});
        definitions.insert(format!("T{at}"), json!({"type": "object", "properties": {"a": next, "b": next}}));
    }
    definitions.insert("T30".to_owned(), json!({"type": "string"}));
    let flat = plain(&json!({"$ref": "#/$defs/T0", "$defs": definitions}));
    assert!(flat.to_string().len() < 10_000);
    assert!(reference(&flat).is_valid(&json!({"a": {"b": {}}})));
    assert!(!reference(&flat).is_valid(&json!({"a": {"b": 1}})));
}

/// Whatever another process has registered: it is shown as it is, and nothing falls over.
#[test]
fn a_schema_that_makes_no_sense_is_shown_all_the_same() {
    let junk = |random: &mut Random| {
        let all = [
            json!(true),
            json!(null),
            json!(7),
            json!("#"),
            json!([]),
            json!([{}]),
            json!({}),
            json!({"$ref": "#"}),
            json!({"$ref": 5}),
            json!({"$ref": "#/$defs/D"}),
            json!({"$ref": "other.json"}),
            json!({"type": ["x"]}),
        ];
        all[random.below(all.len())].clone()
    };
    let words = [
        "$ref",
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "enum",
        "const",
        "additionalProperties",
        "format",
        "minimum",
        "description",
        "default",
        "$defs",
        "title",
        "prefixItems",
    ];
    let mut random = Random(0xbad);
    for _ in 0..3000 {
        let mut schema = random.document();
        schema["title"] = ["", "ü", "D"][random.below(3)].into();
        for _ in 0..3 {
            let (word, value) = (words[random.below(words.len())], junk(&mut random));
            let nodes = [&["$defs", "D"][..], &[], &["properties", "a"], &["anyOf", "0"]];
            let pointer: String = nodes[random.below(4)].iter().map(|step| format!("/{step}")).collect();
            if let Some(Value::Object(node)) = schema.pointer_mut(&pointer) {
                node.insert(word.to_owned(), value);
            }
        }
        let definitions = super::one(super::definition("a.b", schema));
        for style in ToolStyle::ALL {
            assert_eq!(tools(style, &definitions).len(), 1);
        }
        assert!(prompt(&definitions).lines().any(|line| line.starts_with("  schema of the data: ")));
    }
}
