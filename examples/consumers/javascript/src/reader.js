// Record by record: validate, judge, do the effect, remember; then commit, never before.

import { InvalidRecordError } from './contract.js';
import { continued } from './trace.js';

/** The effect of this example is one line of JSON on standard output. */
export class Reader {
  counts = { invalid: 0, new: 0, repeat: 0, overruled: 0 };
  heardAt = Infinity; // nothing is silence before there are partitions
  #settings;
  #contract;
  #outcomes;

  constructor(settings, contract, outcomes) {
    this.#settings = settings;
    this.#contract = contract;
    this.#outcomes = outcomes;
  }

  get hasEnough() {
    return this.counts.new >= this.#settings.count;
  }

  get isIdle() {
    return Date.now() - this.heardAt >= this.#settings.idleTimeoutMs;
  }

  /** The records of one partition, for kafkajs' `eachBatch`. */
  async work(consumer, { batch, resolveOffset, heartbeat, isRunning, isStale }) {
    const { topic, partition } = batch;
    let next;
    for (const message of batch.messages) {
      if (this.hasEnough || !isRunning() || isStale()) break;
      await this.#handle(topic, partition, message);
      resolveOffset(message.offset);
      next = (BigInt(message.offset) + 1n).toString();
    }
    if (next === undefined) return;
    // Refused when the partition went to another member: kafkajs joins again, and the records are
    // read again as repeats.
    await consumer.commitOffsets([{ topic, partition, offset: next }]);
    await heartbeat();
    this.heardAt = Date.now();
  }

  async #handle(topic, partition, message) {
    const where = { topic, partition, offset: Number(message.offset) };
    let outcome;
    try {
      outcome = this.#contract.read(topic, message);
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      // Here is the place for a dead-letter store of your own: nobody else keeps this one.
      this.counts.invalid += 1;
      say({ event: 'invalid_record', reason: error.reason, detail: error.message, ...where });
      return;
    }
    const verdict = this.#outcomes.judge(outcome);
    this.counts[verdict] += 1;
    if (verdict === 'new') {
      await print({ ...this.#line(outcome), ...where });
      this.#outcomes.remember(outcome);
    }
  }

  #line(outcome) {
    const { eventId, request, isResult, body, traceparent } = outcome;
    const common = { ce_id: eventId, request, traceparent: continued(traceparent) };
    if (isResult) {
      const objects = body.result.detected_objects.map((found) => found.name);
      const replaces = this.#outcomes.replacesFailure(outcome);
      return { outcome: 'result', ...common, objects, replaces_failure: replaces };
    }
    // Codes may be added at any time: `retryable` is what to act on, the code is for people.
    return { outcome: 'failure', ...common, code: body.code, retryable: body.retryable };
  }
}

/** What is not an outcome goes to standard error. */
export function say(words) {
  process.stderr.write(`${JSON.stringify(words)}\n`);
}

/** Settled when the line has left this process: only then it is done. */
function print(line) {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
