/** What section 3 of SARIF 2.1.0 asks of the objects that we write: what must be there, what may, and of which kind. */
type Check = (value: unknown, at: string) => string[];

const kind =
  (name: 'string' | 'number' | 'boolean'): Check =>
  (value, at) =>
    typeof value === name ? [] : [`${at} is no ${name}`];

const oneOf =
  (...words: readonly string[]): Check =>
  (value, at) =>
    words.includes(value as string) ? [] : [`${at} is none of ${words.join(', ')}`];

const list =
  (item: Check): Check =>
  (value, at) =>
    Array.isArray(value) ? value.flatMap((one, i) => item(one, `${at}[${i}]`)) : [`${at} is no list`];

const object =
  (must: Readonly<Record<string, Check>>, may: Readonly<Record<string, Check>> = {}): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
    const missing = Object.keys(must).filter((key) => !Object.hasOwn(value, key));
    const all = { ...must, ...may };
    const wrong = Object.entries(value).flatMap(
      ([key, one]) => all[key]?.(one, `${at}.${key}`) ?? [`${at}.${key} is unknown`],
    );
    return [...missing.map((key) => `${at}.${key} is missing`), ...wrong];
  };

const anything: Check = () => [];
const string = kind('string');
const level = oneOf('none', 'note', 'warning', 'error');
const message = object({ text: string }, { markdown: string });
/** A URI reference: nothing in it that must be encoded. */
const uri: Check = (value, at) =>
  typeof value === 'string' && /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(value) ? [] : [`${at} is no URI`];

const rule = object(
  { id: string },
  {
    name: string,
    shortDescription: message,
    fullDescription: message,
    help: message,
    helpUri: uri,
    defaultConfiguration: object({}, { level, enabled: kind('boolean'), rank: kind('number') }),
    properties: anything,
  },
);

const logicalLocation = object({}, { name: string, fullyQualifiedName: string, decoratedName: string, kind: string });

const result = object(
  { message },
  {
    ruleId: string,
    ruleIndex: kind('number'),
    level,
    locations: list(
      object(
        {},
        {
          physicalLocation: object({}, { artifactLocation: object({}, { uri }) }),
          logicalLocations: list(logicalLocation),
        },
      ),
    ),
    suppressions: list(object({ kind: oneOf('inSource', 'external') }, { justification: string })),
    properties: anything,
  },
);

const driver = object({ name: string }, { version: string, informationUri: uri, rules: list(rule) });

const log = object({
  $schema: uri,
  version: oneOf('2.1.0'),
  runs: list(object({ tool: object({ driver }), results: list(result) })),
});

/** What is wrong with a SARIF log; nothing when all is well. Rule indices point to the rules that they name. */
export function sarifErrors(value: unknown): string[] {
  const wrong = log(value, 'log');
  if (wrong.length > 0) return wrong;
  const { runs } = value as {
    runs: { tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; ruleIndex: number }[] }[];
  };
  return runs.flatMap(({ tool, results }) =>
    results
      .filter(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]?.id !== ruleId)
      .map(({ ruleId }) => `the index of ${ruleId} points to another rule`),
  );
}
