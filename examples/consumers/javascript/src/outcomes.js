// Which outcome counts: each event once, and a result beats a failure.

/** What was accepted so far, up to `limit` events and requests; the oldest are forgotten.
 *
 *  Hole: it lives in memory, so a restart may accept again what it accepted before. A consumer
 *  whose effect must happen once keeps `ce_id` with the effect in its own store, in one
 *  transaction (a unique column, `INSERT … ON CONFLICT DO NOTHING`), and asks that store instead. */
export class Outcomes {
  #seen = new Map();
  #final = new Map();
  #limit;

  constructor(limit) {
    this.#limit = limit;
  }

  /** 'new', 'repeat' or 'overruled'. */
  judge({ eventId, request, isResult }) {
    if (this.#seen.has(eventId)) return 'repeat';
    const knownIsResult = this.#final.get(request);
    const beats = knownIsResult === undefined || (isResult && !knownIsResult);
    return beats ? 'new' : 'overruled';
  }

  replacesFailure({ request, isResult }) {
    return isResult && this.#final.get(request) === false;
  }

  /** To be called when the effect is done, not before. */
  remember({ eventId, request, isResult }) {
    this.#keep(this.#seen, eventId, isResult);
    this.#keep(this.#final, request, isResult);
  }

  #keep(memory, name, isResult) {
    memory.delete(name); // a Map keeps the order of insertion: to the end with it
    memory.set(name, isResult);
    if (memory.size > this.#limit) memory.delete(memory.keys().next().value);
  }
}
