/** A line without what printk, dmesg, journald, syslog or a terminal program put in front of the message. */
export interface LogLine {
  readonly no: number;
  /** The whole line, free of control characters. */
  readonly raw: string;
  /** The message. */
  readonly text: string;
  /** printk's timestamp in seconds, or -1 when the line has none. */
  readonly time: number;
}

const LESS = 0x3c;
const BRACKET = 0x5b;
/** More pieces than any chain of loggers writes. */
const MAX_PIECES = 8;

/** `[    0.000000] `, also with the step since the last line as `dmesg -d` writes it. */
const stamp = /\[ *(\d{1,9}\.\d{3,9})(?: *< *\d+\.\d+>)?\] ?/y;
/** `<4>`. */
const level = /<\d{1,3}>/y;
/** `[    T0] `, `[   C1] `, the weekday of `dmesg -T`, `[+0.000001] `, `[2026-01-01 00:00:00] `. */
const otherBracket =
  /\[(?: *[TC]\d+|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [^\]]{1,40}|[A-Z][a-z]{2} ?\d+ \d\d:\d\d|<? *\+?\d+\.\d+>?|\d{4}-\d\d-\d\d[ T][^\]]{1,30})\] ?/y;
/** `2026-01-01T00:00:00,000000+00:00 `. */
const isoDate = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,:+Z-]*:?\s+/y;
/** /dev/kmsg: `4,123,456789,-;`. */
const kmsg = /\d{1,4},\d+,(\d+),[^;\s]{1,60};/y;
/** `Jan  1 00:00:00 `. */
const syslogDate = /[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{4}\s+)?\d\d:\d\d:\d\d(?:\.\d+)?\s+/y;
/** `host kernel: `, `kernel[123]: `. */
const hostKernel = /(?:[\w.:-]{1,64} )?kernel(?:\[\d+\])?: ?/y;
/** `kern  :warn  : ` of `dmesg -x`. */
const facility = /(?:kern|user|daemon|syslog) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: /y;

interface Place {
  at: number;
  time: number;
}

function take(pattern: RegExp, line: string, place: Place): RegExpExecArray | null {
  pattern.lastIndex = place.at;
  const found = pattern.exec(line);
  if (found) place.at = pattern.lastIndex;
  return found;
}

function takeBracket(line: string, place: Place): boolean {
  const stamped = take(stamp, line, place);
  if (!stamped) return take(otherBracket, line, place) !== null;
  place.time = Number(stamped[1]);
  return true;
}

function takeDigits(line: string, place: Place): boolean {
  if (take(isoDate, line, place)) return true;
  const record = take(kmsg, line, place);
  if (record) place.time = Number(record[1]) / 1e6;
  return record !== null;
}

const takeWords = (line: string, place: Place): boolean =>
  take(syslogDate, line, place) !== null ||
  take(facility, line, place) !== null ||
  take(hostKernel, line, place) !== null;

function takePiece(line: string, place: Place): boolean {
  const code = line.charCodeAt(place.at);
  if (code === BRACKET) return takeBracket(line, place);
  if (code === LESS) return take(level, line, place) !== null;
  if (code >= 0x30 && code <= 0x39) return takeDigits(line, place) || takeWords(line, place);
  return ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) && takeWords(line, place);
}

/** Split a line into its time and its message. */
export function tokenize(raw: string, no: number): LogLine {
  const place: Place = { at: 0, time: -1 };
  for (let pieces = 0; pieces < MAX_PIECES && takePiece(raw, place); pieces += 1);
  return { no, raw, text: place.at === 0 ? raw : raw.slice(place.at), time: place.time };
}
