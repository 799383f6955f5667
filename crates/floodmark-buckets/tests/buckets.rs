//! Buckets that are folders: what is written is found, in S3's order, and nothing half written is ever seen.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use floodmark_buckets::{Bucket, Buckets, CompletedPart, ErrorKind, Listed, Object};
use proptest::prelude::*;
use tempfile::TempDir;

fn own() -> (TempDir, Buckets, Bucket) {
    let folder = tempfile::tempdir().expect("a folder");
    let buckets = Buckets::new(Some(folder.path().join("own")));
    let bucket = buckets.create("results").expect("a bucket");
    (folder, buckets, bucket)
}

fn write(bucket: &Bucket, key: &str, text: &str) {
    let mut writing = bucket.write(key).expect("it can be written");
    writing.write_all(text.as_bytes()).expect("the disk has room");
    writing.finish().expect("it has a place");
}

fn read(bucket: &Bucket, key: &str) -> String {
    let (mut file, object) = bucket.open(key).expect("it is there");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("a text");
    assert_eq!(object.size, text.len() as u64);
    text
}

fn keys(bucket: &Bucket) -> Vec<String> {
    let listing = bucket.list(&Listed::default()).expect("a listing");
    assert_eq!((listing.folders.len(), listing.next), (0, None));
    listing.objects.into_iter().map(|object| object.key).collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found
}

#[test]
fn an_object_appears_whole_and_replaces_the_one_before() {
    let (_folder, _, bucket) = own();
    let mut writing = bucket.write("a/b.csv").unwrap();
    writing.write_all(b"one").unwrap();
    assert_eq!(bucket.object("a/b.csv").unwrap_err().kind(), ErrorKind::NoSuchKey);
    assert!(keys(&bucket).is_empty());
    let first = writing.finish().unwrap();
    assert_eq!(read(&bucket, "a/b.csv"), "one");
    assert_eq!(bucket.object("a/b.csv").unwrap(), first);

    let (mut before, _) = bucket.open("a/b.csv").unwrap();
    write(&bucket, "a/b.csv", "two");
    let mut text = String::new();
    before.read_to_string(&mut text).unwrap();
    assert_eq!(text, "one");
    assert_eq!(read(&bucket, "a/b.csv"), "two");
    assert_ne!(bucket.object("a/b.csv").unwrap().etag, first.etag);
}

#[test]
fn of_writers_that_want_no_object_to_be_there_one_wins() {
    let (_folder, _, bucket) = own();
    let writers: Vec<_> = (0..8).map(|_| bucket.write("a/b").unwrap()).collect();
    let is_there = |present: Option<&Object>| present.map(|_| "it is there");
    let winners = std::thread::scope(|scope| {
        let spawned = writers.into_iter().map(|w| scope.spawn(move || w.finish_over(is_there)));
        let running: Vec<_> = spawned.collect();
        running.into_iter().map(|writer| writer.join().unwrap()).filter_map(Result::ok).count()
    });
    assert_eq!(winners, 1);
    let error = bucket.write("a/b").unwrap().finish_over(is_there).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    assert_eq!(error.to_string(), "it is there");
}

