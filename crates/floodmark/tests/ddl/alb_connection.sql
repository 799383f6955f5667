CREATE EXTERNAL TABLE IF NOT EXISTS alb_connection_logs (
  time string,
  client_ip string,
  client_port int,
  listener_port int,
  tls_protocol string,
  tls_cipher string,
  tls_handshake_latency double,
  leaf_client_cert_subject string,
  leaf_client_cert_validity string,
  leaf_client_cert_serial_number string,
  tls_verify_status string,
  conn_trace_id string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
WITH SERDEPROPERTIES (
  'serialization.format' = '1',
  'input.regex' = '([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) \"([^\"]*)\" ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?')
LOCATION 's3://amzn-s3-demo-bucket/AWSLogs/111122223333/elasticloadbalancing/us-east-1/'
