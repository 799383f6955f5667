-- It is api.example.com. Who asks it the most?
SELECT client_ip, COUNT(*) AS connections_during
FROM nlb
WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
  AND tls_connection_creation_time < '2024-10-05T03:00:00'
  AND target_port = 443 AND domain_name = 'api.example.com'
GROUP BY client_ip ORDER BY connections_during DESC, client_ip LIMIT 30;
