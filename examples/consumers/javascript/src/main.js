// Reads `image-analyzed` and `analysis-failed`; prints one line of JSON for each outcome.
// Exit code 0; 1 when it ended by itself (--count, --idle-timeout) and a record was invalid.

import kafkajs from 'kafkajs';
import lz4 from 'lz4-napi';

import { Contract, TOPICS } from './contract.js';
import { Outcomes } from './outcomes.js';
import { Reader, say } from './reader.js';
import { readSettings } from './settings.js';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
const LOOK_MS = 100;
const FETCH_MS = 500; // a stop waits for the fetch that is under way

// The topics are written with lz4, which kafkajs leaves to others.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
});

async function run(settings) {
  const outcomes = new Outcomes(settings.remember);
  const reader = new Reader(settings, new Contract(settings.schemas), outcomes);
  const kafka = new Kafka({ ...settings.connection, logLevel: logLevel.WARN, logCreator });
  const consumer = kafka.consumer({ groupId: settings.group, maxWaitTimeInMs: FETCH_MS });
  const told = toldToStop();
  const ended = endsByItself(consumer, reader);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: TOPICS, fromBeginning: settings.fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (batch) => reader.work(consumer, batch),
    });
    const isTold = await Promise.race([told, ended]);
    return reader.counts.invalid > 0 && !isTold ? 1 : 0;
  } finally {
    await consumer.disconnect();
    say({ event: 'stopped', ...reader.counts });
  }
}

function toldToStop() {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(true));
  });
}

/** Enough, or silence since there are partitions; an error when kafkajs gives up for good. */
function endsByItself(consumer, reader) {
  return new Promise((resolve, reject) => {
    consumer.on(consumer.events.GROUP_JOIN, () => {
      reader.heardAt = Date.now();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
    const look = () => (reader.hasEnough || reader.isIdle) && resolve(false);
    setInterval(look, LOOK_MS).unref();
  });
}

/** Standard output is for outcomes alone. */
function logCreator() {
  return ({ label, log }) => say({ event: 'kafkajs', level: label, message: log.message });
}

function settingsOrExit() {
  try {
    return readSettings(process.argv.slice(2), process.env);
  } catch (error) {
    say({ event: 'cannot_start', detail: error.message });
    return process.exit(2);
  }
}

process.exitCode = await run(settingsOrExit());
