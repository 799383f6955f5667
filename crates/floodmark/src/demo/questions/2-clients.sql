-- Traffic tripled. Do more clients come?
SELECT COUNT(DISTINCT client_ip) AS clients_before
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T01:00:00'
  AND tls_connection_creation_time < '2024-10-05T02:00:00';
SELECT COUNT(DISTINCT client_ip) AS clients_during
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
  AND tls_connection_creation_time < '2024-10-05T03:00:00';
