"""A notebook that looks for the cause of a spike in the access logs of a Network Load Balancer, cell by cell.

Its calls and queries are those of the notebook that Floodmark is made for, and know nothing of Floodmark: they are told
where AWS is by the environment. Every answer is compared with one that is worked out here from the lines of the logs.

FLOODMARK_TEST_LOGS is the folder of the logs, which the server calls FLOODMARK_TEST_LOGS_BUCKET.
"""

import gzip
import math
import os
from collections import Counter
from pathlib import Path

import awswrangler as wr
import pandas as pd

from checks import check, fails, holds, main, same

LOGS = Path(os.environ["FLOODMARK_TEST_LOGS"])
BUCKET = os.environ.get("FLOODMARK_TEST_LOGS_BUCKET", "access-logs")

DATABASE = "access_logs"
TABLE = "access_logs_nlb"
WORKGROUP = "primary"
S3_OUTPUT = os.environ.get("S3_OUTPUT", "s3://notebook-results/")
WINDOWS = {
    "before": ("2024-10-05T01:00:00", "2024-10-05T02:00:00"),
    "during": ("2024-10-05T02:00:00", "2024-10-05T03:00:00"),
}
DATE_DAY = "2024/10/05"
# What the notebook calls `api.XXX.com`.
DOMAIN = "api.example.com"

COLUMNS = {
    "type": "string",
    "version": "string",
    "time": "string",
    "elb": "string",
    "listener_id": "string",
    "client_ip": "string",
    "client_port": "int",
    "target_ip": "string",
    "target_port": "int",
    "tcp_connection_time_ms": "double",
    "tls_handshake_time_ms": "double",
    "received_bytes": "bigint",
    "sent_bytes": "bigint",
    "incoming_tls_alert": "int",
    "cert_arn": "string",
    "certificate_serial": "string",
    "tls_cipher_suite": "string",
    "tls_protocol_version": "string",
    "tls_named_group": "string",
    "domain_name": "string",
    "alpn_fe_protocol": "string",
    "alpn_be_protocol": "string",
    "alpn_client_preference_list": "string",
    "tls_connection_creation_time": "string",
}
# One group for each column; the two with ports are cut at the colon.
WORD, NUMBER, DECIMAL = "([^ ]*)", "([-0-9]*)", "([-.0-9]*)"
ADDRESS = "([^ ]*):([0-9]*)"
PATTERN = " ".join([WORD] * 5 + [ADDRESS] * 2 + [DECIMAL] * 2 + [NUMBER] * 3 + [WORD] * 8 + [f"{WORD} {WORD}$"])

INNER = (
    "SELECT row_number()over() as num_lign, time, client_ip, target_ip, target_port, tcp_connection_time_ms, "
    "tls_handshake_time_ms, received_bytes, sent_bytes, tls_protocol_version, domain_name, tls_connection_creation_time \n"
)


def records() -> pd.DataFrame:
    """The rows of the table, read from the lines of the logs by hand."""
    rows = []
    for path in sorted(LOGS.rglob("*.log.gz")):
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            words = line.split(" ")
            row = words[:5]
            for place in (5, 6):
                address, port = words[place].rsplit(":", 1)
                row += [address, port]
            rows.append(row + words[7:])
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name, kind in COLUMNS.items():
        if kind in ("int", "bigint"):
            frame[name] = pd.to_numeric(frame[name].replace("-", None)).astype("Int64")
        elif kind == "double":
            frame[name] = pd.to_numeric(frame[name].replace("-", None)).astype(float)
    return frame


RECORDS = records()


def window(name: str) -> pd.DataFrame:
    """The rows whose connections were made in a window."""
    start, end = WINDOWS[name]
    created = RECORDS["tls_connection_creation_time"]
    return RECORDS[(created > start) & (created < end)]


def where(name: str, more: str = "") -> str:
    """The source of a query, as the notebook writes it."""
    start, end = WINDOWS[name]
    return (
        f"FROM access_logs_nlb\nWHERE tls_connection_creation_time > '{start}'\nAND tls_connection_creation_time < '{end}'\n"
        f"AND date_day = '{DATE_DAY}'  -- partition key, mandatory: less is scanned, which costs less\n{more}"
    )


def ask(query: str) -> pd.DataFrame:
    """The one function by which the notebook asks."""
    return wr.athena.read_sql_query(sql=query, database=DATABASE, workgroup=WORKGROUP, s3_output=S3_OUTPUT, ctas_approach=False)


