"""awswrangler's catalog and S3: databases, tables, partitions, parameters, objects."""

import awswrangler as wr
import pandas as pd

from checks import BUCKET, DATABASE, check, fails, main, place, same, unique
from statements import answer, ready

CONTEXT = {"Database": DATABASE}


@check
def databases_come_and_go() -> None:
    name = unique("base")
    wr.catalog.create_database(name, description="a base of its own")
    with fails(wr.exceptions.AlreadyExists):
        wr.catalog.create_database(name)
    wr.catalog.create_database(name, exist_ok=True)
    frame = wr.catalog.databases(limit=1000)
    same(list(frame.columns), ["Database", "Description"])
    same(list(frame[frame["Database"] == name]["Description"]), ["a base of its own"])
    assert {"default", name} <= {one["Name"] for one in wr.catalog.get_databases()}
    same([name] in answer("SHOW DATABASES"), True)
    wr.catalog.delete_database(name)
    assert name not in {one["Name"] for one in wr.catalog.get_databases()}


@check
def a_table_is_made_changed_and_deleted() -> None:
    ready()
    table, folder = unique("table"), place("table")
    wr.catalog.create_parquet_table(
        database=DATABASE,
        table=table,
        path=folder,
        columns_types={"a": "int", "b": "string", "c": "array<int>"},
        partitions_types={"day": "string"},
        description="three columns",
        parameters={"source": "here"},
        columns_comments={"a": "the first"},
    )
    same(wr.catalog.does_table_exist(database=DATABASE, table=table), True)
    same(wr.catalog.does_table_exist(database=DATABASE, table="nowhere"), False)
    frame = wr.catalog.table(database=DATABASE, table=table)
    same(list(frame.columns), ["Column Name", "Type", "Partition", "Comment"])
    rows = [tuple(row) for row in frame.itertuples(index=False, name=None)]
    same(rows, [("a", "int", False, "the first"), ("b", "string", False, ""), ("c", "array<int>", False, ""), ("day", "string", True, "")])
    same(wr.catalog.get_table_types(database=DATABASE, table=table), {"a": "int", "b": "string", "c": "array<int>", "day": "string"})
    same(wr.catalog.get_table_location(database=DATABASE, table=table), folder)
    same(wr.catalog.get_table_description(database=DATABASE, table=table), "three columns")
    same(wr.catalog.get_columns_comments(database=DATABASE, table=table)["a"], "the first")

    parameters = wr.catalog.get_table_parameters(database=DATABASE, table=table)
    same((parameters["source"], parameters["classification"]), ("here", "parquet"))
    wr.catalog.upsert_table_parameters({"more": "yes"}, database=DATABASE, table=table)
    parameters = wr.catalog.get_table_parameters(database=DATABASE, table=table)
    same((parameters["source"], parameters["more"]), ("here", "yes"))
    wr.catalog.overwrite_table_parameters({"only": "this"}, database=DATABASE, table=table)
    same(wr.catalog.get_table_parameters(database=DATABASE, table=table), {"only": "this"})
    assert wr.catalog.get_table_number_of_versions(database=DATABASE, table=table) >= 1

    wr.catalog.add_column(database=DATABASE, table=table, column_name="d", column_type="double", column_comment="fourth")
    same(list(wr.catalog.get_table_types(database=DATABASE, table=table)), ["a", "b", "c", "d", "day"])
    same([row[0].split("\t")[0].strip() for row in answer(f"DESCRIBE {table}", QueryExecutionContext=CONTEXT)][:4], ["a", "b", "c", "d"])
    wr.catalog.delete_column(database=DATABASE, table=table, column_name="d")
    same(list(wr.catalog.get_table_types(database=DATABASE, table=table)), ["a", "b", "c", "day"])

    same(wr.catalog.delete_table_if_exists(database=DATABASE, table=table), True)
    same(wr.catalog.delete_table_if_exists(database=DATABASE, table=table), False)


