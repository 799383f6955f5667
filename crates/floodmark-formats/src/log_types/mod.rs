//! The list of log types: one file each, one line here each.

mod alb;
mod alb_connection;
mod alb_health_check;
mod clb;
mod cloudfront;
mod cloudfront_realtime;
mod global_accelerator;
mod network_firewall_alert;
mod network_firewall_flow;
mod network_firewall_tls;
mod nlb;
mod route53_resolver;
mod s3_access;
mod tgw_flow;
mod vpc_flow;
mod waf;

pub use alb::ALB;
pub use alb_connection::ALB_CONNECTION;
pub use alb_health_check::ALB_HEALTH_CHECK;
pub use clb::CLB;
pub use cloudfront::CLOUDFRONT;
pub use cloudfront_realtime::CLOUDFRONT_REALTIME;
pub use global_accelerator::GLOBAL_ACCELERATOR;
pub use network_firewall_alert::NETWORK_FIREWALL_ALERT;
pub use network_firewall_flow::NETWORK_FIREWALL_FLOW;
pub use network_firewall_tls::NETWORK_FIREWALL_TLS;
pub use nlb::NLB;
pub use route53_resolver::ROUTE53_RESOLVER;
pub use s3_access::S3_ACCESS;
pub use tgw_flow::TGW_FLOW;
pub use vpc_flow::VPC_FLOW;
pub use waf::WAF;

use crate::log_type::LogType;

/// All log types, in the order in which the manual lists them.
pub static ALL: &[&LogType] = &[
    &NLB,
    &ALB,
    &ALB_CONNECTION,
    &ALB_HEALTH_CHECK,
    &CLB,
    &VPC_FLOW,
    &TGW_FLOW,
    &CLOUDFRONT,
    &CLOUDFRONT_REALTIME,
    &WAF,
    &ROUTE53_RESOLVER,
    &S3_ACCESS,
    &GLOBAL_ACCELERATOR,
    &NETWORK_FIREWALL_ALERT,
    &NETWORK_FIREWALL_FLOW,
    &NETWORK_FIREWALL_TLS,
];
