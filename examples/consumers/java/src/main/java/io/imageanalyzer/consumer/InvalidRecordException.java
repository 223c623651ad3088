package io.imageanalyzer.consumer;

/** The reason is one of headers_invalid, type_unknown, body_invalid, key_mismatch. */
final class InvalidRecordException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    InvalidRecordException(String reason, String detail) {
        super(detail.length() > 300 ? detail.substring(0, 300) : detail);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