#[test]
fn a_mapped_folder_that_is_gone_is_an_error_and_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let mut buckets = Buckets::new(Some(folder.path().join("own")));
    buckets.map("logs", logs.clone()).unwrap();
    std::fs::remove_dir(&logs).unwrap();
    let bucket = buckets.find("logs").unwrap();
    let question = Listed { prefix: "day/".to_owned(), ..Listed::default() };
    for error in [
        bucket.check().unwrap_err(),
        bucket.list(&Listed::default()).unwrap_err(),
        bucket.list(&question).unwrap_err(),
        bucket.object("day/one.log").unwrap_err(),
        bucket.open("day/one.log").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("is gone"), "{error}");
    }
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    let (folder, buckets, bucket) = own();
    let mut writing = bucket.write("a/b").unwrap();
    writing.write_all(b"half").unwrap();
    drop(writing);
    let upload = bucket.begin_upload("a/c").unwrap();
    drop(bucket.write_part("a/c", &upload, 1).unwrap());
    bucket.abort_upload("a/c", &upload).unwrap();
    assert!(keys(&bucket).is_empty());
    drop((buckets, bucket));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn deleting_removes_empty_folders_but_not_the_bucket() {
    let (_folder, buckets, bucket) = own();
    write(&bucket, "a/b/c", "1");
    write(&bucket, "a/d", "2");
    bucket.delete("a/b/c").unwrap();
    assert!(!bucket.folder.join("a/b").exists());
    assert_eq!(keys(&bucket), ["a/d"]);
    // What is not there, what is a folder, and what cannot be there is fine.
    for key in ["a/b/c", "a", "a/d/e", "../results/a/d", "a//d"] {
        bucket.delete(key).unwrap();
    }
    assert_eq!(buckets.remove("results").unwrap_err().kind(), ErrorKind::NotEmpty);
    bucket.delete("a/d").unwrap();
    assert!(bucket.folder.is_dir());
    buckets.remove("results").unwrap();
    assert_eq!(buckets.get("results").unwrap_err().kind(), ErrorKind::NoSuchBucket);
}

#[test]
fn a_key_cannot_be_a_file_and_a_folder() {
    let (_folder, _, bucket) = own();
    write(&bucket, "a/b", "1");
    for key in ["a", "a/b/c", "a/b/c/d"] {
        let error = bucket.write(key).unwrap().finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{key}: {error}");
    }
    assert_eq!(keys(&bucket), ["a/b"]);
}

#[test]
fn a_mark_of_a_folder_is_an_object() {
    let (_folder, _, bucket) = own();
    write(&bucket, "a/", "");
    write(&bucket, "a-b", "");
    assert_eq!(keys(&bucket), ["a-b", "a/"]);
    assert_eq!(bucket.object("a/").unwrap().size, 0);
    write(&bucket, "a/b", "");
    assert_eq!(keys(&bucket), ["a-b", "a/", "a/b"]);
    bucket.delete("a/").unwrap();
    assert_eq!(bucket.object("a/").unwrap_err().kind(), ErrorKind::NoSuchKey);
    assert_eq!(keys(&bucket), ["a-b", "a/b"]);
}

#[test]
fn a_mapped_folder_is_only_read() {
    let logs = tempfile::tempdir().unwrap();
    std::fs::create_dir(logs.path().join("day")).unwrap();
    std::fs::write(logs.path().join("day/one.log"), "line").unwrap();
    let own = tempfile::tempdir().unwrap();
    let mut buckets = Buckets::new(Some(own.path().to_owned()));
    buckets.map("logs", logs.path().to_owned()).unwrap();
    let bucket = buckets.find("logs").unwrap();
    assert!(bucket.is_read_only);
    assert_eq!(read(&bucket, "day/one.log"), "line");
    let errors = [
        bucket.write("day/two.log").map(drop),
        bucket.delete("day/one.log"),
        bucket.begin_upload("day/two.log").map(drop),
        bucket.copy("day/two.log", &bucket, "day/one.log").map(drop),
        buckets.create("logs").map(drop),
        buckets.remove("logs"),
    ];
    for error in errors {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    assert_eq!(keys(&bucket), ["day/one.log"]);
    let names: Vec<_> = buckets.all().unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, ["logs"]);
}

#[test]
fn that_a_bucket_lies_over_another_one_is_remembered() {
    let (folder, buckets, bucket) = own();
    assert!(!bucket.is_overlay);
    buckets.create_overlay("over").unwrap();
    let again = Buckets::new(Some(folder.path().join("own")));
    assert!(again.find("over").unwrap().is_overlay);
    again.remove("over").unwrap();
    assert!(!again.create("over").unwrap().is_overlay);
    assert!(!again.find("results").unwrap().is_overlay);
}

