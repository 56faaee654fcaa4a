/** Number of the event catalogue. Rises when an old reader would misread new events; CHANGELOG-format.md says what changed. */
export const EVENT_SCHEMA = 1;