@check
def the_table_is_declared_in_the_catalog() -> None:
    folder = next(LOGS.rglob("*.log.gz")).parent
    location = f"s3://{BUCKET}/{folder.relative_to(LOGS).as_posix()}/"
    above = location.removesuffix("2024/10/05/")
    wr.catalog.create_database(DATABASE, exist_ok=True)
    wr.catalog.create_csv_table(
        database=DATABASE,
        table=TABLE,
        path=above,
        columns_types=COLUMNS,
        partitions_types={"date_day": "string"},
        serde_library="org.apache.hadoop.hive.serde2.RegexSerDe",
        serde_parameters={"serialization.format": "1", "input.regex": PATTERN},
    )
    wr.catalog.add_csv_partitions(
        database=DATABASE,
        table=TABLE,
        partitions_values={location: [DATE_DAY]},
        serde_library="org.apache.hadoop.hive.serde2.RegexSerDe",
        serde_parameters={"serialization.format": "1", "input.regex": PATTERN},
    )
    # The same objects under another day: whoever passes over the partition key counts them twice.
    again = f"ALTER TABLE {TABLE} ADD PARTITION (date_day = '2024/10/04') LOCATION '{location}'"
    wr.athena.start_query_execution(again, database=DATABASE, workgroup=WORKGROUP, wait=True)


@check
def cell_4_shows_the_schema() -> None:
    frame = wr.catalog.table(database=DATABASE, table=TABLE)
    same(list(frame["Column Name"]), [*COLUMNS, "date_day"])
    same(list(frame["Type"]), [*COLUMNS.values(), "string"])
    same(list(frame["Partition"]), [False] * len(COLUMNS) + [True])


@check
def cell_5_tests_the_function() -> None:
    frame = ask("select 1 ")
    same((list(frame.columns), frame.iloc[0, 0]), (["_col0"], 1))


@check
def the_first_view_shows_every_record() -> None:
    frame = ask(f"\nSELECT *\n{where('during')}")
    expected = window("during")
    same(list(frame.columns), [*COLUMNS, "date_day"])
    same(set(frame["date_day"]), {DATE_DAY})
    keys = ["time", "client_ip", "client_port", "listener_id", "tls_connection_creation_time", "received_bytes", "sent_bytes", "tcp_connection_time_ms"]
    frame = frame.drop(columns="date_day").sort_values(keys).reset_index(drop=True)
    expected = expected.sort_values(keys).reset_index(drop=True)
    same(len(frame), len(expected))
    for name, kind in COLUMNS.items():
        if kind == "string":
            same(list(frame[name]), list(expected[name]), name)
        else:
            wanted = [None if pd.isna(value) else value for value in expected[name]]
            same([None if pd.isna(value) else value for value in frame[name]], wanted, name)


@check
def the_table_holds_each_day_on_its_own() -> None:
    frame = ask(f"SELECT date_day, count(*) AS n FROM {TABLE} GROUP BY date_day ORDER BY date_day")
    same(list(frame.itertuples(index=False, name=None)), [("2024/10/04", len(RECORDS)), ("2024/10/05", len(RECORDS))])


@check
def connections_are_counted() -> None:
    for name in WINDOWS:
        frame = ask(f"\nSELECT COUNT(num_lign) as nb_of_requests\nFROM (\n{INNER}{where(name)})\n")
        same((list(frame.columns), list(frame["nb_of_requests"])), (["nb_of_requests"], [len(window(name))]))


@check
def clients_are_counted() -> None:
    for name in WINDOWS:
        frame = ask(f"\n SELECT COUNT(distinct client_ip ) as nb_of_client_ip\nFROM (\n{INNER}{where(name)})\n")
        same(list(frame["nb_of_client_ip"]), [window(name)["client_ip"].nunique()])


def counted(frame: pd.DataFrame, key: str, count: str) -> dict:
    """Two columns of an answer as a map. No key may come twice."""
    same(list(frame.columns), [key, count])
    pairs = [(None if pd.isna(one) else one, int(n)) for one, n in frame.itertuples(index=False, name=None)]
    same(len(pairs), len(dict(pairs)))
    return dict(pairs)


@check
def connections_are_counted_by_port() -> None:
    for name in WINDOWS:
        frame = ask(f"\nSELECT  target_port , COUNT(num_lign) as connections_on_this_port\nFROM (\n{INNER}{where(name, '-- LIMIT 10')}\n)\nGROUP BY target_port\n")
        expected = Counter(int(port) for port in window(name)["target_port"])
        same(counted(frame, "target_port", "connections_on_this_port"), dict(expected))


