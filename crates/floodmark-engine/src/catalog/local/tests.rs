//! The catalog through its functions, with the accidents that may befall its file.

use std::path::PathBuf;
use std::sync::Barrier;

use super::{Contents, IfExists, IfMissing, LocalCatalog};
use crate::catalog::{
    ColumnDefinition, Database, Partition, PartitionFilter, PreparedStatement, Relation,
    TableDefinition, View,
};
use crate::error::{Error, ErrorKind};

/// A folder of its own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("floodmark-catalog-{}", uuid::Uuid::new_v4());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a temporary folder");
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("data").join("catalog.sqlite")
    }

    fn open(&self) -> Result<LocalCatalog, Error> {
        LocalCatalog::open(&self.file())
    }

    /// The files as they are at this moment, as if the process were killed now.
    fn killed_now(&self) -> Self {
        let copy = Self::new();
        std::fs::create_dir(copy.0.join("data")).unwrap();
        for ending in ["", "-wal"] {
            let name = format!("data/catalog.sqlite{ending}");
            if self.0.join(&name).exists() {
                std::fs::copy(self.0.join(&name), copy.0.join(&name)).unwrap();
            }
        }
        copy
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn column(name: &str) -> ColumnDefinition {
    ColumnDefinition { name: name.to_owned(), hive_type: "string".to_owned(), comment: None }
}

fn table(database: &str, name: &str, keys: &[&str]) -> TableDefinition {
    TableDefinition {
        database: database.to_owned(),
        name: name.to_owned(),
        columns: vec![column("c")],
        partition_keys: keys.iter().map(|key| column(key)).collect(),
        location: "s3://bucket/logs".to_owned(),
        ..TableDefinition::default()
    }
}

fn view(database: &str, name: &str) -> View {
    View {
        database: database.to_owned(),
        name: name.to_owned(),
        sql: "SELECT 1 AS one".to_owned(),
        columns: vec![("one".to_owned(), "integer".to_owned())],
        default_database: "default".to_owned(),
        created_s: 5,
        ..View::default()
    }
}

fn partition(values: &[&str], location: &str) -> Partition {
    let values = values.iter().map(|value| Some((*value).to_owned())).collect();
    Partition { values, location: location.to_owned() }
}

fn database(name: &str) -> Database {
    Database { name: name.to_owned(), ..Database::default() }
}

fn names(catalog: &LocalCatalog, database: &str) -> Vec<String> {
    let relations = catalog.relations(database).unwrap();
    relations.iter().map(|relation| relation.name().to_owned()).collect()
}

/// Checks what an error is called and says.
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, code: &str, text: &str) {
    let error = result.expect_err(text);
    assert_eq!(error.athena_code(), Some(code), "{error}");
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn catalog_keeps_databases() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    assert_eq!(catalog.databases().unwrap(), [database("default")]);
    let audit = Database {
        name: "Audit".to_owned(),
        comment: Some("it's".to_owned()),
        location: Some("s3://b/".to_owned()),
        properties: [("a".to_owned(), "b".to_owned())].into(),
        ..Database::default()
    };
    assert!(catalog.create_database(&audit, IfExists::Fail).unwrap());
    refused(
        catalog.create_database(&database("AUDIT"), IfExists::Fail),
        "SCHEMA_ALREADY_EXISTS",
        "Schema 'awsdatacatalog.audit' already exists",
    );
    assert!(!catalog.create_database(&database("audit"), IfExists::Keep).unwrap());
    let kept = catalog.database("aUdIt").unwrap().unwrap();
    assert_eq!(kept, Database { name: "audit".to_owned(), ..audit });
    catalog.create_table(&table("audit", "t", &[]), IfExists::Fail).unwrap();
    refused(
        catalog.drop_database("audit", Contents::Refuse, IfMissing::Fail),
        "SCHEMA_NOT_EMPTY",
        "is not empty",
    );
    assert!(catalog.drop_database("audit", Contents::Drop, IfMissing::Fail).unwrap());
    refused(
        catalog.drop_database("audit", Contents::Drop, IfMissing::Fail),
        "SCHEMA_NOT_FOUND",
        "Schema 'audit' does not exist",
    );
    assert!(!catalog.drop_database("audit", Contents::Drop, IfMissing::Pass).unwrap());
    refused(catalog.relations("audit"), "SCHEMA_NOT_FOUND", "Schema 'audit'");
    let dropped = catalog.drop_database("default", Contents::Drop, IfMissing::Fail);
    refused(dropped, "NOT_SUPPORTED", "default");
    for reserved in ["Logs", "information_schema"] {
        refused(
            catalog.create_database(&database(reserved), IfExists::Keep),
            "NOT_SUPPORTED",
            "is reserved",
        );
    }
}

