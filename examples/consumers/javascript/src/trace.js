// The trace goes on: W3C Trace Context, `traceparent`.

import { randomBytes } from 'node:crypto';

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

/** A span of our own in the same trace; a new trace where there is none that can be read. */
export function continued(traceparent) {
  const [, trace, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [
    '', randomBytes(16).toString('hex'), '00',
  ];
  return `00-${trace}-${randomBytes(8).toString('hex')}-${flags}`;
}
