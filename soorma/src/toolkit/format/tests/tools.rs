//! The shapes of tools.

use serde_json::{Value, json};
use soorma_common::{Effects, EventDefinition, ResponseDefinition, SchemaDefinition};

use super::{
    super::{ToolStyle, arguments, tools},
    definition, kinds, of, one,
};

fn tool(style: ToolStyle, definition: &EventDefinition) -> Value {
    tools(style, &one(definition.clone())).remove(0)
}

fn cancel() -> EventDefinition {
    let mut cancel = definition("order.cancel", of::<kinds::Inner>());
    cancel.description = "Cancels an order\nthat was placed.".to_owned();
    cancel.when_to_use = "the customer asks for it".to_owned();
    cancel.not_when = "it was shipped".to_owned();
    cancel
}

const CANCEL: &str = "Cancels an order that was placed.\nUse it when: the customer asks for it\nDo not use it when: it was shipped";

#[test]
fn each_provider_gets_its_shape() {
    let plain = json!({"type": "object", "properties": {
        "x": {"type": "integer", "minimum": 0, "maximum": 255},
        "y": {"type": ["integer", "null"], "minimum": 0, "maximum": 255}}, "required": ["x"]});
    let mut strict = plain.clone();
    strict["required"] = json!(["x", "y"]);
    strict["additionalProperties"] = false.into();
    let cancel = cancel();
    assert_eq!(
        tool(ToolStyle::OpenAiChat, &cancel),
        json!({"type": "function", "function":
            {"name": "order_cancel", "description": CANCEL, "parameters": strict, "strict": true}})
    );
    assert_eq!(
        tool(ToolStyle::OpenAiResponses, &cancel),
        json!({"type": "function", "name": "order_cancel", "description": CANCEL, "parameters": strict, "strict": true})
    );
    assert_eq!(
        tool(ToolStyle::Anthropic, &cancel),
        json!({"name": "order_cancel", "description": CANCEL, "input_schema": plain})
    );
    assert_eq!(
        tool(ToolStyle::Mcp, &cancel),
        json!({"name": "order_cancel", "title": "order.cancel", "description": CANCEL, "inputSchema": plain})
    );
}

#[test]
fn mcp_is_told_the_effects_and_the_answer() {
    for (effects, hints) in [
        (Effects::None, json!({"readOnlyHint": true, "destructiveHint": false})),
        (Effects::Reversible, json!({"readOnlyHint": false, "destructiveHint": false})),
        (Effects::Destructive, json!({"readOnlyHint": false, "destructiveHint": true})),
    ] {
        let mut cancel = cancel();
        cancel.effects = Some(effects);
        assert_eq!(tool(ToolStyle::Mcp, &cancel)["annotations"], hints);
    }
    for (schema, output) in [
        (of::<kinds::Empty>(), json!({"type": "object"})),
        (of::<kinds::Newtype>(), Value::Null),
        (of::<kinds::Internal>(), Value::Null),
    ] {
        let mut cancel = cancel();
        let payload = SchemaDefinition { name: "R".to_owned(), version: 1, schema };
        cancel.response = Some(ResponseDefinition { event_name: "order.cancelled".to_owned(), payload });
        assert_eq!(tool(ToolStyle::Mcp, &cancel)["outputSchema"], output);
    }
}

#[test]
fn a_payload_that_is_no_object_with_plain_names_is_in_a_field() {
    for kinds::Kind { name, schema, .. } in kinds::all() {
        let definition = definition("a.b", schema);
        let schema = &tool(ToolStyle::Anthropic, &definition)["input_schema"];
        let wrapped = schema["properties"].get("data").is_some();
        let plain = [
            "empty",
            "scalars",
            "character",
            "nested",
            "defaults",
            "recursive",
            "mutual",
            "map",
            "maps",
            "anything",
            "flat_struct",
            "flat_map",
            "secret",
        ];
        assert_eq!(wrapped, !plain.contains(&name), "{name}: {schema}");
        let expected = if wrapped { json!(7) } else { json!({"data": 7}) };
        assert_eq!(arguments(&definition, json!({"data": 7})), expected, "{name}");
        assert_eq!(arguments(&definition, json!({"data": 7, "x": 1})), json!({"data": 7, "x": 1}), "{name}");
        assert_eq!(arguments(&definition, json!(7)), json!(7), "{name}");
    }
    assert_eq!(
        tool(ToolStyle::Anthropic, &definition("a.b", of::<kinds::Newtype>()))["input_schema"],
        json!({"type": "object", "properties": {"data": {"type": "string"}}, "required": ["data"], "additionalProperties": false})
    );
}

#[test]
fn a_type_that_holds_itself_keeps_a_definition() {
    let schema =
        &tool(ToolStyle::OpenAiChat, &definition("a.b", of::<kinds::Recursive>()))["function"]["parameters"];
    let value = json!({"type": "integer", "minimum": 0, "maximum": 255});
    let child = json!({"$ref": "#/$defs/Recursive"});
    let fields = json!({
        "value": value,
        "children": {"type": "array", "description": "What hangs from it.", "items": child},
        "twin": {"anyOf": [child, {"type": "null"}]}});
    assert_eq!(schema["properties"], fields);
    assert_eq!(schema["$defs"]["Recursive"]["properties"], fields);
}

#[test]
fn strict_mode_tells_the_default_of_what_could_be_left_out() {
    let schema =
        &tool(ToolStyle::OpenAiChat, &definition("a.b", of::<kinds::Defaults>()))["function"]["parameters"];
    assert_eq!(
        schema["properties"],
        json!({
            "count": {"type": "integer", "minimum": 0, "maximum": u32::MAX, "description": "(default: 0)"},
            "names": {"type": "array", "items": {"type": "string"}, "description": "(default: [])"},
            "plain": {"anyOf": [{"type": "string", "enum": ["One"]}, {"type": "string", "enum": ["Two"], "description": "The second."}],
                "description": "How it is written. (default: \"One\")"}})
    );
}

#[test]
fn descriptions_keep_to_the_limit_and_lose_no_guidance() {
    let mut cancel = cancel();
    cancel.description = "word ".repeat(1000);
    let tool_of = |style| tool(style, &cancel);
    let description = |tool: &Value| tool["description"].as_str().unwrap().to_owned();
    let cut = description(&tool_of(ToolStyle::OpenAiResponses));
    assert!(cut.chars().count() <= 1024 && cut.len() > 1000, "{}", cut.len());
    assert!(
        cut.contains("word…\nUse it when: the customer asks for it\nDo not use it when: it was shipped"),
        "{cut}"
    );
    assert!(description(&tool_of(ToolStyle::Anthropic)).len() > 5000);
    cancel.not_when = "never ".repeat(1000);
    let cut = description(&tool(ToolStyle::OpenAiResponses, &cancel));
    assert!(cut.chars().count() <= 1024 && cut.ends_with("never…"), "{cut}");
    let silent = definition("order.cancel", json!({}));
    assert_eq!(tool(ToolStyle::Mcp, &silent)["description"], "Publishes the event order.cancel.");
}

#[test]
fn what_is_meant_for_us_stays_with_us() {
    for style in ToolStyle::ALL {
        for kinds::Kind { name, schema, .. } in kinds::all() {
            let text = tool(style, &definition("a.b", schema)).to_string();
            assert!(!["\"x-", "uint", "$schema"].iter().any(|word| text.contains(word)), "{name}: {text}");
        }
    }
}