#[test]
fn catalog_keeps_tables_and_views_under_one_set_of_names() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    assert!(catalog.create_table(&table("DEFAULT", "Flow", &["day"]), IfExists::Fail).unwrap());
    assert!(catalog.create_view(&view("default", "top"), IfExists::Fail).unwrap());
    assert_eq!(names(&catalog, "Default"), ["flow", "top"]);
    let taken = "TABLE_ALREADY_EXISTS";
    let text = "Table 'awsdatacatalog.default.flow' already exists";
    refused(catalog.create_table(&table("default", "flow", &[]), IfExists::Fail), taken, text);
    refused(catalog.create_view(&view("default", "flow"), IfExists::Fail), taken, text);
    refused(catalog.create_view(&view("default", "flow"), IfExists::Replace), taken, text);
    assert!(!catalog.create_table(&table("default", "flow", &[]), IfExists::Keep).unwrap());
    let text = "Schema 'nowhere' does not exist";
    refused(
        catalog.create_table(&table("nowhere", "t", &[]), IfExists::Fail),
        "SCHEMA_NOT_FOUND",
        text,
    );

    let replaced = View { sql: "SELECT 2 AS one".to_owned(), ..view("default", "top") };
    assert!(catalog.create_view(&replaced, IfExists::Replace).unwrap());
    assert_eq!(catalog.relation("default", "TOP").unwrap(), Some(Relation::View(replaced)));
    assert_eq!(catalog.relation("default", "none").unwrap(), None);
    assert_eq!(catalog.relation("none", "flow").unwrap(), None);

    refused(
        catalog.drop_table("default", "top", IfMissing::Pass),
        "NOT_SUPPORTED",
        "is a view, not a table",
    );
    refused(
        catalog.drop_view("default", "flow", IfMissing::Pass),
        "NOT_SUPPORTED",
        "a table with that name exists",
    );
    refused(
        catalog.drop_table("default", "none", IfMissing::Fail),
        "TABLE_NOT_FOUND",
        "Table 'awsdatacatalog.default.none' does not exist",
    );
    assert_eq!(catalog.drop_table("default", "none", IfMissing::Pass).unwrap(), None);
    refused(
        catalog.drop_view("default", "none", IfMissing::Fail),
        "TABLE_NOT_FOUND",
        "View 'awsdatacatalog.default.none' does not exist",
    );
    let dropped = catalog.drop_table("default", "FLOW", IfMissing::Fail).unwrap().unwrap();
    assert_eq!(dropped, table("default", "flow", &["day"]));
    assert!(catalog.drop_view("default", "top", IfMissing::Fail).unwrap());
    assert_eq!(names(&catalog, "default"), [""; 0]);
}

#[test]
fn catalog_renames_tables_with_their_partitions() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    catalog.create_database(&database("old"), IfExists::Fail).unwrap();
    catalog.create_table(&table("default", "a", &["k"]), IfExists::Fail).unwrap();
    catalog.create_table(&table("default", "b", &["k"]), IfExists::Fail).unwrap();
    let one = [partition(&["1"], "s3://x/1/")];
    catalog.add_partitions("default", "a", &one, IfExists::Fail).unwrap();
    let rename = |to| catalog.rename(("default", "A"), to);
    refused(rename(("default", "b")), "TABLE_ALREADY_EXISTS", "default.b");
    refused(rename(("none", "b")), "SCHEMA_NOT_FOUND", "none");
    refused(catalog.rename(("old", "x"), ("old", "y")), "TABLE_NOT_FOUND", "old.x");
    rename(("OLD", "B")).unwrap();
    assert_eq!(catalog.relation("default", "a").unwrap(), None);
    let moved = Relation::Table(table("old", "b", &["k"]));
    assert_eq!(catalog.relation("old", "b").unwrap(), Some(moved));
    let all = PartitionFilter::default();
    assert_eq!(catalog.partitions("old", "b", &all).unwrap(), one);
    assert_eq!(catalog.partitions("default", "b", &all).unwrap(), []);
}

