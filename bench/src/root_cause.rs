//! Runs the driver scan over a localisation benchmark and scores it the way its authors do.
//!
//! An instance is a Parquet or CSV file with a row a leaf: text columns that are the dimensions, `real` and `predict`.
//! Causes are compared as sets of sorted `name=value&name=value`, exact matches alone, summed over all instances.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use floodmark_investigate::drivers::{Leaves, Level, Options, find};

use crate::arguments::Arguments;

/// The columns that are not dimensions.
const MEASURED: &str = "real";
const FORECAST: &str = "predict";

/// The files of labels that are known, each with the headings of its file and its causes.
const LABELS: &[(&str, &str, &str)] =
    &[("labels.csv", "file", "causes"), ("injection_info.csv", "timestamp", "set")];

/// The sums of a set of instances.
#[derive(Clone, Copy, Default)]
struct Score {
    instances: usize,
    causes: usize,
    predicted: usize,
    right: usize,
    search_s: f64,
    whole_s: f64,
}

/// An instance as it was read.
struct Instance {
    names: Vec<String>,
    /// The values of each dimension, by their codes.
    values: Vec<Vec<String>>,
    leaves: Leaves,
}

/// A dimension while it is read.
#[derive(Default)]
struct Dimension {
    codes: Vec<u32>,
    values: Vec<String>,
    code_of: HashMap<String, u32>,
}

/// Predicts the causes of every instance of the folder and prints the scores.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let folder = arguments.folder()?;
    let labels = labels(&folder, arguments.text("labels", ""))?;
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut unlabelled = 0;
    for path in instances(&folder)? {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(causes) = labels.get(&stem) else {
            unlabelled += 1;
            continue;
        };
        let begun = Instant::now();
        let instance = read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let read_s = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let found = find(&instance.leaves, &Options::relative(instance.names.len()));
        let search_s = begun.elapsed().as_secs_f64();
        let predicted: BTreeSet<String> = found
            .drivers
            .iter()
            .map(|driver| {
                cause(driver.pattern.iter().map(|(level, code)| {
                    format!(
                        "{}={}",
                        instance.names[*level], instance.values[*level][*code as usize]
                    )
                }))
            })
            .collect();
        let set = stem.split_once('_').map_or("all", |(set, _)| set);
        let score = scores.entry(set.to_owned()).or_default();
        score.instances += 1;
        score.causes += causes.len();
        score.predicted += predicted.len();
        score.right += predicted.intersection(causes).count();
        score.search_s += search_s;
        score.whole_s += read_s + search_s;
    }
    if scores.is_empty() {
        return Err(format!("no instance in {} has a label", folder.display()));
    }
    Ok(table(&scores, unlabelled))
}

/// The instances of a folder, by name.
fn instances(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let extension = path.extension().unwrap_or_default();
            let known = LABELS.iter().any(|(name, _, _)| path.ends_with(name));
            (extension == "parquet" || extension == "csv") && !known
        })
        .collect();
    paths.sort();
    Ok(paths)
}

/// The true causes of each instance, by its name without extension.
fn labels(folder: &Path, given: &str) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let path = if given.is_empty() {
        let known = LABELS.iter().map(|(name, _, _)| folder.join(name));
        known
            .into_iter()
            .find(|path| path.exists())
            .ok_or(format!("{} has neither labels.csv nor injection_info.csv", folder.display()))?
    } else {
        PathBuf::from(given)
    };
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = text.lines();
    let headings: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    let column = |name: &str| headings.iter().position(|heading| *heading == name);
    let (file, causes) = LABELS
        .iter()
        .find_map(|(_, file, causes)| Some((column(file)?, column(causes)?)))
        .ok_or(format!("{} has no columns `file,causes` or `timestamp,set`", path.display()))?;
    let mut labels = BTreeMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
        let (Some(file), Some(causes)) = (cells.get(file), cells.get(causes)) else {
            return Err(format!("{}: `{line}` has too few columns", path.display()));
        };
        let stem = file.trim_end_matches(".parquet").trim_end_matches(".csv");
        let causes =
            causes.split(';').map(|text| cause(text.split('&').map(str::to_owned))).collect();
        labels.insert(stem.to_owned(), causes);
    }
    Ok(labels)
}

fn cause(conditions: impl Iterator<Item = String>) -> String {
    let mut conditions: Vec<String> = conditions.collect();
    conditions.sort();
    conditions.join("&")
}

fn read(path: &Path) -> Result<Instance, String> {
    if path.extension().is_some_and(|extension| extension == "csv") {
        read_csv(path)
    } else {
        read_parquet(path)
    }
}

