CREATE EXTERNAL TABLE r53_rlogs (
  version string,
  account_id string,
  region string,
  vpc_id string,
  query_timestamp string,
  query_name string,
  query_type string,
  query_class string,
  rcode string,
  answers array<struct<Rdata: string,Type: string,Class: string>>,
  srcaddr string,
  srcport int,
  transport string,
  srcids struct<instance: string,resolver_endpoint: string>
)
ROW FORMAT SERDE
'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://amzn-s3-demo-bucket/AWSLogs/111122223333/vpcdnsquerylogs/vpc-0a1b2c3d4e5f60718/'
