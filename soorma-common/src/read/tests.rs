use super::{reference::Reference, *};
use crate::{Address, EventTopic, json::tests::Dice};

const FULL: &str = r#"{"specversion":"1.0","id":"e1","source":"planner","type":"research.requested","time":"2026-01-17T10:30:00.000000Z","topic":"action-requests","correlation_id":"c1","trace_id":"trace_xyz","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","subject":"AI","partition_key":"k","origin_correlation_id":"c0","parent_event_id":"e0","response_event":"research.completed","response_topic":"action-results","response_to":"group:planner","expires_at":"2026-01-17T10:31:00.000000Z","response_schema_name":"R","payload_schema_name":"P","tenant_id":"t","user_id":"u","session_id":"s","goal_id":"g","plan_id":"p","depth":3,"region":"eu","weight":2,"data":{"query": "AI",  "deep": [1,2]}}"#;

#[test]
fn every_attribute_survives_and_the_data_byte_by_byte() {
    let event: EventEnvelope = serde_json::from_str(FULL).unwrap();
    assert_eq!(event.data.get(), r#"{"query": "AI",  "deep": [1,2]}"#);
    assert_eq!(event.response_to, Some(Address::Group("planner".into())));
    assert_eq!(event.extensions["region"], "eu");
    assert_eq!(serde_json::to_string(&event).unwrap(), FULL);
}

#[test]
fn other_spellings_nulls_and_absence_are_read() {
    let event: EventEnvelope = serde_json::from_str(
        r#"{"id":"evt_1","source":"a","eventType":"Order Placed!","timestamp":"2026-01-17T10:30:00","topic":"business-facts",
            "tenantId":"t","userId":null,"response_event":"","datacontenttype":"application/json","responseTopic":null,"region":null,"myExtension":1}"#,
    )
    .unwrap();
    assert_eq!((&*event.event_type, event.tenant_id.as_deref()), ("Order Placed!", Some("t")));
    assert_eq!((event.data.get(), event.response_event), ("null", None));
    assert_eq!(&*event.correlation_id, "evt_1");
    assert_eq!(event.trace_id.len(), 32);
    assert_eq!(event.extensions.keys().collect::<Vec<_>>(), ["datacontenttype", "myExtension"]);
}

