"""Glue's operations through boto3, over the same catalog as the statements."""

import boto3
from botocore.exceptions import ClientError

from checks import DATABASE, check, main, place, same, unique
from statements import answer, done, glue, ready

CONTEXT = {"Database": DATABASE}
INPUT = "org.apache.hadoop.mapred.TextInputFormat"
OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def code(call: object) -> str:
    """The code with which a call is refused."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def storage(location: str, **more: object) -> dict:
    """Where and how a table's rows lie."""
    return {
        "Columns": [{"Name": "a", "Type": "int", "Comment": "one"}, {"Name": "b", "Type": "string"}],
        "Location": location,
        "InputFormat": INPUT,
        "OutputFormat": OUTPUT,
        "SerdeInfo": {"SerializationLibrary": SERDE, "Parameters": {"field.delim": ","}},
        **more,
    }


def made(**more: object) -> str:
    """A new table with a partition key."""
    ready()
    name = unique("glue")
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Owner": "somebody",
        "Retention": 3,
        "Description": "words",
        "Parameters": {"EXTERNAL": "TRUE", "mine": "yes"},
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": storage(place("glue"), NumberOfBuckets=-1, Compressed=False, Parameters={"kept": "too"}),
        **more,
    }
    glue.create_table(DatabaseName=DATABASE, TableInput=table)
    return name


def known(name: str) -> dict:
    """What Glue tells of a table."""
    return glue.get_table(DatabaseName=DATABASE, Name=name)["Table"]


def partition(day: str, location: str) -> dict:
    """A partition of a day."""
    return {"Values": [day], "StorageDescriptor": storage(location), "Parameters": {"of": day}}


@check
def databases_come_and_go() -> None:
    name = unique("base")
    glue.create_database(DatabaseInput={"Name": name.upper(), "Description": "mine", "LocationUri": "s3://x/", "Parameters": {"a": "b"}})
    found = glue.get_database(Name=name)["Database"]
    same((found["Name"], found["Description"], found["LocationUri"], found["Parameters"]), (name, "mine", "s3://x/", {"a": "b"}))
    assert found["CreateTime"] and found["CatalogId"].isdigit()
    same(code(lambda: glue.create_database(DatabaseInput={"Name": name})), "AlreadyExistsException")
    glue.update_database(Name=name, DatabaseInput={"Name": name, "Description": "changed"})
    same(glue.get_database(Name=name)["Database"]["Description"], "changed")
    assert [name] in answer("SHOW DATABASES")
    pages = glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1})
    assert {"default", name} <= {one["Name"] for page in pages for one in page["DatabaseList"]}
    glue.delete_database(Name=name)
    same(code(lambda: glue.get_database(Name=name)), "EntityNotFoundException")
    same(code(lambda: glue.delete_database(Name=name)), "EntityNotFoundException")


@check
def a_table_comes_back_as_it_was_written() -> None:
    name = made()
    found = known(name)
    same((found["Name"], found["DatabaseName"], found["Owner"], found["Retention"], found["Description"]), (name, DATABASE, "somebody", 3, "words"))
    same(found["TableType"], "EXTERNAL_TABLE")
    same(found["Parameters"]["mine"], "yes")
    same(found["PartitionKeys"], [{"Name": "day", "Type": "string"}])
    place_of = found["StorageDescriptor"]
    same(place_of["Columns"], [{"Name": "a", "Type": "int", "Comment": "one"}, {"Name": "b", "Type": "string"}])
    same((place_of["InputFormat"], place_of["OutputFormat"]), (INPUT, OUTPUT))
    same(place_of["SerdeInfo"]["SerializationLibrary"], SERDE)
    same(place_of["SerdeInfo"]["Parameters"]["field.delim"], ",")
    same((place_of["NumberOfBuckets"], place_of["Compressed"], place_of["Parameters"]), (-1, False, {"kept": "too"}))
    assert found["CreateTime"] and found["UpdateTime"] and found["CatalogId"].isdigit() and found["VersionId"]
    same(found["IsRegisteredWithLakeFormation"], False)
    same(code(lambda: glue.create_table(DatabaseName=DATABASE, TableInput={"Name": name})), "AlreadyExistsException")
    same(code(lambda: known("nowhere")), "EntityNotFoundException")
    same(code(lambda: glue.create_table(DatabaseName="nowhere", TableInput={"Name": "t"})), "EntityNotFoundException")
    same(glue.get_table(DatabaseName=DATABASE.upper(), Name=name.upper())["Table"]["Name"], name)


