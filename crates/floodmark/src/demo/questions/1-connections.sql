-- How many connections were there, before and during?
SELECT COUNT(num_lign) AS connections_before
FROM (
  SELECT row_number() over() AS num_lign, time, client_ip, target_port, domain_name
  FROM nlb
  WHERE tls_connection_creation_time > '2024-10-05T01:00:00'
    AND tls_connection_creation_time < '2024-10-05T02:00:00'
);
SELECT COUNT(num_lign) AS connections_during
FROM (
  SELECT row_number() over() AS num_lign, time, client_ip, target_port, domain_name
  FROM nlb
  WHERE tls_connection_creation_time > '2024-10-05T02:00:00'
    AND tls_connection_creation_time < '2024-10-05T03:00:00'
);
