import { type LabelSelector, normaliseSelector, type Requirement } from '../label-selector.ts';
import { labelKeyErrors, labelValueErrors } from './names.ts';
import { quote } from './quote.ts';

export type SelectorReading =
  { readonly ok: true; readonly selector: LabelSelector } | { readonly ok: false; readonly message: string };

/**
 * Reads a label selector in the syntax of `kubectl -l` (apimachinery `labels.Parse`): `app=web,tier!=db,env in (a,b),!gone`.
 * The comparisons `<` and `>` are not taken: no policy can say them.
 */
export function readSelectorText(text: string): SelectorReading {
  const requirements: Requirement[] = [];
  for (const term of text.split(/,(?![^(]*\))/)) {
    const requirement = readTerm(term.trim());
    if (typeof requirement === 'string') return { ok: false, message: requirement };
    requirements.push(requirement);
  }
  return { ok: true, selector: normaliseSelector(requirements) };
}

/** The requirement, or what is wrong with it. */
function readTerm(term: string): Requirement | string {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = [...new Set(list.split(',').map((value) => value.trim()))].sort();
    return checked({ key, operator: operator === 'in' ? 'In' : 'NotIn', values });
  }
  const equality = /^([^\s!=]+)\s*(!=|==|=)\s*([^\s!=]*)$/.exec(term);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return checked({ key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] });
  }
  const existence = /^(!?)\s*([^\s!=<>()]+)$/.exec(term);
  if (existence === null) return `${quote(term)} is no requirement such as app=web`;
  const [, not, key = ''] = existence;
  return checked({ key, operator: not === '!' ? 'DoesNotExist' : 'Exists' });
}

function checked(requirement: Requirement): Requirement | string {
  const [keyError] = labelKeyErrors(requirement.key);
  if (keyError !== undefined) return `${quote(requirement.key)} is no label key: ${keyError}`;
  for (const value of 'values' in requirement ? requirement.values : []) {
    const [valueError] = labelValueErrors(value);
    if (valueError !== undefined) return `${quote(value)} is no label value: ${valueError}`;
  }
  return requirement;
}