#[test]
fn catalog_keeps_partitions() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    let all = PartitionFilter::default();
    catalog.create_table(&table("default", "t", &["year", "month"]), IfExists::Fail).unwrap();
    let january = partition(&["2024", "01"], "s3://b/1/");
    let march = partition(&["2024", "03"], "s3://b/3/");
    let none = Partition { values: vec![Some("it's \"x\"".to_owned()), None], ..march.clone() };
    let add = |partitions: &[Partition], if_exists| {
        catalog.add_partitions("default", "T", partitions, if_exists)
    };
    assert_eq!(add(&[march.clone(), january.clone()], IfExists::Fail).unwrap(), 2);
    // One that is there keeps all from being added.
    refused(
        add(&[none.clone(), january.clone()], IfExists::Fail),
        "ALREADY_EXISTS",
        "FAILED: SemanticException Partition already exists: year=2024/month=01",
    );
    assert_eq!(add(&[none.clone(), january.clone()], IfExists::Keep).unwrap(), 1);
    let listed = catalog.partitions("default", "t", &all).unwrap();
    assert_eq!(listed, [january.clone(), march.clone(), none.clone()]);
    refused(
        add(&[partition(&["2024"], "s3://b/")], IfExists::Keep),
        "INVALID_PARTITION_VALUE",
        "2 partition columns",
    );

    let moved = partition(&["2024", "01"], "s3://c/");
    catalog.set_partition_location("default", "t", &moved).unwrap();
    let unknown = partition(&["2024", "02"], "s3://c/");
    refused(
        catalog.set_partition_location("default", "t", &unknown),
        "PARTITION_NOT_FOUND",
        "year=2024/month=02",
    );
    let rename = |from: &Partition, to: &Partition| {
        catalog.rename_partition("default", "t", &from.values, &to.values)
    };
    refused(rename(&unknown, &moved), "PARTITION_NOT_FOUND", "month=02");
    refused(rename(&moved, &march), "ALREADY_EXISTS", "month=03");
    rename(&moved, &unknown).unwrap();

    let drop = |values: &[&Partition], if_missing| {
        let values: Vec<_> = values.iter().map(|partition| partition.values.clone()).collect();
        catalog.drop_partitions("default", "t", &values, if_missing)
    };
    refused(drop(&[&march, &january], IfMissing::Fail), "PARTITION_NOT_FOUND", "month=01");
    assert_eq!(drop(&[&march, &january], IfMissing::Pass).unwrap(), 1);
    assert_eq!(catalog.partitions("default", "t", &all).unwrap(), [unknown.clone(), none.clone()]);

    // A change of columns and of what is said of the keys keeps the partitions, and their number stays.
    let changed = TableDefinition { columns: vec![], ..table("default", "t", &["year", "month"]) };
    catalog.create_table(&changed, IfExists::Replace).unwrap();
    assert_eq!(catalog.partitions("default", "t", &all).unwrap().len(), 2);
    let mut told = table("default", "t", &["year", "month"]);
    told.partition_keys[0].comment = Some("of the request".to_owned());
    catalog.replace_relation(&Relation::Table(told)).unwrap();
    assert_eq!(catalog.partitions("default", "t", &all).unwrap().len(), 2);
    let other = table("default", "t", &["day"]);
    let text = "would not fit 1 partition keys";
    refused(catalog.create_table(&other, IfExists::Replace), "NOT_SUPPORTED", text);
    refused(catalog.replace_relation(&Relation::Table(other.clone())), "NOT_SUPPORTED", text);
    let fewer = catalog.change_table("default", "t", |table| {
        table.partition_keys.pop();
        Ok(())
    });
    refused(fewer, "NOT_SUPPORTED", text);
    drop(&[&unknown, &none], IfMissing::Fail).unwrap();
    catalog.create_table(&other, IfExists::Replace).unwrap();
    // A table that is made again has none of the old partitions.
    add(&[partition(&["1"], "s3://b/")], IfExists::Fail).unwrap();
    catalog.drop_table("default", "t", IfMissing::Fail).unwrap();
    catalog.create_table(&table("default", "t", &["day"]), IfExists::Fail).unwrap();
    assert_eq!(catalog.partitions("default", "t", &all).unwrap(), []);
    refused(catalog.partitions("default", "x", &all), "TABLE_NOT_FOUND", "default.x");
}

