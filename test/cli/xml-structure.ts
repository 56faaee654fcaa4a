const TAG = /<\?xml [^?]*\?>|<(\/?)([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|</g;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/;

/** What keeps a text from being well-formed XML of elements, attributes and text. */
export function xmlErrors(xml: string): string[] {
  const wrong: string[] = [];
  const open: string[] = [];
  let roots = 0;
  for (const [whole, closes, name, attributes = '', isEmpty, text] of xml.matchAll(TAG)) {
    if (whole.startsWith('<?xml')) continue;
    if (text === undefined && name === undefined) wrong.push('a "<" that begins no tag');
    if (ENTITY.test(text ?? attributes)) wrong.push(`an & that begins no entity: ${whole}`);
    if (text !== undefined && open.length === 0 && text.trim() !== '') wrong.push('text outside of the root');
    if (name === undefined) continue;
    const names = [...attributes.matchAll(/([\w.-]+)=/g)].map(([, key]) => key);
    if (closes !== '/' && new Set(names).size < names.length) wrong.push(`an attribute twice: ${whole}`);
    if (closes === '/' && open.pop() !== name) wrong.push(`</${name}> closes nothing`);
    if (closes !== '/' && open.length === 0) roots++;
    if (closes !== '/' && isEmpty !== '/') open.push(name);
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml)) wrong.push('a character that XML cannot hold');
  if (open.length > 0) wrong.push(`<${open.join('> <')}> not closed`);
  return roots === 1 ? wrong : [...wrong, `${roots} roots`];
}