@check
def a_table_of_ddl_looks_like_one_of_glue() -> None:
    ready()
    name, location = unique("ddl"), place("ddl")
    done(f"CREATE EXTERNAL TABLE {name} (a int COMMENT 'one', b string) PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{location}'", QueryExecutionContext=CONTEXT)
    found = known(name)
    same(found["StorageDescriptor"]["Columns"][0], {"Name": "a", "Type": "int", "Comment": "one"})
    same(found["StorageDescriptor"]["Location"], location)
    same((found["StorageDescriptor"]["InputFormat"], found["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]), (INPUT, SERDE))
    same((found["TableType"], found["Parameters"]["EXTERNAL"]), ("EXTERNAL_TABLE", "TRUE"))


@check
def a_table_is_changed_and_has_versions() -> None:
    name = made()
    changed = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"mine": "no"},
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": storage(place("glue")),
    }
    changed["StorageDescriptor"]["Columns"].append({"Name": "c", "Type": "double"})
    glue.update_table(DatabaseName=DATABASE, TableInput=changed)
    same([column["Name"] for column in known(name)["StorageDescriptor"]["Columns"]], ["a", "b", "c"])
    same(known(name)["Parameters"]["mine"], "no")
    versions = glue.get_table_versions(DatabaseName=DATABASE, TableName=name)["TableVersions"]
    newest = versions[0]["VersionId"]
    same(glue.get_table_version(DatabaseName=DATABASE, TableName=name, VersionId=newest)["TableVersion"]["Table"]["Name"], name)
    same(code(lambda: glue.get_table_version(DatabaseName=DATABASE, TableName=name, VersionId="999")), "EntityNotFoundException")
    glue.batch_delete_table_version(DatabaseName=DATABASE, TableName=name, VersionIds=["998"])
    same(code(lambda: glue.delete_table_version(DatabaseName=DATABASE, TableName=name, VersionId="999")), "EntityNotFoundException")
    same(answer(f"SELECT c FROM {name}", QueryExecutionContext=CONTEXT), [])
    same(code(lambda: glue.update_table(DatabaseName=DATABASE, TableInput={"Name": "nowhere"})), "EntityNotFoundException")


@check
def tables_are_listed_in_pages_and_by_pattern() -> None:
    names = sorted(made() for _ in range(5))
    paged = glue.get_paginator("get_tables").paginate(DatabaseName=DATABASE, PaginationConfig={"PageSize": 2})
    found = [one["Name"] for page in paged for one in page["TableList"]]
    assert set(names) <= set(found) and len(found) == len(set(found)), found
    same([one["Name"] for one in glue.get_tables(DatabaseName=DATABASE, Expression=names[0][:-3] + ".*")["TableList"]], [names[0]])
    same(glue.get_tables(DatabaseName=DATABASE, Expression=names[0][:-3])["TableList"], [])
    searched = glue.search_tables(SearchText=names[1], Filters=[{"Key": "DatabaseName", "Value": DATABASE}])["TableList"]
    same([one["Name"] for one in searched], [names[1]])
    gone = glue.batch_delete_table(DatabaseName=DATABASE, TablesToDelete=[*names, "nowhere"])
    same([one["TableName"] for one in gone["Errors"]], ["nowhere"])
    same(code(lambda: glue.delete_table(DatabaseName=DATABASE, Name=names[0])), "EntityNotFoundException")


@check
def partitions_come_and_go() -> None:
    name, location = made(), place("partitions")
    asked = {"DatabaseName": DATABASE, "TableName": name}
    days = [f"2024-10-{day:02}" for day in range(1, 31)]
    glue.create_partition(**asked, PartitionInput=partition(days[0], f"{location}{days[0]}/"))
    same(code(lambda: glue.create_partition(**asked, PartitionInput=partition(days[0], location))), "AlreadyExistsException")
    answered = glue.batch_create_partition(**asked, PartitionInputList=[partition(day, f"{location}{day}/") for day in days])
    same([one["PartitionValues"] for one in answered["Errors"]], [[days[0]]])
    same([one["ErrorDetail"]["ErrorCode"] for one in answered["Errors"]], ["AlreadyExistsException"])
    paged = glue.get_paginator("get_partitions").paginate(**asked, PaginationConfig={"PageSize": 7})
    found = [one for page in paged for one in page["Partitions"]]
    same(sorted(one["Values"][0] for one in found), days)
    same({one["StorageDescriptor"]["Location"] for one in found}, {f"{location}{day}/" for day in days})
    some = lambda expression: sorted(one["Values"][0] for one in glue.get_partitions(**asked, Expression=expression)["Partitions"])  # noqa: E731
    same(some("day = '2024-10-05'"), ["2024-10-05"])
    same(some("day > '2024-10-28' AND day <> '2024-10-29'"), ["2024-10-30"])
    same(some("day BETWEEN '2024-10-02' AND '2024-10-03'"), days[1:3])
    same(some("day IN ('2024-10-01', '2024-10-09')"), ["2024-10-01", "2024-10-09"])
    same(some("day LIKE '2024-10-1%'"), days[9:19])
    same(some("(day = '2024-10-01' OR day = '2024-10-02') AND NOT day = '2024-10-02'"), ["2024-10-01"])
    one = glue.get_partition(**asked, PartitionValues=[days[3]])["Partition"]
    same((one["Values"], one["Parameters"]), ([days[3]], {"of": days[3]}))
    same(code(lambda: glue.get_partition(**asked, PartitionValues=["nowhere"])), "EntityNotFoundException")
    batch = glue.batch_get_partition(**asked, PartitionsToGet=[{"Values": [days[4]]}, {"Values": ["nowhere"]}])
    same([one["Values"] for one in batch["Partitions"]], [[days[4]]])
    glue.update_partition(**asked, PartitionValueList=[days[0]], PartitionInput=partition(days[0], f"{location}moved/"))
    same(glue.get_partition(**asked, PartitionValues=[days[0]])["Partition"]["StorageDescriptor"]["Location"], f"{location}moved/")
    same(len(answer(f"SHOW PARTITIONS {name}", QueryExecutionContext=CONTEXT)), 30)
    glue.delete_partition(**asked, PartitionValues=[days[0]])
    gone = glue.batch_delete_partition(**asked, PartitionsToDelete=[{"Values": [day]} for day in [*days[1:5], "nowhere"]])
    same([one["PartitionValues"] for one in gone["Errors"]], [["nowhere"]])
    same(len(glue.get_partitions(**asked)["Partitions"]), 25)


@check
def a_view_of_sql_is_a_view_of_glue() -> None:
    ready()
    name = unique("view")
    done(f"CREATE VIEW {name} AS SELECT 1 AS a, 'x' AS b", QueryExecutionContext=CONTEXT)
    found = known(name)
    same((found["TableType"], found["Parameters"]["presto_view"], found["ViewExpandedText"]), ("VIRTUAL_VIEW", "true", "/* Presto View */"))
    assert found["ViewOriginalText"].startswith("/* Presto View: ") and found["ViewOriginalText"].endswith(" */")
    same([column["Name"] for column in found["StorageDescriptor"]["Columns"]], ["a", "b"])
    # The same text makes the same view.
    copy = unique("copy")
    kept = {key: found[key] for key in ["TableType", "Parameters", "ViewOriginalText", "ViewExpandedText", "StorageDescriptor"]}
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": copy, **kept})
    same(answer(f"SELECT * FROM {copy}", QueryExecutionContext=CONTEXT), [["1", "x"]])


@check
def small_things_answer() -> None:
    name = made()
    asked = {"DatabaseName": DATABASE, "TableName": name}
    glue.create_partition(**asked, PartitionInput=partition("2024-10-05", place("small")))
    found = glue.get_column_statistics_for_partition(**asked, PartitionValues=["2024-10-05"], ColumnNames=["a"])
    same(found["ColumnStatisticsList"], [])
    assert glue.get_catalogs()["CatalogList"] is not None
    assert "ImportStatus" in glue.get_catalog_import_status()
    assert glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"] is not None
    same(code(glue.get_resource_policy), "EntityNotFoundException")
    assert "DataLakeSettings" in boto3.client("lakeformation").get_data_lake_settings()
    same(glue.get_user_defined_functions(DatabaseName=DATABASE, Pattern="*")["UserDefinedFunctions"], [])
    same(glue.get_column_statistics_for_table(DatabaseName=DATABASE, TableName=name, ColumnNames=["a"])["ColumnStatisticsList"], [])
    same(glue.get_partition_indexes(DatabaseName=DATABASE, TableName=name)["PartitionIndexDescriptorList"], [])
    resource = f"arn:aws:glue:us-east-1:111122223333:table/{DATABASE}/{name}"
    same(glue.get_tags(ResourceArn=resource)["Tags"], {})


@check
def other_services_of_glue_say_that_they_are_not_here() -> None:
    for call in [lambda: glue.get_jobs(), lambda: glue.list_crawlers(), lambda: glue.start_job_run(JobName="x")]:
        try:
            call()
        except ClientError as error:
            assert "not supported" in str(error), error
        else:
            raise AssertionError("nothing was refused")


main()
