package io.imageanalyzer.consumer;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which outcome counts: each event once, and a result beats a failure. Remembers up to so many
 * events and requests; the oldest are forgotten.
 *
 * <p>Hole: it lives in memory, so a restart may accept again what it accepted before. A consumer
 * whose effect must happen once keeps {@code ce_id} with the effect in its own store, in one
 * transaction (a unique column, {@code INSERT … ON CONFLICT DO NOTHING}), and asks that store
 * instead.
 */
final class Outcomes {
    enum Verdict {
        NEW,
        REPEAT,
        OVERRULED
    }

    private final Map<String, Boolean> seen;
    private final Map<String, Boolean> finals;

    Outcomes(int limit) {
        seen = new Memory(limit);
        finals = new Memory(limit);
    }

    Verdict judge(Outcome outcome) {
        if (seen.containsKey(outcome.eventId())) {
            return Verdict.REPEAT;
        }
        Boolean knownIsResult = finals.get(outcome.request());
        boolean beats = knownIsResult == null || (outcome.isResult() && !knownIsResult);
        return beats ? Verdict.NEW : Verdict.OVERRULED;
    }

    boolean replacesFailure(Outcome outcome) {
        return outcome.isResult() && Boolean.FALSE.equals(finals.get(outcome.request()));
    }

    /** To be called when the effect is done, not before. */
    void remember(Outcome outcome) {
        keep(seen, outcome.eventId(), outcome.isResult());
        keep(finals, outcome.request(), outcome.isResult());
    }

    private static void keep(Map<String, Boolean> memory, String name, boolean isResult) {
        memory.remove(name);  // a LinkedHashMap keeps the order of insertion: to the end with it
        memory.put(name, isResult);
    }

    private static final class Memory extends LinkedHashMap<String, Boolean> {
        private static final long serialVersionUID = 1L;

        private final int limit;

        Memory(int limit) {
            this.limit = limit;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > limit;
        }
    }
}