@check
def partitions_come_and_go() -> None:
    ready()
    table, folder = unique("partitions"), place("partitions")
    wr.catalog.create_parquet_table(
        database=DATABASE, table=table, path=folder, columns_types={"a": "int"}, partitions_types={"year": "string", "month": "string"}
    )
    places = {f"{folder}{year}/{month}/": [str(year), f"{month:02}"] for year in (2023, 2024) for month in range(1, 13)}
    wr.catalog.add_parquet_partitions(database=DATABASE, table=table, partitions_values=places)
    # What is there already is passed over.
    wr.catalog.add_parquet_partitions(database=DATABASE, table=table, partitions_values=places)
    same(wr.catalog.get_partitions(database=DATABASE, table=table), places)
    later = wr.catalog.get_partitions(database=DATABASE, table=table, expression="year = '2024' AND month > '10'")
    same(sorted(later.values()), [["2024", "11"], ["2024", "12"]])
    same(len(answer(f"SHOW PARTITIONS {table}", QueryExecutionContext=CONTEXT)), 24)
    wr.catalog.delete_partitions(table=table, database=DATABASE, partitions_values=[["2024", "12"]])
    same(len(wr.catalog.get_parquet_partitions(database=DATABASE, table=table)), 23)
    wr.catalog.delete_all_partitions(table=table, database=DATABASE)
    same(wr.catalog.get_partitions(database=DATABASE, table=table), {})


@check
def tables_are_searched() -> None:
    ready()
    prefix = unique("find")
    names = [f"{prefix}_{end}" for end in ["one", "two", "other"]]
    for name in names:
        wr.catalog.create_csv_table(database=DATABASE, table=name, path=place("find"), columns_types={"a": "string"})
    found = lambda **options: sorted(one["Name"] for one in wr.catalog.get_tables(database=DATABASE, **options))  # noqa: E731
    same(found(name_prefix=prefix), sorted(names))
    same(found(name_prefix=prefix, name_suffix="o"), [f"{prefix}_two"])
    same(found(name_contains=f"{prefix}_o"), sorted([f"{prefix}_one", f"{prefix}_other"]))
    frame = wr.catalog.tables(database=DATABASE, name_prefix=prefix)
    same(sorted(frame["Table"]), sorted(names))
    same(sorted(one["Name"] for one in wr.catalog.search_tables(text=prefix)), sorted(names))


@check
def more_tables_than_a_page_are_listed() -> None:
    name = unique("many")
    wr.catalog.create_database(name)
    tables = [f"t{number:03}" for number in range(130)]
    for table in tables:
        wr.catalog.create_json_table(database=name, table=table, path=place("many"), columns_types={"a": "int"})
    same(sorted(one["Name"] for one in wr.catalog.get_tables(database=name)), tables)
    wr.catalog.delete_database(name)


@check
def objects_come_and_go() -> None:
    folder = place("objects")
    frame = pd.DataFrame({"a": range(1000), "b": [f"row {number}" for number in range(1000)]})
    path = f"{folder}one.parquet"
    wr.s3.to_parquet(frame, path=path)
    found = wr.s3.read_parquet(path)
    same((list(found["a"]), list(found["b"])), (list(frame["a"]), list(frame["b"])))
    wr.s3.to_csv(frame, path=f"{folder}two.csv.gz", index=False)
    same(list(wr.s3.read_csv(f"{folder}two.csv.gz")["a"]), list(frame["a"]))
    wr.s3.to_json(frame, path=f"{folder}deeper/three.json", orient="records", lines=True)
    same(list(wr.s3.read_json(f"{folder}deeper/three.json", orient="records", lines=True)["a"]), list(frame["a"]))
    same(sorted(wr.s3.list_objects(folder)), [f"{folder}deeper/three.json", path, f"{folder}two.csv.gz"])
    same(wr.s3.list_objects(folder, suffix=".parquet"), [path])
    same(wr.s3.list_directories(folder), [f"{folder}deeper/"])
    same((wr.s3.does_object_exist(path), wr.s3.does_object_exist(f"{folder}nothing")), (True, False))
    assert wr.s3.size_objects(path)[path] > 1000
    wr.s3.copy_objects([path], source_path=folder, target_path=f"{folder}copy/")
    same(len(wr.s3.read_parquet(f"{folder}copy/one.parquet")), 1000)
    assert BUCKET in wr.s3.list_buckets()
    wr.s3.delete_objects(folder)
    same(wr.s3.list_objects(folder), [])


@check
def a_large_object_goes_up_in_parts() -> None:
    folder = place("large")
    frame = pd.DataFrame({"a": range(400_000), "b": [f"a long enough text of number {number}" for number in range(400_000)]})
    wr.s3.to_csv(frame, path=f"{folder}large.csv", index=False)
    found = wr.s3.read_csv(f"{folder}large.csv")
    same((len(found), int(found["a"].sum()), found["b"].iloc[-1]), (400_000, sum(range(400_000)), frame["b"].iloc[-1]))


main()
