CREATE EXTERNAL TABLE network_firewall_netflow_logs (
  firewall_name string,
  availability_zone string,
  event_timestamp string,
  event struct<timestamp:string,flow_id:bigint,event_type:string,src_ip:string,src_port:int,dest_ip:string,dest_port:int,proto:string,app_proto:string,tls_inspected:boolean,netflow:struct<pkts:int,bytes:bigint,start:string,`end`:string,age:int,min_ttl:int,max_ttl:int,tcp_flags:struct<syn:boolean,fin:boolean,rst:boolean,psh:boolean,ack:boolean,urg:boolean>>>
)
ROW FORMAT SERDE
'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://amzn-s3-demo-bucket/AWSLogs/111122223333/network-firewall/flow/'
