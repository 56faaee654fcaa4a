/** Raised by {@link Poll} inside a command; the session tells of it and stands where it stood. */
export class Interrupted extends Error {}

/** What a long piece of work asks often. @throws Interrupted when the user wants it to end */
export type Poll = () => void;

/** For work that nobody interrupts. */
export const unpolled: Poll = () => {};
