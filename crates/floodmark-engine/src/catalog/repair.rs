//! What `MSCK REPAIR TABLE` finds in the folders below a table.

use std::collections::BTreeMap;

use crate::catalog::partition_name::{percent_decoded, unescaped};
use crate::catalog::{Partition, TableDefinition};

/// What the folders below a table's location say about its partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPartitions {
    /// The partitions, in the order of their values.
    pub partitions: Vec<Partition>,
    /// What to say to the user about folders that are no partitions.
    pub hint: Option<String>,
}

/// What a folder is that is no partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    /// Something that is not expected.
    Folder,
    /// Folders of other keys, or of the keys in another order.
    Keys,
    /// A key whose name is not in lower case, which Athena passes over.
    Case,
    /// Folders for years, months and days.
    Dates,
}

/// Finds partitions in the keys or paths of objects, relative to the table's location. A key that ends with `/` is a folder.
pub fn find_partitions<'a>(
    table: &TableDefinition,
    keys: impl IntoIterator<Item = &'a str>,
) -> FoundPartitions {
    let mut found = BTreeMap::new();
    let mut other: Option<(Other, String)> = None;
    let location = table.location.trim_end_matches('/');
    for key in keys {
        let Some((folder, _)) = key.trim_start_matches('/').rsplit_once('/') else { continue };
        // The engine passes over what begins so, and with it over what lies below.
        if folder.split('/').any(|part| part.starts_with(['.', '_']) && !part.contains('=')) {
            continue;
        }
        match values(table, folder) {
            Ok((values, length)) => {
                found.entry(values).or_insert_with(|| format!("{location}/{}/", &folder[..length]));
            }
            Err(kind) if other.as_ref().is_none_or(|(known, _)| *known < kind) => {
                other = Some((kind, folder.to_owned()));
            }
            Err(_) => {}
        }
    }
    let hint = other.map(|(kind, folder)| hint(table, kind, &folder));
    let partitions = found.into_iter().map(|(values, location)| Partition { values, location });
    FoundPartitions { partitions: partitions.collect(), hint }
}

/// The values that a folder says, and how much of its path says them.
fn values(table: &TableDefinition, folder: &str) -> Result<(Vec<Option<String>>, usize), Other> {
    let mut values = Vec::with_capacity(table.partition_keys.len());
    let mut parts = folder.split('/');
    let mut length = 0;
    for key in &table.partition_keys {
        let part = parts.next().ok_or(Other::Keys)?;
        let (name, value) = part.split_once('=').ok_or_else(|| not_hive(folder))?;
        let name = percent_decoded(name);
        if name != key.name {
            let is_case = name.to_lowercase() == key.name;
            return Err(if is_case { Other::Case } else { Other::Keys });
        }
        values.push(unescaped(value));
        length += part.len() + 1;
    }
    Ok((values, length.saturating_sub(1)))
}

/// What folders are that do not say `key=value`.
fn not_hive(folder: &str) -> Other {
    let is_number = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<_> = folder.split('/').collect();
    let is_year = |part: &str| is_number(part, &[4]) && ("1970".."2100").contains(&part);
    let is_day = |part: &str| {
        let digits = part.replace('-', "");
        is_number(&digits, &[8]) && is_year(&digits[..4])
    };
    let has_dates = parts.iter().any(|part| is_day(part))
        || parts.windows(2).any(|pair| is_year(pair[0]) && is_number(pair[1], &[1, 2]));
    if has_dates { Other::Dates } else { Other::Folder }
}

fn hint(table: &TableDefinition, kind: Other, folder: &str) -> String {
    let keys = table.partition_keys.iter().map(|key| format!("{}=…", key.name));
    let expected = keys.collect::<Vec<_>>().join("/");
    match kind {
        Other::Dates => format!(
            "`{folder}/` is a folder for a date, and MSCK REPAIR TABLE finds only folders such as `{expected}/`: use ALTER TABLE ADD PARTITION with LOCATION, or partition projection"
        ),
        Other::Case => format!(
            "`{folder}/` has a name that is not in lower case, which MSCK REPAIR TABLE passes over: use ALTER TABLE ADD PARTITION with LOCATION"
        ),
        Other::Keys | Other::Folder => format!(
            "`{folder}/` is passed over: MSCK REPAIR TABLE finds only folders such as `{expected}/`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnDefinition;

    /// Checks the partitions, as `value|value location` below the table, and a part of the hint.
    fn check(keys: &[&str], objects: &[&str], expected: &[&str], hint: Option<&str>) {
        let key = |name: &&str| ColumnDefinition {
            name: (*name).to_owned(),
            hive_type: "string".to_owned(),
            comment: None,
        };
        let table = TableDefinition {
            location: "s3://b/t/".to_owned(),
            partition_keys: keys.iter().map(key).collect(),
            ..TableDefinition::default()
        };
        let found = find_partitions(&table, objects.iter().copied());
        let partitions = found.partitions.iter().map(|partition| {
            let values = partition.values.iter();
            let values = values.map(|value| value.as_deref().unwrap_or("NULL"));
            let location = partition.location.strip_prefix("s3://b/t/").expect("below the table");
            format!("{} {location}", values.collect::<Vec<_>>().join("|"))
        });
        assert_eq!(partitions.collect::<Vec<_>>(), expected, "{objects:?}");
        match hint {
            Some(hint) => assert!(found.hint.as_deref().unwrap().contains(hint), "{found:?}"),
            None => assert_eq!(found.hint, None),
        }
    }

    #[test]
    fn catalog_finds_partitions_in_folders() {
        let year_month = ["year", "month"];
        check(
            &year_month,
            &[
                "year=2024/month=02/b.gz",
                "year=2024/month=01/a.gz",
                "year=2024/month=01/deeper/c.gz",
                "year=2023/month=12/",
                "file.gz",
            ],
            &[
                "2023|12 year=2023/month=12/",
                "2024|01 year=2024/month=01/",
                "2024|02 year=2024/month=02/",
            ],
            None,
        );
        check(
            &["day"],
            &["day=2024%2F10%2F05/a", "day=__HIVE_DEFAULT_PARTITION__/a", "day=x=y/a"],
            &[
                "NULL day=__HIVE_DEFAULT_PARTITION__/",
                "2024/10/05 day=2024%2F10%2F05/",
                "x=y day=x=y/",
            ],
            None,
        );
        check(&["day"], &["_tmp/day=1/a", ".hidden/a", "day=_1/a"], &["_1 day=_1/"], None);
        check(
            &year_month,
            &["year=2024/a.gz"],
            &[],
            Some("finds only folders such as `year=…/month=…/`"),
        );
        check(&year_month, &["month=01/year=2024/a.gz"], &[], Some("is passed over"));
        check(&["day"], &["Day=1/a", "day=2/a"], &["2 day=2/"], Some("not in lower case"));
        check(&["day"], &["other/a"], &[], Some("is passed over"));
        let dates = Some("ALTER TABLE ADD PARTITION with LOCATION, or partition projection");
        check(&["day"], &["x/a", "2024/10/05/a.gz"], &[], dates);
        check(
            &["day"],
            &["AWSLogs/123456789012/elasticloadbalancing/us-east-1/2024/10/05/a"],
            &[],
            dates,
        );
        check(&["day"], &["2024-10-05/a"], &[], dates);
        check(&["day"], &["é234567/a"], &[], Some("is passed over"));
        check(&[], &["a"], &[], None);
    }
}
