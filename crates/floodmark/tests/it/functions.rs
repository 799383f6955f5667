//! Every function with odd arguments: whatever it answers, it does not break. `FLOODMARK_FUNCTION=name` asks one of them thoroughly.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodmark_engine::{Engine, EngineOptions, Error, ErrorKind, athena, dialect};
use futures::TryStreamExt;

/// How many calls stand in one statement.
const CALLS_PER_STATEMENT: usize = 40;
/// How many calls of a form are made at the most, where not one function alone is asked for.
const CALLS_PER_FORM_MAX: usize = 8;
/// How many calls of a form are made of the one function that is asked for.
const CALLS_OF_ONE_MAX: usize = 2_000;

/// Values for a parameter, the plain one first.
fn values(parameter: &str) -> &'static [&'static str] {
    match parameter {
        "varchar" => &[
            "'a'",
            "CAST(NULL AS varchar)",
            "''",
            "'%Y-%m-%d'",
            "'yyyy-MM-dd'",
            "'('",
            "'$.a[0]'",
            "'{\"a\":[1,2'",
            "'[1,{\"a\":null}]'",
            "'2024-02-30 25:61:61'",
            "'9999-12-31T23:59:59.999Z'",
            "'😀é'",
            "U&'\\0301\\200D'",
            "'UTC'",
            "'Nowhere/City'",
            "'year'",
            "'NaN'",
            "'-9223372036854775808'",
            "'http://[::1'",
            "'10.0.0.0/8'",
            "'a=1;b=2;a=3'",
            "'((a+)+)+$'",
            "'\\'",
            "'$9'",
            "'%1000000000d'",
            "lpad('', 10000, 'ab')",
        ],
        "bigint" => &[
            "2",
            "CAST(NULL AS bigint)",
            "0",
            "-1",
            "64",
            "2147483647",
            "9223372036854775807",
            "(-9223372036854775807 - 1)",
            "1000000000",
        ],
        "double" => &[
            "0.5e0",
            "CAST(NULL AS double)",
            "0e0",
            "-1e0",
            "1e308",
            "-1e308",
            "1e-320",
            "nan()",
            "infinity()",
            "(-infinity())",
            "5000000000e0",
        ],
        "number" => &[
            "7",
            "CAST(NULL AS integer)",
            "CAST(-128 AS tinyint)",
            "CAST(-32768 AS smallint)",
            "(-2147483647 - 1)",
            "9223372036854775807",
            "(-9223372036854775807 - 1)",
            "REAL '1.5'",
            "nan()",
            "infinity()",
            "1e308",
            "DECIMAL '-3.25'",
            "DECIMAL '99999999999999999999999999999999999999'",
            "0",
        ],
        "boolean" => &["true", "false", "CAST(NULL AS boolean)"],
        "date" => {
            &["DATE '2024-02-29'", "CAST(NULL AS date)", "DATE '0001-01-01'", "DATE '9999-12-31'"]
        }
        "timestamp" => &[
            "TIMESTAMP '2024-02-29 23:59:59.999'",
            "CAST(NULL AS timestamp)",
            "TIMESTAMP '0001-01-01 00:00:00'",
            "TIMESTAMP '9999-12-31 23:59:59'",
            "DATE '2024-02-29'",
        ],
        "timestamp with time zone" => &[
            "TIMESTAMP '2024-03-31 02:30:00 Europe/Berlin'",
            "DATE '2024-02-29'",
            "TIMESTAMP '2024-02-29 23:59:59.999'",
            "CAST(NULL AS timestamp with time zone)",
            "TIMESTAMP '9999-12-31 23:59:59 America/New_York'",
            "TIMESTAMP '0001-01-01 00:00:00 UTC'",
        ],
        "time" => &["TIME '23:59:59.999'", "CAST(NULL AS time)"],
        "interval" => &[
            "INTERVAL '2' DAY",
            "INTERVAL '-1' SECOND",
            "INTERVAL '2' MONTH",
            "INTERVAL '106751' DAY",
        ],
        "varbinary" => {
            &["X'61ff'", "X''", "CAST(NULL AS varbinary)", "to_utf8(lpad('', 9999, 'x'))"]
        }
        "array(T)" => &[
            "ARRAY[1, 2, NULL]",
            "ARRAY[]",
            "ARRAY['a', NULL, '']",
            "ARRAY[nan(), 1e0]",
            "ARRAY[ARRAY[1], NULL, ARRAY[]]",
            "ARRAY[ROW('a', 1), NULL]",
            "CAST(NULL AS array(integer))",
            "ARRAY[MAP(ARRAY['a'], ARRAY[1])]",
            "ARRAY[CAST('::1' AS ipaddress)]",
            "sequence(1, 1000)",
        ],
        "map(K,V)" => &[
            "MAP(ARRAY['a', 'b'], ARRAY[1, NULL])",
            "MAP()",
            "MAP(ARRAY[nan()], ARRAY[ARRAY[1]])",
            "CAST(NULL AS map(varchar, integer))",
        ],
        "json" => &[
            "JSON '{\"a\": [1, 2]}'",
            "'{\"a\":'",
            "CAST(NULL AS json)",
            "JSON '1e400'",
            "lpad('', 9999, '[')",
            "'\"\\ud800\"'",
        ],
        "ipaddress" => &[
            "CAST('10.1.2.3' AS ipaddress)",
            "CAST('::1' AS ipaddress)",
            "CAST(NULL AS ipaddress)",
        ],
        "ipprefix" => &[
            "CAST('10.0.0.0/8' AS ipprefix)",
            "CAST('::/0' AS ipprefix)",
            "CAST(NULL AS ipprefix)",
        ],
        _ => &[
            "1",
            "NULL",
            "'a'",
            "nan()",
            "ARRAY[1]",
            "MAP(ARRAY['a'], ARRAY[1])",
            "ROW(1, 'a')",
            "DATE '2024-02-29'",
            "X'00'",
            "CAST('10.1.2.3' AS ipaddress)",
            "JSON 'null'",
            "INTERVAL '1' DAY",
            "DECIMAL '1.5'",
        ],
    }
}

