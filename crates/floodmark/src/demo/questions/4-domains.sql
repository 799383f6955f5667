-- Port 8080 is as before, 443 is five times as busy. For which domain?
SELECT domain_name, COUNT(*) AS connections_before
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T01:00:00'
  AND tls_connection_creation_time < '2024-10-05T02:00:00'
  AND target_port = 443
GROUP BY domain_name ORDER BY connections_before DESC;
SELECT domain_name, COUNT(*) AS connections_during
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
  AND tls_connection_creation_time < '2024-10-05T03:00:00'
  AND target_port = 443
GROUP BY domain_name ORDER BY connections_during DESC;