#[test]
fn catalog_keeps_a_hundred_thousand_partitions() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    catalog.create_table(&table("default", "t", &["a", "b"]), IfExists::Fail).unwrap();
    let partitions: Vec<_> = (0..100_000)
        .map(|number| {
            let (a, b) = (format!("{:03}", number / 1000), format!("{:03}", number % 1000));
            partition(&[&a, &b], &format!("s3://bucket/{a}/{b}/"))
        })
        .collect();
    let added = catalog.add_partitions("default", "t", &partitions, IfExists::Fail).unwrap();
    assert_eq!(added, 100_000);
    let all = PartitionFilter::default();
    assert_eq!(catalog.partitions("default", "t", &all).unwrap(), partitions);
}

#[test]
fn catalog_keeps_prepared_statements() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    let statement = |name: &str, sql: &str| PreparedStatement {
        workgroup: "primary".to_owned(),
        name: name.to_owned(),
        sql: sql.to_owned(),
        description: None,
        modified_s: 7,
    };
    catalog.put_prepared(&statement("b", "SELECT ?")).unwrap();
    catalog.put_prepared(&statement("a", "SELECT 1")).unwrap();
    catalog.put_prepared(&statement("b", "SELECT ? + 1")).unwrap();
    let (a, b) = (statement("a", "SELECT 1"), statement("b", "SELECT ? + 1"));
    assert_eq!(catalog.all_prepared("primary").unwrap(), [a, b.clone()]);
    assert_eq!(catalog.all_prepared("other").unwrap(), []);
    assert_eq!(catalog.prepared("primary", "b").unwrap(), Some(b));
    assert!(catalog.drop_prepared("primary", "b", IfMissing::Fail).unwrap());
    assert!(!catalog.drop_prepared("primary", "b", IfMissing::Pass).unwrap());
    let dropped = catalog.drop_prepared("primary", "b", IfMissing::Fail);
    refused(dropped, "RESOURCE_NOT_FOUND", "PreparedStatement b was not found");
}

#[test]
fn catalog_loses_nothing_between_processes() {
    const WRITERS: usize = 6;
    const PARTITIONS: usize = 40;
    let folder = Folder::new();
    let barrier = Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (folder, barrier) = (&folder, &barrier);
            scope.spawn(move || {
                barrier.wait();
                // All make the file, and the table, at the same time; each has a connection of its own, as a process has.
                let catalog = folder.open().unwrap();
                catalog.create_table(&table("default", "t", &["w", "n"]), IfExists::Keep).unwrap();
                for number in 0..PARTITIONS {
                    let partition =
                        partition(&[&writer.to_string(), &number.to_string()], "s3://bucket/");
                    let added =
                        catalog.add_partitions("default", "t", &[partition], IfExists::Fail);
                    assert_eq!(added.unwrap(), 1);
                }
            });
        }
    });
    let catalog = folder.open().unwrap();
    let all = PartitionFilter::default();
    let partitions = catalog.partitions("default", "t", &all).unwrap();
    assert_eq!(partitions.len(), WRITERS * PARTITIONS);
}

#[test]
fn catalog_survives_a_crash_at_any_point() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    catalog.create_table(&table("default", "t", &["k"]), IfExists::Fail).unwrap();
    let all = PartitionFilter::default();
    for number in 0..20 {
        let before = folder.killed_now();
        assert_eq!(before.open().unwrap().partitions("default", "t", &all).unwrap().len(), number);
        let partition = partition(&[&number.to_string()], "s3://bucket/");
        catalog.add_partitions("default", "t", &[partition], IfExists::Fail).unwrap();
    }
    // However much of the journal was written: what is whole of it counts, in the order of the commits.
    let journal = std::fs::read(format!("{}-wal", folder.file().display())).unwrap();
    let mut last = 20;
    for length in (0..=journal.len()).rev().step_by(1499) {
        let cut = folder.killed_now();
        std::fs::write(format!("{}-wal", cut.file().display()), &journal[..length]).unwrap();
        let catalog = cut.open().unwrap();
        let found = match catalog.partitions("default", "t", &all) {
            Ok(partitions) => partitions.len(),
            Err(error) => {
                // Not even the table was made.
                assert_eq!(error.athena_code(), Some("TABLE_NOT_FOUND"));
                0
            }
        };
        assert!(found <= last, "{found} of {last}");
        last = found;
        // And it goes on.
        catalog.create_table(&table("default", "t", &["k"]), IfExists::Keep).unwrap();
        let next = partition(&["next"], "s3://bucket/");
        catalog.add_partitions("default", "t", &[next], IfExists::Fail).unwrap();
    }
    assert_eq!(last, 0);
}