/// Calls with lambdas, whose forms are not told by an error.
const LAMBDAS: &[&str] = &[
    "transform(ARRAY[], x -> x)",
    "transform(ARRAY[1, NULL], x -> x / 0)",
    "filter(CAST(NULL AS array(integer)), x -> x > 1)",
    "filter(ARRAY[nan(), 1e0], x -> NULL)",
    "any_match(ARRAY[NULL], x -> x > 1)",
    "all_match(ARRAY[], x -> false)",
    "none_match(ARRAY['a'], x -> NULL)",
    "reduce(ARRAY[9223372036854775807, 1], 0, (s, x) -> s + x, s -> s)",
    "reduce(ARRAY[], NULL, (s, x) -> s, s -> s)",
    "zip_with(ARRAY[1], ARRAY['a', 'b'], (x, y) -> y)",
    "array_sort(ARRAY[3, NULL, 1], (a, b) -> 0)",
    "array_sort(ARRAY[3, NULL, 1], (a, b) -> NULL)",
    "array_sort(ARRAY[3, 2, 1], (a, b) -> 1)",
    "map_filter(MAP(), (k, v) -> true)",
    "transform_keys(MAP(ARRAY[1, 2], ARRAY[1, 2]), (k, v) -> 1)",
    "transform_keys(MAP(ARRAY[1, 2], ARRAY[1, 2]), (k, v) -> NULL)",
    "transform_values(MAP(ARRAY[1, 2], ARRAY[1, 2]), (k, v) -> ARRAY[k])",
    "map_zip_with(MAP(ARRAY[1], ARRAY[2]), MAP(), (k, a, b) -> a + b)",
];

/// Runs a statement to its end.
async fn run(engine: &Engine, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
    let session = engine.open(&[]).await?;
    let mut rows = Vec::new();
    for statement in dialect::parse(sql)? {
        let query = session.query(statement).await?;
        let batches: Vec<_> = query.rows.try_collect().await.map_err(Error::from)?;
        for batch in batches {
            rows.extend(athena::rows(&batch)?);
        }
    }
    Ok(rows)
}

/// Why a statement breaks, if it does.
async fn broken(engine: &Arc<Engine>, sql: String) -> Option<String> {
    let engine = Arc::clone(engine);
    let task = tokio::spawn(async move { run(&engine, &sql).await.err() });
    match task.await {
        Err(panic) => Some(panic.to_string()),
        Ok(Some(error)) if error.kind() == ErrorKind::Internal => Some(error.to_string()),
        Ok(_) => None,
    }
}

/// The forms in which a function can be called, as it tells them itself.
async fn forms(engine: &Engine, name: &str) -> Vec<Vec<String>> {
    let nonsense = ["ROW(1)"; 9].join(", ");
    let told = run(engine, &format!("SELECT {name}({nonsense})")).await;
    let text = told.err().map(|error| error.to_string()).unwrap_or_default();
    let Some((_, expected)) = text.split_once(" Expected: ") else {
        // It takes anything, or says nothing of what it takes.
        return (1..=3).map(|count| vec!["T".to_owned(); count]).collect();
    };
    let begin = format!("{name}(");
    let forms = expected.split(&begin).skip(1).map(|form| {
        let form = form.trim_end().trim_end_matches(',');
        let form = form.strip_suffix(')').unwrap_or(form);
        let mut parameters = Vec::new();
        let mut depth = 0;
        let mut parameter = String::new();
        for character in form.chars() {
            match character {
                ',' if depth == 0 => parameters.push(std::mem::take(&mut parameter)),
                '(' | ')' => {
                    depth += if character == '(' { 1 } else { -1 };
                    parameter.push(character);
                }
                other => parameter.push(other),
            }
        }
        parameters.push(parameter);
        let parameters = parameters.iter().map(|parameter| parameter.trim().to_owned());
        parameters.filter(|parameter| !matches!(parameter.as_str(), "" | "...")).collect()
    });
    forms.collect()
}