fn read_parquet(path: &Path) -> Result<Instance, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|error| error.to_string())?;
    let batches: Vec<RecordBatch> =
        reader.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let Some(first) = batches.first() else { return Err("no rows".to_owned()) };
    let names: Vec<String> =
        first.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut instance = Reading::of(&names)?;
    for batch in &batches {
        for (place, name) in names.iter().enumerate() {
            let wanted = if name == MEASURED || name == FORECAST {
                DataType::Float64
            } else {
                DataType::Utf8
            };
            let column = cast(batch.column(place), &wanted).map_err(|error| error.to_string())?;
            if wanted == DataType::Utf8 {
                let texts = column.as_string::<i32>();
                let values = texts.iter().map(Option::unwrap_or_default);
                values.for_each(|value| instance.dimension(place).push(value));
            } else {
                let numbers = column.as_primitive::<Float64Type>();
                let amounts = instance.amounts(place);
                amounts.extend(numbers.iter().map(|number| number.unwrap_or(f64::NAN)));
            }
        }
    }
    Ok(instance.done())
}

fn read_csv(path: &Path) -> Result<Instance, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let names: Vec<String> =
        lines.next().unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect();
    let mut instance = Reading::of(&names)?;
    for line in lines.filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        if cells.len() != names.len() {
            return Err(format!("`{line}` has not {} columns", names.len()));
        }
        for (place, cell) in cells.iter().enumerate() {
            if names[place] == MEASURED || names[place] == FORECAST {
                instance.amounts(place).push(cell.parse().unwrap_or(f64::NAN));
            } else {
                instance.dimension(place).push(cell);
            }
        }
    }
    Ok(instance.done())
}

/// An instance while it is read, by the columns of its file.
struct Reading {
    names: Vec<String>,
    dimensions: Vec<Dimension>,
    real: Vec<f64>,
    predict: Vec<f64>,
}

impl Reading {
    fn of(names: &[String]) -> Result<Self, String> {
        for needed in [MEASURED, FORECAST] {
            if !names.iter().any(|name| name == needed) {
                return Err(format!("no column `{needed}`"));
            }
        }
        let dimensions = names.iter().map(|_| Dimension::default()).collect();
        Ok(Self { names: names.to_vec(), dimensions, real: Vec::new(), predict: Vec::new() })
    }

    fn dimension(&mut self, place: usize) -> &mut Dimension {
        &mut self.dimensions[place]
    }

    fn amounts(&mut self, place: usize) -> &mut Vec<f64> {
        if self.names[place] == MEASURED { &mut self.real } else { &mut self.predict }
    }

    fn done(self) -> Instance {
        let (mut names, mut values, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        for (name, dimension) in self.names.into_iter().zip(self.dimensions) {
            if name == MEASURED || name == FORECAST {
                continue;
            }
            levels.push(Level {
                chain: levels.len() as u32,
                depth: 0,
                codes: dimension.codes,
                cardinality: dimension.values.len() as u32,
            });
            names.push(name);
            values.push(dimension.values);
        }
        let leaves =
            Leaves { levels, during: self.real, before: self.predict, ..Leaves::default() };
        Instance { names, values, leaves }
    }
}

impl Dimension {
    fn push(&mut self, value: &str) {
        let code = match self.code_of.get(value) {
            Some(code) => *code,
            None => {
                let code = self.values.len() as u32;
                self.values.push(value.to_owned());
                self.code_of.insert(value.to_owned(), code);
                code
            }
        };
        self.codes.push(code);
    }
}

fn table(scores: &BTreeMap<String, Score>, unlabelled: usize) -> String {
    let mut text = String::from(
        "| set | instances | true causes | precision | recall | F1 | search, s | with reading, s |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut total = Score::default();
    for (set, score) in scores {
        write_row(&mut text, set, score);
        total.instances += score.instances;
        total.causes += score.causes;
        total.predicted += score.predicted;
        total.right += score.right;
        total.search_s += score.search_s;
        total.whole_s += score.whole_s;
    }
    if scores.len() > 1 {
        write_row(&mut text, "total", &total);
    }
    if unlabelled > 0 {
        let _ = writeln!(text, "\n{unlabelled} files without a label were left out.");
    }
    text
}

fn write_row(text: &mut String, set: &str, score: &Score) {
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let count = score.instances as f64;
    let _ = writeln!(
        text,
        "| {set} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} |",
        score.instances,
        score.causes,
        share(score.right, score.predicted),
        share(score.right, score.causes),
        share(2 * score.right, score.predicted + score.causes),
        score.search_s / count,
        score.whole_s / count,
    );
}
