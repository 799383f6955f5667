-- And how long do the connections of those thirty last?
SELECT client_ip, round(avg(tcp_connection_time_ms)) AS avg_tcp_connection_time_ms
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
  AND tls_connection_creation_time < '2024-10-05T03:00:00'
  AND target_port = 443 AND domain_name = 'api.example.com'
  AND client_ip IN (
    SELECT client_ip FROM (
      SELECT client_ip, COUNT(*) AS connections
      FROM nlb
      WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
        AND tls_connection_creation_time < '2024-10-05T03:00:00'
        AND target_port = 443 AND domain_name = 'api.example.com'
      GROUP BY client_ip ORDER BY connections DESC, client_ip LIMIT 30
    )
  )
GROUP BY client_ip ORDER BY avg_tcp_connection_time_ms DESC, client_ip;