#[test]
fn a_traceparent_names_the_trace() {
    let event: EventEnvelope = serde_json::from_str(
        r#"{"id":"1","source":"a","type":"x","topic":"business-facts",
            "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
    )
    .unwrap();
    assert_eq!(&*event.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(event.topic, EventTopic::BusinessFacts);
}

#[test]
fn what_is_no_envelope_is_refused_with_the_reason() {
    for (json, reason) in [
        (r#"{"source":"a","type":"x","topic":"business-facts"}"#, "attribute `id` is missing"),
        (r#"{"id":"","source":"a","type":"x","topic":"business-facts"}"#, "attribute `id` is empty"),
        (r#"{"id":"1","type":"x","topic":"business-facts"}"#, "attribute `source` is missing"),
        (r#"{"id":"1","source":"a","topic":"business-facts"}"#, "attribute `type` is missing"),
        (r#"{"id":"1","source":"a","type":"x"}"#, "attribute `topic` is missing"),
        (r#"{"id":"1","source":"a","type":"x","topic":"orders"}"#, "no topic `orders`"),
        (r#"{"id":"1","source":"a","type":"x","event_type":"y","topic":"business-facts"}"#, "given twice"),
        (r#"{"specversion":"0.3","id":"1","source":"a","type":"x","topic":"business-facts"}"#, "specversion"),
        (r#"{"id":"1","source":"a","type":"x","topic":"business-facts","data":1,"data":2}"#, "given twice"),
        (
            r#"{"id":"1","source":"a","type":"x","topic":"business-facts","data_base64":"AA=="}"#,
            "data must be JSON",
        ),
        (r#"[1]"#, "an event envelope"),
    ] {
        let error = serde_json::from_str::<EventEnvelope>(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
}

/// Values that attributes may have, and some that none may.
const VALUES: [&str; 28] = [
    "null",
    r#""""#,
    r#""e1""#,
    r#""1.0""#,
    r#""business-facts""#,
    r#""action-results""#,
    r#""group:planner""#,
    r#""_""#,
    r#""2026-01-17T10:30:00.000000Z""#,
    r#""2026-01-17 10:30:00+02:00""#,
    "3",
    "-1",
    "4294967296",
    "1.5e3",
    "true",
    r#"{"a":[1,{"b":"}"}],"c":null}"#,
    "[ ]",
    r#"[1, "]", [], {}]"#,
    r#""\u0065\"\\\ud83d\ude00""#,
    r#""\ud83d""#,
    r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#,
    r#""gr\u00fc\u00df""#,
    r#""grüß""#,
    "01",
    "tru",
    "[1,]",
    r#""\x""#,
    "\"a\tb\"",
];

const NAMES: [&str; 37] = [
    "specversion",
    "id",
    "source",
    "type",
    "event_type",
    "eventType",
    "time",
    "timestamp",
    "topic",
    "data",
    "data_base64",
    "subject",
    "partition_key",
    "partitionKey",
    "correlation_id",
    "correlationId",
    "origin_correlation_id",
    "trace_id",
    "traceparent",
    "parent_event_id",
    "response_event",
    "response_topic",
    "responseTopic",
    "response_to",
    "expires_at",
    "response_schema_name",
    "payload_schema_name",
    "tenant_id",
    "user_id",
    "session_id",
    "goal_id",
    "plan_id",
    "depth",
    "region",
    "myExtension",
    "Data",
    r"i\u0064",
];

fn envelope(dice: &mut Dice) -> String {
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    for (name, value) in [("id", 2), ("source", 2), ("type", 2), ("topic", 4)] {
        if dice.below(50) > 0 {
            attributes.push((name, VALUES[value]));
        }
    }
    for _ in 0..dice.below(7) {
        let place = dice.below(attributes.len() + 1);
        // Mostly such as are JSON.
        let value = if dice.below(20) > 0 { dice.below(23) } else { dice.below(VALUES.len()) };
        attributes.insert(place, (NAMES[dice.below(NAMES.len())], VALUES[value]));
    }
    let space = |dice: &mut Dice| {
        [""; 6].iter().chain(&[" ", "\n\t", "\r "]).nth(dice.below(9)).copied().unwrap_or("")
    };
    let mut json = "{".to_owned();
    for (place, (name, value)) in attributes.into_iter().enumerate() {
        if place > 0 {
            json += ",";
        }
        let spaces: [&str; 4] = std::array::from_fn(|_| space(dice));
        json += &format!("{}\"{name}\"{}:{}{value}{}", spaces[0], spaces[1], spaces[2], spaces[3]);
    }
    json + "}"
}

#[test]
fn whatever_it_is_given_it_reads_what_serde_json_reads_and_refuses_what_that_refuses() {
    let began = Timestamp::now();
    let mut dice = Dice(4711);
    let (mut read, mut refused) = (0, 0);
    for round in 0..25_000 {
        let whole = if dice.below(10) == 0 { FULL.to_owned() } else { envelope(&mut dice) };
        let json = if dice.below(2) == 0 { whole } else { dice.spoilt(&whole) };
        let ours = json.parse::<EventEnvelope>();
        let theirs = serde_json::from_str::<Reference>(&json).map(|Reference(event)| event);
        match (ours, theirs) {
            (Ok(ours), Ok(mut theirs)) => {
                if ours.timestamp >= began {
                    assert!(theirs.timestamp >= began, "{round}: {json}");
                    theirs.timestamp = ours.timestamp;
                }
                assert_eq!(ours, theirs, "{round}: {json}");
                read += 1;
            }
            (Err(_), Err(_)) => refused += 1,
            (ours, theirs) => panic!("{round}: {json}\nread: {ours:?}\nby serde_json: {theirs:?}"),
        }
    }
    assert!(read > 4_000 && refused > 4_000, "{read} read, {refused} refused");
}

#[test]
fn an_envelope_in_another_document_is_read_as_well() {
    let value: Value = serde_json::from_str(FULL).unwrap();
    let (from_value, from_text): (EventEnvelope, EventEnvelope) =
        (serde_json::from_value(value).unwrap(), FULL.parse().unwrap());
    assert_eq!(from_value.id, from_text.id);
    let many: Vec<EventEnvelope> = serde_json::from_str(&format!("[{FULL}, {FULL}]")).unwrap();
    assert_eq!(many, [from_text.clone(), from_text]);
}

#[test]
fn what_is_one_text_in_an_event_is_one_in_memory() {
    let json =
        r#"{"id":"1","source":"a","type":"x","topic":"business-facts","trace_id":"1","correlation_id":"1"}"#;
    let event: EventEnvelope = json.parse().unwrap();
    assert!(Arc::ptr_eq(&event.id, &event.trace_id) && Arc::ptr_eq(&event.id, &event.correlation_id));
}

#[test]
fn an_error_names_the_attribute_or_the_place() {
    for (json, reason) in [
        (r#"{"id":1,"source":"a"}"#, "attribute `id`: invalid type: integer `1`, expected a string"),
        (
            r#"{"id":"1","source":"a","type":"x","topic":"business-facts","depth":-1}"#,
            "attribute `depth`: invalid value",
        ),
        (
            r#"{"id":"1","source":"a","type":"x","topic":"business-facts","time":"noon"}"#,
            "attribute `time`: `noon` is no timestamp",
        ),
        (r#"{"id":"1","data":{"a":tru}}"#, "expected ident at line 1 column 26"),
        (r#"{"id":"1"} x"#, "trailing characters at line 1 column 12"),
    ] {
        let error = json.parse::<EventEnvelope>().unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
}