/// Arguments of a form: each value of each parameter beside plain ones, and mixtures; so many at the most.
fn arguments(form: &[String], most: usize) -> Vec<String> {
    let of: Vec<&[&str]> = form.iter().map(|parameter| values(parameter)).collect();
    let mut all = Vec::new();
    for (at, choices) in of.iter().enumerate() {
        for choice in *choices {
            let given: Vec<&str> = of
                .iter()
                .enumerate()
                .map(|(other, c)| if other == at { choice } else { c[0] })
                .collect();
            all.push(given.join(", "));
        }
    }
    let combinations: usize = of.iter().map(|choices| choices.len()).product();
    let wanted = most.min(combinations);
    // A step without a common factor visits combinations from everywhere.
    let step = 7_919;
    for mixture in 0..wanted {
        let mut number = mixture * step % combinations.max(1);
        let given: Vec<&str> = (of.iter())
            .map(|choices| {
                let choice = choices[number % choices.len()];
                number /= choices.len();
                choice
            })
            .collect();
        all.push(given.join(", "));
    }
    if form.is_empty() {
        all.push(String::new());
    }
    all.sort();
    all.dedup();
    // Some from everywhere.
    let every = all.len().div_ceil(most.max(1)).max(1);
    all.into_iter().step_by(every).collect()
}

/// Each call, and what became of it if it broke.
async fn check(engine: &Arc<Engine>, calls: &[String], failures: &mut BTreeMap<String, String>) {
    for calls in calls.chunks(CALLS_PER_STATEMENT) {
        let tried: Vec<_> = calls.iter().map(|call| format!("try({call})")).collect();
        let together = format!("SELECT {}", tried.join(", "));
        let engine = Arc::clone(engine);
        let is_answered = {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { run(&engine, &together).await.is_ok() }).await
        };
        if matches!(is_answered, Ok(true)) {
            continue;
        }
        for call in calls {
            if let Some(why) = broken(&engine, format!("SELECT {call}")).await {
                failures.insert(call.clone(), why);
            }
        }
    }
}

/// Each call as an aggregation of rows, of different rows, and of a window; how many there were.
async fn check_aggregate(
    engine: &Arc<Engine>,
    name: &str,
    arguments: &[String],
    failures: &mut BTreeMap<String, String>,
) -> usize {
    let mut count = 0;
    for given in arguments {
        for call in [
            format!("{name}({given})"),
            format!("{name}(DISTINCT {given}), {name}({given} ORDER BY z DESC)"),
            format!("{name}({given}) OVER (ORDER BY z ROWS 1 PRECEDING)"),
        ] {
            count += 1;
            let sql = format!("SELECT {call} FROM (VALUES 1, 2, 2) t(z)");
            if let Some(why) = broken(engine, sql).await {
                failures.insert(call, why);
            }
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_bear_odd_arguments() {
    let options = EngineOptions { threads: 1, ..EngineOptions::default() };
    let engine = Arc::new(Engine::new(options).expect("what the test has made"));
    let wanted = std::env::var("FLOODMARK_FUNCTION").ok();
    let most = if wanted.is_some() { CALLS_OF_ONE_MAX } else { CALLS_PER_FORM_MAX };
    let mut failures = BTreeMap::new();
    let mut count = 0;
    for row in run(&engine, "SHOW FUNCTIONS").await.expect("what the test has made") {
        let [Some(name), Some(kind)] = row.as_slice() else { continue };
        if kind == "window" || wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        for form in forms(&engine, name).await {
            let arguments = arguments(&form, most);
            if kind == "aggregate" {
                count += check_aggregate(&engine, name, &arguments, &mut failures).await;
                continue;
            }
            let calls: Vec<_> = arguments.iter().map(|given| format!("{name}({given})")).collect();
            count += calls.len();
            check(&engine, &calls, &mut failures).await;
        }
    }
    let lambdas: Vec<_> = LAMBDAS.iter().map(|call| (*call).to_owned()).collect();
    check(&engine, &lambdas, &mut failures).await;
    let report: Vec<_> = failures.iter().map(|(call, why)| format!("{call}\n    {why}")).collect();
    assert!(report.is_empty(), "of {count} calls broke:\n{}", report.join("\n"));
}