@check
def connections_are_counted_by_domain() -> None:
    for name in WINDOWS:
        more = where(name, "AND target_port = 443\n-- LIMIT 10")
        frame = ask(f"\nSELECT  domain_name , COUNT(num_lign) as connections_on_this_domain_name\nFROM (\n{INNER}{more}\n)\nGROUP BY domain_name\n")
        rows = window(name)
        expected = Counter(rows[rows["target_port"] == 443]["domain_name"])
        same(counted(frame, "domain_name", "connections_on_this_domain_name"), dict(expected))


def loud(name: str, on_port: bool = True) -> pd.DataFrame:
    """The rows of the loud domain."""
    rows = window(name)
    rows = rows[rows["domain_name"] == DOMAIN]
    return rows[rows["target_port"] == 443] if on_port else rows


@check
def the_most_active_clients_are_found() -> None:
    for name in WINDOWS:
        more = where(name, f"AND target_port = 443\nAND domain_name = '{DOMAIN}'\n")
        frame = ask(
            f"\nSELECT  client_ip , COUNT(num_lign) as connections_from_this_client_ip\nFROM (\n{INNER}{more}\n)\n"
            "GROUP BY client_ip\norder by connections_from_this_client_ip desc\nlimit 30\n"
        )
        found = counted(frame, "client_ip", "connections_from_this_client_ip")
        expected = Counter(loud(name)["client_ip"])
        # Which of several equal ones come last is not said.
        same(list(found.values()), sorted(expected.values(), reverse=True)[:30])
        assert all(expected[client] == count for client, count in found.items()), found


def durations(name: str, order: str) -> str:
    """The query for the average durations of the most active clients."""
    outer = where(name, f"AND target_port = 443\nAND domain_name = '{DOMAIN}'\nAND client_ip in (\n")
    inner = where(name, f"AND domain_name = '{DOMAIN}'\n")
    return (
        f"\nSELECT client_ip, round(avg(tcp_connection_time_ms)) as avg_tcp_connec_time_ms_port443\n{outer}"
        "SELECT client_ip FROM (\nSELECT  client_ip , COUNT(num_lign) as connections_from_this_client_ip\n"
        f"FROM (\n{INNER}{inner}\n)\nGROUP BY client_ip\norder by connections_from_this_client_ip desc\nlimit 30\n))\n"
        f"group by client_ip\norder by {order} desc\n"
    )


@check
def the_last_query_is_refused_as_athena_refuses_it() -> None:
    for name in WINDOWS:
        query = durations(name, "avg_tcp_connec_time_ms")
        lines = query.strip().splitlines()
        column = lines[-1].index("avg_tcp") + 1
        reason = (
            f"COLUMN_NOT_FOUND: line {len(lines)}:{column}: Column 'avg_tcp_connec_time_ms' cannot be resolved "
            "or requester is not authorized to access requested resources"
        )
        with fails(wr.exceptions.QueryFailed) as raised:
            ask(query)
        same(str(raised[0]), reason)


@check
def with_the_right_name_it_finds_the_flood() -> None:
    for name in WINDOWS:
        frame = ask(durations(name, "avg_tcp_connec_time_ms_port443"))
        same(list(frame.columns), ["client_ip", "avg_tcp_connec_time_ms_port443"])
        averages = loud(name).groupby("client_ip")["tcp_connection_time_ms"].mean()
        found = dict(frame.itertuples(index=False, name=None))
        for client, average in found.items():
            same(average, float(math.floor(averages[client] + 0.5)), client)
        same(list(found.values()), sorted(found.values(), reverse=True))
        active = Counter(loud(name, on_port=False)["client_ip"])
        least = sorted(active.values(), reverse=True)[:30][-1]
        must, may = ({client for client, count in active.items() if count > least}, {client for client, count in active.items() if count >= least})
        assert must & set(averages.index) <= set(found) <= may, set(found) ^ must
        long = {client for client, average in found.items() if average > 300_000}
        same(len(long), 4 if name == "during" else 0)
        if name == "during":
            same(long, set(averages[averages > 300_000].index))


@check
def the_scan_is_told() -> None:
    frame = ask(f"SELECT count(*) AS n {where('during')}")
    stored = sum(path.stat().st_size for path in LOGS.rglob("*.log.gz"))
    scanned = frame.query_metadata["Statistics"]["DataScannedInBytes"]
    # The names of the objects tell that some lie before the window.
    assert 0 < scanned <= stored, (scanned, stored)
    holds(frame.query_metadata["Query"], "mandatory")


main()
