// What the program is told: how to read by arguments, how to reach the broker by environment.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const OPTIONS = {
  schemas: { type: 'string' },
  group: { type: 'string', default: 'ext-example-javascript' },
  from: { type: 'string', default: 'earliest' },
  count: { type: 'string', default: 'Infinity' },
  'idle-timeout': { type: 'string', default: 'Infinity' },
  remember: { type: 'string', default: '100000' },
};

/** Throws with a sentence when an argument is wrong. `count` and `idleTimeoutMs` end the program
 *  by itself; `remember` is how many events and how many requests are kept for comparison. */
export function readSettings(args, environment) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const schemas = values.schemas ?? environment.SCHEMAS;
  if (!schemas) throw new Error('--schemas FOLDER (or SCHEMAS) is needed');
  if (!['earliest', 'latest'].includes(values.from)) {
    throw new Error('--from is earliest or latest');
  }
  return {
    schemas,
    group: values.group,
    fromBeginning: values.from === 'earliest',
    count: positive('count', values),
    idleTimeoutMs: positive('idle-timeout', values) * 1000,
    remember: positive('remember', values),
    connection: connection(environment),
  };
}

function positive(name, values) {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name} is a number above 0`);
  return number;
}

/** The same variables as the examples in other languages have. */
function connection(environment) {
  const protocol = environment.KAFKA_SECURITY_PROTOCOL ?? 'PLAINTEXT';
  const caFile = environment.KAFKA_SSL_CA_FILE;
  return {
    brokers: (environment.KAFKA_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(','),
    ssl: protocol.endsWith('SSL') && (caFile ? { ca: [readFileSync(caFile, 'utf8')] } : true),
    sasl: protocol.startsWith('SASL_') ? credentials(environment) : undefined,
  };
}

function credentials(environment) {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = environment;
  if (!username || !password) {
    throw new Error('KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed');
  }
  return { mechanism: environment.KAFKA_SASL_MECHANISM ?? 'SCRAM-SHA-512', username, password };
}
