"""The benchmark's questions: one a log, in the words of each program.

Every program answers the same question from the same objects: the 30 clients with the most records (flow logs: bytes)
that pass a filter on a name, a number and the hour from 02:00 to 03:00 on 2024-10-05, ties in the order of the address.
`floor.rs` answers them by hand, as a check by other means.
"""

from dataclasses import dataclass

TOP = 30
HOUR_START = 1_728_093_600  # 2024-10-05T02:00:00Z
HOUR_END = HOUR_START + 3600
DAYS_START = HOUR_START - 26 * 3600  # 2024-10-04T00:00:00Z
DAYS_END = DAYS_START + 48 * 3600


@dataclass(frozen=True)
class Question:
    """What is asked of one log. Fields are numbered from 0, in the order of the line."""

    log: str
    words: str
    # For Floodmark: the measure, the filter without the time, and three ways to say the time.
    client: str
    measure: str
    where: str
    hour: str  # prunes objects by their names
    hour_unprunable: str  # the same hour, said so that neither names nor the decoder's predicates can use it
    whole: str  # all hours: the decoder checks the time, and nothing is pruned
    # For the others: how a line is cut, and which fields are needed.
    separator: str
    quote: str | None
    fields: int
    header_lines: int
    needed: dict[str, int]
    client_has_port: bool
    # For DuckDB, over the names of `needed`; Polars and pandas have theirs in peers.py.
    duckdb_where: str
    duckdb_hour: str
    duckdb_whole: str

    def floodmark(self, time: str) -> str:
        """The question in Athena's SQL."""
        return (
            f"SELECT {self.client}, {self.measure} AS total FROM {self.log} "
            f"WHERE {self.where} AND {time} "
            f"GROUP BY {self.client} ORDER BY total DESC, {self.client} LIMIT {TOP}"
        )


QUESTIONS = {
    question.log: question
    for question in [
        Question(
            log="nlb",
            words="top 30 clients of `api.example.com` on port 443, by connections begun in one hour",
            client="client_ip",
            measure="count(*)",
            where="domain_name = 'api.example.com' AND target_port = 443",
            hour="tls_connection_creation_time >= '2024-10-05T02:00:00' "
            "AND tls_connection_creation_time < '2024-10-05T03:00:00'",
            hour_unprunable="substr(tls_connection_creation_time, 1, 13) = '2024-10-05T02'",
            whole="tls_connection_creation_time >= '2024-10-04T00:00:00' "
            "AND tls_connection_creation_time < '2024-10-06T00:00:00'",
            separator=" ",
            quote=None,
            fields=22,
            header_lines=0,
            needed={"client": 5, "target": 6, "domain": 17, "time": 21},
            client_has_port=True,
            duckdb_where="domain = 'api.example.com' AND ends_with(target, ':443')",
            duckdb_hour="time >= '2024-10-05T02:00:00' AND time < '2024-10-05T03:00:00'",
            duckdb_whole="time >= '2024-10-04T00:00:00' AND time < '2024-10-06T00:00:00'",
        ),
        Question(
            log="alb",
            words="top 30 clients of `api.example.com` with status 200, by requests in one hour",
            client="client_ip",
            measure="count(*)",
            where="domain_name = 'api.example.com' AND elb_status_code = 200",
            hour="time >= '2024-10-05T02:00:00' AND time < '2024-10-05T03:00:00'",
            hour_unprunable="substr(time, 1, 13) = '2024-10-05T02'",
            whole="time >= '2024-10-04T00:00:00' AND time < '2024-10-06T00:00:00'",
            separator=" ",
            quote='"',
            fields=30,
            header_lines=0,
            needed={"time": 1, "client": 3, "status": 8, "domain": 18},
            client_has_port=True,
            duckdb_where="domain = 'api.example.com' AND status = '200'",
            duckdb_hour="time >= '2024-10-05T02:00:00' AND time < '2024-10-05T03:00:00'",
            duckdb_whole="time >= '2024-10-04T00:00:00' AND time < '2024-10-06T00:00:00'",
        ),
        Question(
            log="vpc_flow",
            words="top 30 senders to port 443, by bytes in one hour",
            client="srcaddr",
            measure="sum(bytes)",
            where="dstport = 443",
            hour=f"start >= {HOUR_START} AND start < {HOUR_END}",
            hour_unprunable=f"start / 3600 = {HOUR_START // 3600}",
            whole=f"start >= {DAYS_START} AND start < {DAYS_END}",
            separator=" ",
            quote=None,
            fields=29,
            header_lines=1,
            needed={"client": 3, "port": 6, "bytes": 9, "start": 10},
            client_has_port=False,
            duckdb_where="port = '443'",
            duckdb_hour=f"start >= {HOUR_START} AND start < {HOUR_END}",
            duckdb_whole=f"start >= {DAYS_START} AND start < {DAYS_END}",
        ),
        Question(
            log="cloudfront",
            words="top 30 clients of `/index.html` with status 200, by requests in one hour",
            client="c_ip",
            measure="count(*)",
            where="cs_uri_stem = '/index.html' AND sc_status = 200",
            hour="event_time >= TIMESTAMP '2024-10-05 02:00:00' AND event_time < TIMESTAMP '2024-10-05 03:00:00'",
            # The hour occurs on one day only, and a predicate on the day would prune.
            hour_unprunable="substr(time, 1, 2) = '02'",
            whole="event_time >= TIMESTAMP '2024-10-04 00:00:00' AND event_time < TIMESTAMP '2024-10-06 00:00:00'",
            separator="\t",
            quote=None,
            fields=33,
            header_lines=2,
            needed={"date": 0, "time": 1, "client": 4, "path": 7, "status": 8},
            client_has_port=False,
            duckdb_where="path = '/index.html' AND status = '200'",
            duckdb_hour="date = '2024-10-05' AND time >= '02:00:00' AND time < '03:00:00'",
            duckdb_whole="date >= '2024-10-04' AND date < '2024-10-06'",
        ),
    ]
}

# Fields that are added or compared as numbers; all others stay text, which costs the least.
NUMBERS = {"bytes", "start"}


@dataclass(frozen=True)
class TableQuestion:
    """What is asked of a log's own table and of a user's: the names are the same in both."""

    log: str
    groups: str
    where: str

    def top(self, table: str) -> str:
        return (
            f"SELECT {self.groups}, count(*) AS total FROM {table} WHERE {self.where} "
            f"GROUP BY {self.groups} ORDER BY total DESC, {self.groups} LIMIT {TOP}"
        )


TABLE_QUESTIONS = [
    TableQuestion("nlb", "client_ip, tls_cipher_suite", "domain_name = 'api.example.com' AND target_port = 443"),
    TableQuestion("alb", "client_ip, ssl_cipher", "domain_name = 'api.example.com' AND elb_status_code = 200"),
    TableQuestion("vpc_flow", "srcaddr, dstaddr", "action = 'ACCEPT' AND dstport = 443"),
    TableQuestion("cloudfront", "c_ip, cs_user_agent", "cs_uri_stem = '/index.html' AND sc_status = 200"),
    TableQuestion("waf", "terminatingruleid, ja3fingerprint", "action = 'BLOCK'"),
]