#[test]
fn catalog_says_that_its_file_is_damaged_and_leaves_it() {
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    catalog.create_table(&table("default", "t", &["k"]), IfExists::Fail).unwrap();
    let partitions: Vec<_> =
        (0..2000).map(|number| partition(&[&number.to_string()], "s3://bucket/x/")).collect();
    catalog.add_partitions("default", "t", &partitions, IfExists::Fail).unwrap();
    // The last to close it writes everything into the one file.
    drop(catalog);
    let whole = std::fs::read(folder.file()).unwrap();
    let page = 4096;
    let mut zeros = whole.clone();
    zeros[whole.len() - 2 * page..].fill(0);
    let mut garbled = whole.clone();
    for byte in garbled[page..].iter_mut().step_by(7) {
        *byte ^= 0x5a;
    }
    let damages: &[(&str, Vec<u8>)] = &[
        ("no database", b"not a database at all, but some text".repeat(1000)),
        ("cut in a page", whole[..whole.len() - 1000].to_vec()),
        ("cut to a few bytes", whole[..50].to_vec()),
        ("cut between pages", whole[..page * 3].to_vec()),
        ("zeros", zeros),
        ("garbled", garbled),
    ];
    for (name, damaged) in damages {
        std::fs::write(folder.file(), damaged).unwrap();
        let asked = folder
            .open()
            .and_then(|catalog| catalog.partitions("default", "t", &PartitionFilter::default()));
        let error = asked.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{name}: {error}");
        let path = folder.file().display().to_string();
        assert!(error.to_string().contains(&format!("the catalog `{path}` is damaged")), "{error}");
        assert!(error.hint_text().unwrap().contains("to another place"), "{name}");
        assert!(std::fs::read(folder.file()).unwrap() == *damaged, "{name} was written to");
    }
    // Set aside, it is made anew.
    std::fs::rename(folder.file(), folder.0.join("aside")).unwrap();
    assert_eq!(names(&folder.open().unwrap(), "default"), [""; 0]);
}

#[test]
fn catalog_does_not_touch_what_is_not_its_own() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("data")).unwrap();
    let foreign = rusqlite::Connection::open(folder.file()).unwrap();
    foreign.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    drop(foreign);
    let before = std::fs::read(folder.file()).unwrap();
    let error = folder.open().expect_err("another program's");
    assert!(error.to_string().contains("is a database of another program"), "{error}");
    assert!(std::fs::read(folder.file()).unwrap() == before);

    let newer = Folder::new();
    newer.open().unwrap().create_table(&table("default", "t", &[]), IfExists::Fail).unwrap();
    let connection = rusqlite::Connection::open(newer.file()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = newer.open().expect_err("from the future");
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(error.to_string().contains("has layout 99"), "{error}");
}

#[test]
fn reading_makes_no_file() {
    let folder = Folder::new();
    let (reader, writer) = (folder.open().unwrap(), folder.open().unwrap());
    assert_eq!(names(&reader, "default"), [""; 0]);
    assert!(reader.database("default").unwrap().is_some());
    assert!(!folder.file().exists());
    writer.create_table(&table("default", "t", &[]), IfExists::Fail).unwrap();
    assert_eq!(names(&reader, "default"), ["t"]);
}

#[cfg(unix)]
#[test]
fn catalog_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let catalog = folder.open().unwrap();
    catalog.create_table(&table("default", "t", &[]), IfExists::Fail).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let path = format!("{}{ending}", folder.file().display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    let mode = std::fs::metadata(folder.0.join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
