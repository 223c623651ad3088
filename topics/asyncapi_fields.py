"""What each field of a body and each header means, in words; tests tie them to the schemas.

A field is looked up as `Model.field` first, then by its bare name.
"""

from typing import Final

FIELDS: Final = {
    "request_id": "Which request. With `tenant_id` it names one analysis.",
    "ImageRequestedInbox.request_id": "The producer's own UUID, the same when it sends again: a "
    "repeat changes nothing.",
    "ImageSubmittedInbox.request_id": "The producer's own UUID, the same when it sends again: a "
    "repeat changes nothing.",
    "tenant_id": "Whose request it is.",
    "accepted_at": "When the request was accepted.",
    "requested_at": "When somebody asked for it.",
    "deadline_at": "After this moment the result is of no use: unfinished work ends as "
    "`analysis-failed` with `deadline_exceeded`.",
    "ImageRequestedInbox.deadline_at": "After this moment the result is of no use. Without one: an "
    "hour from the admission; a day ahead at most.",
    "ImageSubmittedInbox.deadline_at": "After this moment the result is of no use. Without one: an "
    "hour from the admission; a day ahead at most.",
    "lane": "`bulk` waits for `interactive`.",
    "options": "How to analyze; every option has a default.",
    "image_url": "Where the picture is, `http` or `https`.",
    "object_key": "The picture's object in the bucket.",
    "ImageSubmittedInbox.object_key": "The picture's object in the bucket, below `<tenant_id>/`.",
    "sha256": "SHA-256 of the picture's bytes, lower-case hexadecimal.",
    "size_bytes": "Size of the picture in bytes.",
    "content_type": "Media type of the picture.",
    "result": "The result document.",
    "code": "Why, for programs. A code is never renamed; new ones may be added.",
    "message": "Why, for people.",
    "retryable": "Whether the same request, sent again, may succeed.",
    "attempts": "How often it was tried.",
    "timestamp": "When the request was accepted, so that a repeat of the work gives equal bytes.",
    "detected_objects": "What was found, by falling confidence.",
    "total_objects_detected": "How many were found.",
    "image_metadata": "Of the picture as it came; null when not asked for.",
    "processing_time_ms": "Milliseconds in the worker: decoding, inference and selection.",
    "AnalysisResult.confidence_threshold": "The threshold that was used.",
    "AnalysisResult.model": "What ran.",
    "object_id": "Unique within the result, and the same when the work is redone.",
    "DetectedObject.name": "A name of COCO 2017.",
    "confidence": "How sure the model is.",
    "bounding_box": "Where, in fractions of the upright picture.",
    "x": "Left edge.",
    "y": "Top edge.",
    "BoundingBox.width": "Width, as a fraction of the picture's.",
    "BoundingBox.height": "Height, as a fraction of the picture's.",
    "ImageMetadata.width": "Pixels, after the EXIF orientation.",
    "ImageMetadata.height": "Pixels, after the EXIF orientation.",
    "format": "Format of the file.",
    "color_space": "Color space of the file.",
    "ModelInfo.name": "Name in the model catalog.",
    "version": "Version of the model.",
    "ModelInfo.sha256": "SHA-256 of the model file.",
    "AnalysisOptions.confidence_threshold": "Leaves out what is less sure; an inbox also takes "
    "`low`, `medium` and `high`.",
    "max_objects": "Keeps so many at most, the surest.",
    "include_metadata": "Whether the result has `image_metadata`.",
    "labels": "Keeps only objects of these COCO names; null keeps all.",
    "iou_threshold": "Of two boxes of one kind that overlap by more, the less sure is dropped.",
    "AnalysisOptions.model": "A name of the model catalog; null takes the preferred one.",
    "callback_url": "An https address that the outcome is posted to, signed; null: nowhere.",
}

HEADERS: Final = {
    "ce_specversion": "Version of CloudEvents.",
    "ce_id": "The same for every repeat of the same fact: remove duplicates by it.",
    "ce_source": "Which process wrote the record.",
    "ce_type": "What the body is, with its version.",
    "ce_time": "When the record was written; differs between repeats.",
    "ce_subject": "The key again: which request the record is about.",
    "ce_tenantid": "Whose request it is: filter by it without decoding the body.",
    "content-type": "Media type of the value.",
    "traceparent": "W3C trace context: continues the trace of the request.",
    "authorization": "An API key of the tenant, as `Bearer <key>`.",
    "retry-not-before": "Unix milliseconds before which the record waits.",
    "retry-rounds": "How often it has waited.",
    "dlq-reason": "Why it was set aside, for programs.",
    "dlq-error-message": "Why, for people.",
    "dlq-error-class": "The exception, when it was an error of ours.",
    "dlq-topic": "The topic that it lay on.",
    "dlq-partition": "Its partition there.",
    "dlq-offset": "Its offset there.",
    "dlq-timestamp": "Its own timestamp, Unix milliseconds.",
    "dlq-group": "The consumer group that refused it.",
    "dlq-tenantid": "Whose credential it carried, when that was checked.",
    "dlq-attempts": "How often it was tried.",
    "dlq-failed-at": "When it was set aside.",
    "dlq-replays": "How often it was replayed before.",
    "dlq-object-key": "Where the value is in the bucket, when it was too large.",
    "dlq-content": "What the value is, when it is not that of the record: a whole batch that could "
    "not be read, as it lay in the log. Of an inbox it is left out, for it may hold a credential.",
    "dlq-first-offset": "The first record of that batch that could not be read.",
    "dlq-size-bytes": "Size of that object, or of that batch.",
    "dlq-sha256": "SHA-256 of that object, or of that batch.",
}