#[test]
fn two_buckets_are_never_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let inner = folder.path().join("own/results");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::create_dir_all(&inner).unwrap();
    let mut buckets = Buckets::new(Some(folder.path().join("own")));
    buckets.map("logs", logs.clone()).unwrap();
    let around = folder.path().to_owned();
    for (name, folder) in [("logs", &around), ("other", &logs), ("all", &around), ("res", &inner)] {
        let error = buckets.map(name, folder.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{name}");
    }
    assert_eq!(buckets.map("Logs", logs.clone()).unwrap_err().kind(), ErrorKind::InvalidBucketName);
    assert_eq!(buckets.map("none", logs.join("none")).unwrap_err().kind(), ErrorKind::Io);
    for name in ["..", ".waiting", "a/b", ""] {
        assert!(buckets.find(name).is_none());
        assert_eq!(buckets.create(name).unwrap_err().kind(), ErrorKind::InvalidBucketName);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir_all(logs.join("day")).unwrap();
    std::fs::write(folder.path().join("elsewhere.log"), "line").unwrap();
    let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, logs.join(name)).unwrap();
    link(&folder.path().join("elsewhere.log"), "day/linked.log");
    link(&folder.path().join("nothing.log"), "day/broken.log");
    link(&logs, "day/circle");
    let mut buckets = Buckets::new(None);
    buckets.map("logs", logs.clone()).unwrap();
    let bucket = buckets.find("logs").unwrap();
    assert_eq!(keys(&bucket), ["day/linked.log"]);
    assert_eq!(read(&bucket, "day/linked.log"), "line");
}

