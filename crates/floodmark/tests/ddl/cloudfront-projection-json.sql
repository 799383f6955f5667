CREATE EXTERNAL TABLE `cloudfront_logs_pp` (
  `date` string,
  `time` string,
  `x-edge-location` string,
  `sc-bytes` string,
  `c-ip` string,
  `cs-method` string,
  `cs(host)` string,
  `cs-uri-stem` string,
  `sc-status` string,
  `cs(referer)` string,
  `cs(user-agent)` string,
  `cs-uri-query` string,
  `cs(cookie)` string,
  `x-edge-result-type` string,
  `x-edge-request-id` string,
  `x-host-header` string,
  `cs-protocol` string,
  `cs-bytes` string,
  `time-taken` string,
  `x-forwarded-for` string,
  `ssl-protocol` string,
  `ssl-cipher` string,
  `x-edge-response-result-type` string,
  `cs-protocol-version` string,
  `fle-status` string,
  `fle-encrypted-fields` string,
  `c-port` string,
  `time-to-first-byte` string,
  `x-edge-detailed-result-type` string,
  `sc-content-type` string,
  `sc-content-len` string,
  `sc-range-start` string,
  `sc-range-end` string
)
PARTITIONED BY(
  distributionid string,
  year int,
  month int,
  day int,
  hour int )
ROW FORMAT SERDE
'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES (
  'paths'='c-ip,c-port,cs(Cookie),cs(Host),cs(Referer),cs(User-Agent),cs-bytes,cs-method,cs-protocol,cs-protocol-version,cs-uri-query,cs-uri-stem,date,fle-encrypted-fields,fle-status,sc-bytes,sc-content-len,sc-content-type,sc-range-end,sc-range-start,sc-status,ssl-cipher,ssl-protocol,time,time-taken,time-to-first-byte,x-edge-detailed-result-type,x-edge-location,x-edge-request-id,x-edge-response-result-type,x-edge-result-type,x-forwarded-for,x-host-header')
STORED AS INPUTFORMAT
  'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT
  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://amzn-s3-demo-bucket/AWSLogs/111122223333/CloudFront/'
TBLPROPERTIES (
  'projection.distributionid.type'='enum',
  'projection.distributionid.values'='E2EXAMPLE1111,E2EXAMPLE2222',
  'projection.day.digits'='2',
  'projection.day.range'='01,31',
  'projection.day.type'='integer',
  'projection.enabled'='true',
  'projection.month.digits'='2',
  'projection.month.range'='01,12',
  'projection.month.type'='integer',
  'projection.year.digits'='4',
  'projection.year.range'='2024,2026',
  'projection.year.type'='integer',
  'projection.hour.digits'='2',
  'projection.hour.range'='00,23',
  'projection.hour.type'='integer',
  'storage.location.template'='s3://amzn-s3-demo-bucket/AWSLogs/111122223333/CloudFront/${distributionid}/${year}/${month}/${day}/${hour}/')
