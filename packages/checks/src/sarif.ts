import type { Culprit, Finding, Rule } from './types.ts';

/** What a SARIF report names besides the findings. */
export interface SarifContext {
  readonly version: string;
  /** The trace, as the user named it. */
  readonly trace: string;
  readonly rules: readonly Rule[];
}

const ruleOf = ({ name, title, explanation, source, severity }: Rule): object => ({
  id: name,
  shortDescription: { text: title },
  fullDescription: { text: explanation },
  help: { text: `${explanation}\n\n${source}` },
  defaultConfiguration: { level: severity },
});

function resultOf(finding: Finding, { trace, rules }: SarifContext): object {
  const { rule, severity, message, span, culprit, details, silenced } = finding;
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ name }) => name === rule),
    level: severity,
    message: { text: [message, ...details.map(({ name, value }) => `${name}: ${value}.`)].join(' ') },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: encodeURI(trace) } },
        ...(culprit ? { logicalLocations: [logicalOf(culprit)] } : {}),
      },
    ],
    ...(silenced === undefined ? {} : { suppressions: [{ kind: 'external', justification: silenced }] }),
    properties: {
      from: span.from,
      to: span.to,
      firstEvent: finding.first,
      lastEvent: finding.last,
      lasting: finding.lasting,
    },
  };
}

const logicalOf = ({ fn, chain, caller }: Culprit): object => ({
  name: fn,
  fullyQualifiedName: chain.join(' > '),
  kind: 'function',
  ...(caller === '' ? {} : { decoratedName: caller }),
});

/** The findings as a SARIF 2.1.0 log. */
export function sarifOf(findings: readonly Finding[], context: SarifContext): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'kwind', version: context.version, rules: context.rules.map(ruleOf) } },
        results: findings.map((finding) => resultOf(finding, context)),
      },
    ],
  };
}
