-- Fewer clients, so some are loud. On which port?
SELECT target_port, COUNT(*) AS connections_before
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T01:00:00'
  AND tls_connection_creation_time < '2024-10-05T02:00:00'
GROUP BY target_port ORDER BY target_port;
SELECT target_port, COUNT(*) AS connections_during
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
  AND tls_connection_creation_time < '2024-10-05T03:00:00'
GROUP BY target_port ORDER BY target_port;
