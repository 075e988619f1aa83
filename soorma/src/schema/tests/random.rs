//! Random schemas as schemars writes them, schemas near to them, and the values that a program with such a type writes.

use serde_json::{Map, Value, json};

/// A small generator that always gives the same numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % bound as u64).unwrap()
    }

    fn name(&mut self) -> String {
        ["a", "b", "c", "d"][self.below(4)].to_owned()
    }

    /// A schema, with a definition that may refer to itself.
    pub(crate) fn document(&mut self) -> Value {
        let mut root = self.schema(3);
        if let Some(root) = root.as_object_mut() {
            root.insert("$defs".to_owned(), json!({"D": self.schema(2)}));
        }
        root
    }

    fn schema(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 14 }) {
            0 => json!({"type": "string"}),
            1 => json!({"type": ["string", "null"]}),
            2 => json!({"type": "integer", "minimum": self.below(3), "maximum": 3 + self.below(3)}),
            3 => json!({"type": "string", "enum": (["x", "y", "z"][..=self.below(3)])}),
            4 => json!({"type": "string", "minLength": self.below(2), "maxLength": 2 + self.below(2)}),
            5 => [json!({"type": "boolean"}), json!({"type": "number"}), json!({"type": "null"})]
                [self.below(3)]
            .clone(),
            6 => json!({"type": "array", "items": self.schema(depth - 1), "maxItems": 1 + self.below(2)}),
            7 => json!({"type": "object", "additionalProperties": self.schema(depth - 1)}),
            8 => json!({"anyOf": [self.schema(depth - 1), {"type": "null"}]}),
            9 => json!({"anyOf": [self.schema(depth - 1), self.schema(depth - 1)]}),
            10 => {
                let variants = ["x", "y", "z"].iter().take(1 + self.below(3));
                let variants: Vec<_> = variants
                    .map(|tag| {
                        let mut object = self.object(depth - 1);
                        object["properties"]["t"] = json!({"type": "string", "const": tag});
                        object["required"].as_array_mut().unwrap().push("t".into());
                        object
                    })
                    .collect();
                if self.below(3) > 0 {
                    return json!({"oneOf": variants});
                }
                let mut object = self.object(depth - 1);
                object["oneOf"] = variants.into();
                object
            }
            11 => {
                let names = ["x", "y", "z"].iter().take(1 + self.below(3));
                let variants: Vec<_> = names
                    .map(|name| {
                        json!({"type": "object", "additionalProperties": false, "required": [name],
                    "properties": {*name: self.schema(depth - 1)}})
                    })
                    .collect();
                json!({"oneOf": variants})
            }
            12 if self.below(2) == 0 => json!({"allOf": [self.object(depth - 1), self.object(depth - 1)]}),
            12 => {
                let fixed = [self.schema(depth - 1), self.schema(depth - 1)];
                json!({"type": "array", "prefixItems": fixed, "minItems": 2, "maxItems": 2})
            }
            _ => self.object(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for _ in 0..self.below(4) {
            let name = self.name();
            let schema = match self.below(6) {
                0 => json!({"$ref": "#/$defs/D"}),
                _ => self.schema(depth.saturating_sub(1)),
            };
            if properties.insert(name.clone(), schema).is_none() && self.below(2) == 0 {
                required.push(name);
            }
        }
        let mut object = json!({"type": "object", "properties": properties, "required": required});
        match self.below(8) {
            0 => object["additionalProperties"] = false.into(),
            1 => object["additionalProperties"] = true.into(),
            2 => object["additionalProperties"] = self.schema(0),
            _ => {}
        }
        object
    }

    /// The schema with a few changes.
    pub(crate) fn near(&mut self, schema: &Value) -> Value {
        let mut near = schema.clone();
        for _ in 0..=self.below(3) {
            let at = self.below(places(&near));
            self.change(&mut near, at);
        }
        near
    }

    fn change(&mut self, schema: &mut Value, at: usize) {
        let mut left = at;
        let Some(place) = find(schema, &mut left) else { return };
        let fields =
            place.get("properties").and_then(Value::as_object).map(|fields| fields.keys().cloned().collect());
        let fields: Vec<String> = fields.unwrap_or_default();
        let what = self.below(8);
        let name = self.name();
        match what {
            0 if place.get("properties").is_some() => place["properties"][&name] = self.schema(1),
            1 if !fields.is_empty() => {
                let name = &fields[self.below(fields.len())];
                _ = place["properties"].as_object_mut().unwrap().remove(name);
                if self.below(2) == 0 {
                    place["required"].as_array_mut().unwrap().retain(|other| other != name);
                }
            }
            2 if !fields.is_empty() => place["required"] = json!([fields[self.below(fields.len())]]),
            3 if place.get("properties").is_some() => {
                place["additionalProperties"] = [json!(true), json!(false)][self.below(2)].clone()
            }
            4 if place.get("oneOf").and_then(Value::as_array).is_some_and(|list| list.len() > 1) => {
                _ = place["oneOf"].as_array_mut().unwrap().pop()
            }
            5 if place.get("maximum").is_some() => place["maximum"] = json!(3 + self.below(4)),
            6 if place.get("maxLength").is_some() => place["maxLength"] = json!(2 + self.below(3)),
            7 if place.get("$defs").is_none() => *place = self.schema(1),
            _ => {}
        }
    }

    /// A value that a program with this type may write: no fields but those that are declared.
    pub(crate) fn value(&mut self, root: &Value, schema: &Value, depth: usize) -> Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let target = root.pointer(&name[1..]).unwrap().clone();
            return if depth == 0 { Value::Null } else { self.value(root, &target, depth - 1) };
        }
        let mut parts = Vec::new();
        for word in ["anyOf", "oneOf"] {
            if let Some(list) = schema.get(word).and_then(Value::as_array).filter(|list| !list.is_empty()) {
                let chosen = self.below(list.len());
                parts.push(self.value(root, &list[chosen], depth));
            }
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.value(root, part, depth));
        }
        if schema.get("type").is_some() {
            parts.push(self.plain(root, schema, depth));
        }
        let mut parts = parts.into_iter();
        let mut value = parts.next().unwrap_or(Value::Null);
        for part in parts {
            if let (Some(value), Value::Object(part)) = (value.as_object_mut(), part) {
                value.extend(part);
            }
        }
        value
    }

    fn plain(&mut self, root: &Value, schema: &Value, depth: usize) -> Value {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values[self.below(values.len())].clone();
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
        match types[self.below(types.len())].as_str().unwrap() {
            "string" => ["", "x", "y", "xyz", "z", "zz"][self.below(6)].into(),
            "integer" => self.below(9).into(),
            "number" => json!(0.5),
            "boolean" => true.into(),
            "null" => Value::Null,
            "array" => match (schema.get("prefixItems"), schema.get("items")) {
                (Some(fixed), _) => {
                    let fixed = fixed.as_array().unwrap();
                    fixed.iter().map(|schema| self.value(root, schema, depth)).collect()
                }
                (None, Some(items)) => (0..self.below(3)).map(|_| self.value(root, items, depth)).collect(),
                _ => json!([]),
            },
            _ => {
                let mut fields = Map::new();
                for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    if self.below(4) > 0 {
                        fields.insert(name.clone(), self.value(root, field, depth));
                    }
                }
                if let Some(rest @ (Value::Object(_) | Value::Bool(true))) =
                    schema.get("additionalProperties")
                {
                    let name = self.name();
                    if fields.get(&name).is_none() && schema["properties"].get(&name).is_none() {
                        let value = if rest.is_object() { self.value(root, rest, depth) } else { json!(0.5) };
                        fields.insert(name, value);
                    }
                }
                Value::Object(fields)
            }
        }
    }
}

fn inner(schema: &mut Value) -> Vec<&mut Value> {
    let mut inner = Vec::new();
    let Some(words) = schema.as_object_mut() else { return inner };
    for (key, value) in words {
        match (key.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => inner.extend(named.values_mut()),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(list)) => inner.extend(list),
            ("items" | "additionalProperties", value) => inner.push(value),
            _ => {}
        }
    }
    inner
}

fn places(schema: &Value) -> usize {
    let mut schema = schema.clone();
    1 + inner(&mut schema).into_iter().map(|inner| places(inner)).sum::<usize>()
}

fn find<'a>(schema: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(schema).filter(|schema| schema.is_object());
    }
    *left -= 1;
    inner(schema).into_iter().find_map(|inner| find(inner, left))
}