#[test]
fn an_upload_in_parts_is_one_object() {
    let (_folder, buckets, bucket) = own();
    let upload = bucket.begin_upload("big").unwrap();
    let part = |number: u32, text: &[u8]| {
        let mut writing = bucket.write_part("big", &upload, number).unwrap();
        writing.write_all(text).unwrap();
        let etag = Some(writing.finish().unwrap().etag);
        CompletedPart { number, etag }
    };
    let full = vec![b'x'; 5 << 20];
    let (third, first) = (part(3, b"end"), part(1, &full));
    let small = part(2, b"small");
    let numbers = |parts: Vec<floodmark_buckets::Part>| {
        parts.into_iter().map(|part| part.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(bucket.parts("big", &upload).unwrap()), [1, 2, 3]);
    assert_eq!(bucket.uploads().unwrap()[0].key, "big");

    let none = CompletedPart { number: 4, etag: None };
    let other = CompletedPart { number: 3, etag: Some("other".to_owned()) };
    for (parts, kind) in [
        (vec![], ErrorKind::InvalidPart),
        (vec![first.clone(), none], ErrorKind::InvalidPart),
        (vec![first.clone(), other], ErrorKind::InvalidPart),
        (vec![third.clone(), first.clone()], ErrorKind::InvalidPartOrder),
        (vec![first.clone(), small, third.clone()], ErrorKind::PartTooSmall),
    ] {
        let error = bucket.complete_upload("big", &upload, &parts).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let object = bucket.complete_upload("big", &upload, &[first, third]).unwrap();
    assert_eq!(object.size, full.len() as u64 + 3);
    assert!(read(&bucket, "big").ends_with("xend"));
    assert!(bucket.uploads().unwrap().is_empty());
    let other = buckets.create("other").unwrap();
    let upload = bucket.begin_upload("big").unwrap();
    let errors = [
        bucket.parts("small", &upload).map(drop),
        other.abort_upload("big", &upload),
        bucket.abort_upload("big", "../../results"),
        bucket.abort_upload("big", ""),
    ];
    for error in errors {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::NoSuchUpload);
    }
    assert!(bucket.write_part("big", &upload, 0).is_err());
    let copied = bucket.copy_part("big", &upload, 1, (&bucket, "big"), Some(2..5)).unwrap();
    assert_eq!(copied.size, 3);
}

#[test]
fn a_finished_file_is_adopted_and_an_object_copied() {
    let (_folder, buckets, bucket) = own();
    let writing = bucket.write("a").unwrap();
    let beside = writing.path().with_extension("parquet");
    std::fs::write(&beside, "columns").unwrap();
    bucket.adopt("b/c", &beside).unwrap();
    assert!(!beside.exists());
    let other = buckets.create("other").unwrap();
    other.copy("d", &bucket, "b/c").unwrap();
    other.copy("d", &other, "d").unwrap();
    assert_eq!(read(&other, "d"), "columns");
    assert_eq!(other.copy("d", &bucket, "x").unwrap_err().kind(), ErrorKind::NoSuchKey);
}

/// What S3 would list.
fn expected(keys: &BTreeMap<String, ()>, question: &Listed) -> (Vec<String>, Vec<String>) {
    let (mut objects, mut folders) = (Vec::new(), Vec::<String>::new());
    for key in keys.keys().filter(|key| key.starts_with(&question.prefix)) {
        let rest = &key[question.prefix.len()..];
        match question.delimiter.as_ref().and_then(|d| Some(rest.find(d.as_str())? + d.len())) {
            Some(end) => {
                let folder = key[..question.prefix.len() + end].to_owned();
                if folders.last() != Some(&folder) {
                    folders.push(folder);
                }
            }
            None => objects.push(key.clone()),
        }
    }
    (objects, folders)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn pages_together_are_what_s3_would_list(
        wanted in prop::collection::vec("[ab0\\-]{1,2}(/[ab0.!]{1,2}x){0,2}/?", 1..14),
        prefix in "(a|b|a/|a0|b/a|//|a-|x|)",
        delimiter in prop::option::of(prop::sample::select(vec!["/", "0", "/a", ""])),
        max in 1_usize..5,
    ) {
        let (_folder, _, bucket) = own();
        let mut written = BTreeMap::new();
        for key in wanted {
            // A key that is a folder of another one is refused.
            if bucket.write(&key).unwrap().finish().is_ok() {
                written.insert(key, ());
            }
        }
        let delimiter = delimiter.map(str::to_owned);
        let all = Listed { prefix, delimiter: delimiter.clone().filter(|d| !d.is_empty()), ..Listed::default() };
        let mut question = Listed { max, delimiter, ..all.clone() };
        let (mut objects, mut folders, mut pages) = (Vec::new(), Vec::new(), 0);
        loop {
            let listing = bucket.list(&question).unwrap();
            prop_assert!(listing.objects.len() + listing.folders.len() <= max);
            objects.extend(listing.objects.into_iter().map(|object| object.key));
            folders.extend(listing.folders);
            pages += 1;
            prop_assert!(pages < 50);
            let Some(next) = listing.next else { break };
            question.after = Some(next);
        }
        prop_assert_eq!((objects, folders), expected(&written, &all));
    }
}

#[test]
fn a_listing_begins_after_a_key_that_need_not_exist() {
    let (_folder, _, bucket) = own();
    for key in ["a-b", "a/b", "a/c", "a0", "b/x"] {
        write(&bucket, key, "");
    }
    for (after, delimiter, objects, folders) in [
        ("a", None, vec!["a-b", "a/b", "a/c", "a0", "b/x"], vec![]),
        ("a/b", None, vec!["a/c", "a0", "b/x"], vec![]),
        ("a/bb", None, vec!["a/c", "a0", "b/x"], vec![]),
        ("a/", Some("/"), vec!["a0"], vec!["b/"]),
        ("a/b", Some("/"), vec!["a0"], vec!["a/", "b/"]),
        ("a/c", Some("/"), vec!["a0"], vec!["b/"]),
        ("z", Some("/"), vec![], vec![]),
    ] {
        let after = Some(after.to_owned());
        let delimiter = delimiter.map(str::to_owned);
        let question = Listed { after, delimiter, ..Listed::default() };
        let listing = bucket.list(&question).unwrap();
        let keys: Vec<_> = listing.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(
            (keys, listing.folders),
            (objects, folders.iter().map(|f: &&str| (*f).to_owned()).collect()),
            "{question:?}"
        );
    }
}
