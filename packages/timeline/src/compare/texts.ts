/** `+0x1a/0x80` behind a function: where in it, of how much. */
const OFFSET = /\+0x[0-9a-f]+\/0x[0-9a-f]+/g;
const BARE_OFFSET = /\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/g;
const POINTER = /\b(?:0x)?([0-9a-f]{16})\b/g;
/** A pointer as %p prints it: as it is, hashed, or not at all. The call itself has it among its arguments. */
const UNMAP = /^early_iounmap\([^,]*/;

/** Text without where in a function something stands, and without a pointer that the call has among its arguments. */
export const withoutOffsets = (text: string): string =>
  text.replace(OFFSET, '').replace(UNMAP, 'early_iounmap(<pointer>');

/** A caller: its function alone. */
export const functionOf = (caller: string): string => caller.replace(BARE_OFFSET, '');

/** Text with each pointer in it said otherwise. */
export const withPointers = (text: string, say: (pointer: bigint) => string): string =>
  text.replace(POINTER, (_all, digits: string) => say(BigInt(`0x${digits}`)));
