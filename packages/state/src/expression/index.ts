export { caretLines, ExpressionError, type ExpressionErrorCode } from './errors.ts';
export {
  partOf,
  printExpression,
  sourceOf,
  type BinaryOperator,
  type Expression,
  type Node as ExpressionNode,
  type NodeOf,
  type Show,
  type UnaryOperator,
} from './ast.ts';
export { parseExpression, parseExpressionAt, reservedWords } from './parse.ts';
export { quoteText, textAt } from './text.ts';
export { checkExpression, compileExpression, evaluate, holds } from './compile.ts';
export type { Compiled } from './compiled.ts';
export { explainFailure, type Explanation } from './explain.ts';
export {
  constantName,
  localName,
  makeScope,
  type Declaration,
  type Environment,
  type ParameterDeclaration,
  type Scope,
} from './scope.ts';
export {
  addressType,
  anyType,
  booleanType,
  defineRecord,
  field,
  formatValue,
  isList,
  isRecord,
  listOf,
  listValue,
  nullType,
  numberType,
  stringType,
  typeName,
  typeOf,
  wordsType,
  type Field,
  type ListType,
  type ListValue,
  type RecordType,
  type RecordValue,
  type Type,
  type Value,
} from './values.ts';
export { machineScope } from './names/index.ts';
export { eventScope } from './names/event.ts';
export { kernelVariables } from './names/machine.ts';
export { expressionHelp, expressionNames, type NameHelp } from './help.ts';
export { truth } from './operators.ts';
