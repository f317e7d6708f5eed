/** The second witness: what the compiled rulesets of all nodes make of the first packet of a connection. */
export {
  compileNodes,
  isCompiledAllowed as interpretFlow,
  isCompiledAudited as interpretAudit,
} from '../../src/analysis/compiled-verdict.ts';
