// A record to an outcome, by the published contract: CloudEvents 1.0 in binary mode, JSON Schema.
// Specification: CloudEvents Kafka Protocol Binding 1.0.2, section 3.2.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const RESULTS = 'image-analyzed';
const FAILURES = 'analysis-failed';
export const TOPICS = [RESULTS, FAILURES];

const REQUIRED = [
  'ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_subject', 'ce_tenantid',
];

/** `reason` is one of headers_invalid, type_unknown, body_invalid, key_mismatch. */
export class InvalidRecordError extends Error {
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

/** Reads the schemas `<topic>.v1.json` of that folder, and nothing else. */
export class Contract {
  #validators;

  constructor(schemas) {
    const ajv = new Ajv2020();
    // In 2020-12 `format` is only a remark unless one asks.
    addFormats(ajv, ['uuid', 'date-time']);
    const compile = (topic) => ajv.compile(readJson(join(schemas, `${topic}.v1.json`)));
    this.#validators = new Map(TOPICS.map((topic) => [topic, compile(topic)]));
  }

  /** The outcome of a kafkajs message; throws InvalidRecordError. Headers and fields that are not
   *  known are ignored. `request` is `<tenant_id>/<request_id>`. */
  read(topic, { key, value, headers }) {
    const named = asText(headers ?? {});
    checkHeaders(named, topic);
    const body = this.#body(topic, value);
    const request = `${body.tenant_id}/${body.request_id}`;
    const isNamed = named.ce_subject === request && key?.equals(Buffer.from(request));
    if (!isNamed || named.ce_tenantid !== body.tenant_id) {
      throw new InvalidRecordError('key_mismatch', 'key, headers and body name several requests');
    }
    const isResult = topic === RESULTS;
    return { eventId: named.ce_id, request, isResult, body, traceparent: named.traceparent };
  }

  #body(topic, value) {
    const body = parse(value);
    const validate = this.#validators.get(topic);
    if (!validate(body)) {
      const [fault] = validate.errors;
      throw new InvalidRecordError('body_invalid', `${fault.instancePath}: ${fault.message}`);
    }
    if (topic === RESULTS && body.result.request_id !== body.request_id) {
      throw new InvalidRecordError('body_invalid', 'the result is of another request');
    }
    return body;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The last of a name counts; one without a value is as good as none. */
function asText(headers) {
  const last = Object.entries(headers).map(([name, value]) => [name, [value].flat().at(-1)]);
  const given = last.filter(([, value]) => value?.length > 0);
  return Object.fromEntries(given.map(([name, value]) => [name, value.toString('utf8')]));
}

function checkHeaders(named, topic) {
  const missing = REQUIRED.filter((name) => !(name in named));
  if (missing.length > 0) {
    throw new InvalidRecordError('headers_invalid', `missing ${missing.join(', ')}`);
  }
  if (named.ce_specversion !== '1.0') {
    throw new InvalidRecordError('headers_invalid', 'ce_specversion is not 1.0');
  }
  if ((named['content-type'] ?? '').split(';')[0].trim() !== 'application/json') {
    throw new InvalidRecordError('headers_invalid', 'content-type is not application/json');
  }
  if (named.ce_type !== `io.imageanalyzer.${topic}.v1`) {
    throw new InvalidRecordError('type_unknown', `ce_type ${named.ce_type.slice(0, 100)}`);
  }
}

/** UTF-8 or nothing: Buffer.toString would put question marks where the bytes are broken. */
function parse(value) {
  try {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return JSON.parse(utf8.decode(value ?? Buffer.alloc(0)));
  } catch (error) {
    throw new InvalidRecordError('body_invalid', `no JSON: ${error.message}`.slice(0, 300));
  }
}
