// The ways to block, as the form asks about them: when to take which, and what each has to know.

import type { Way } from "../api";
import { log } from "../view";
import { type TargetKind, kindOf } from "./list";

/** A field of the form that takes text. */
export type PlaceField = "acl_id" | "group_id" | "web_acl" | "resource_arn" | "name" | "expires" | "limit" | "window" | "bystanders";

/** What the form knows of a way, beside what the server says. */
export interface WayForm {
  /** When to take it, in a sentence. */
  advice: string;
  fields: PlaceField[];
  /** Whether it looks at packets of one direction. */
  hasDirection: boolean;
  /** Whether it stands in a web ACL, which is regional or CloudFront's, and can only count. */
  isInWebAcl: boolean;
}

const IN_WEB_ACL: PlaceField[] = ["web_acl", "resource_arn"];

/** By the ways' names. */
const FORMS: Record<string, WayForm> = {
  nacl: {
    advice: "For attacks on addresses of your own, or by them: instances and network load balancers. It keeps no state, holds few entries, and "
      + "does not see who is behind a load balancer or CloudFront.",
    fields: ["acl_id", "bystanders"], hasDirection: true, isInWebAcl: false,
  },
  "security-group": {
    advice: "A security group has no deny rules: the answer is which allow rules let it in, and what takes their place.",
    fields: ["group_id", "bystanders"], hasDirection: true, isInWebAcl: false,
  },
  "waf-ip-set": {
    advice: "For many addresses, before an application load balancer, API Gateway or CloudFront.",
    fields: [...IN_WEB_ACL, "bystanders"], hasDirection: false, isInWebAcl: true,
  },
  "waf-geo": {
    advice: "For countries in which you may not, or need not, answer.",
    fields: IN_WEB_ACL, hasDirection: false, isInWebAcl: true,
  },
  "waf-rate": {
    advice: "Stops an address only while it asks too often: mild with those who share an address with others.",
    fields: ["limit", "window", ...IN_WEB_ACL], hasDirection: false, isInWebAcl: true,
  },
  "waf-match": {
    advice: "For scanners and crawlers that show themselves by what they ask for, or by what they call themselves.",
    fields: IN_WEB_ACL, hasDirection: false, isInWebAcl: true,
  },
};

/** What the form knows of a way; of one that it does not know, only what all have in common. */
export function formOf(way: string): WayForm {
  return FORMS[way] ?? { advice: "", fields: [], hasDirection: false, isInWebAcl: false };
}

/** How the fields are called, with an example and what an empty one means. */
export const LABELS: Record<PlaceField, { label: string; example: string; about: string }> = {
  acl_id: { label: "Network ACL", example: "acl-0a1b2c3d4e5f60718", about: "empty: an id of zeros stands in the rule, to be replaced" },
  group_id: { label: "Security group", example: "sg-0a1b2c3d4e5f60718", about: "empty: an id of zeros stands in the rule, to be replaced" },
  web_acl: { label: "Web ACL", example: "name or ARN", about: "empty: that of the resource, or a new one" },
  resource_arn: { label: "Resource", example: "arn:aws:elasticloadbalancing:…", about: "what is protected, by its ARN" },
  name: { label: "Name of the rule", example: "floodmark-…", about: "empty: one that the same question has again" },
  expires: { label: "To end after", example: "24h", about: "AWS ends nothing by itself: it stands in the description" },
  limit: { label: "Requests allowed", example: "500", about: "of one address in a window" },
  window: { label: "Window in seconds", example: "300", about: "60, 120, 300 or 600" },
  bystanders: { label: "Merge networks", example: "5%", about: "to fewer, as long as at most so many of their addresses are others" },
};

/** What stands in the rule for a place that is not known yet; AWS knows no such ids. */
export const PLACEHOLDERS: Partial<Record<PlaceField, string>> = { acl_id: "acl-00000000000000000", group_id: "sg-00000000000000000" };

/** Fields that each way has, below its own. */
export const COMMON: PlaceField[] = ["expires", "name"];

/** Those of the targets that a way can block. */
export function within(way: Way, targets: string[]): string[] {
  return targets.filter((target) => way.targets.includes(kindOf(target)));
}

/** The kinds of targets that a way cannot block, of those that are wanted. */
export function lacking(way: Way, targets: string[]): TargetKind[] {
  return [...new Set(targets.map(kindOf))].filter((kind) => !way.targets.includes(kind));
}

/** The way that is taken unless another is chosen: one that can block most of the targets, and sees what the log sees. */
export function usual(ways: Way[], targets: string[]): Way | null {
  // A rule that counts requests lets most of them through: nobody takes it unawares.
  const certain = ways.filter((way) => !formOf(way.name).fields.includes("limit"));
  const counts = certain.map((way) => within(way, targets).length);
  const most = Math.max(0, ...counts);
  const able = certain.filter((_, at) => counts[at] === most && most > 0);
  const isOfRequests = log.value?.fields.some(({ kind }) => kind === "user agent" || kind === "path" || kind === "url") ?? false;
  return able.find((way) => formOf(way.name).isInWebAcl === isOfRequests) ?? able[0] ?? null;
}
