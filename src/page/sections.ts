import { groupsOf } from '../analysis/difference/report.ts';
import { policyTexts } from '../analysis/difference/touched.ts';
import { endpointText } from '../analysis/picture/labels.ts';
import { policyKey } from '../model/network-policy.ts';
import { trafficText } from '../net/traffic.ts';
import type { FindingData, ResultData, SuiteData } from './data.ts';
import { el, fill, name } from './dom.ts';
import { policyBesideKernel } from './policy-view.ts';
import { swatch } from './legend.ts';
import type { Changes, SideName, World } from './world.ts';

/** What the other parts of the page do for a section. */
export interface Links {
  /** Shows the cell of two ends, by name. */
  readonly showPair: (from: string, to: string) => void;
  readonly showPolicy: (side: SideName, key: string) => void;
}

/** A part of the page below the matrix. */
export function section(
  id: string,
  title: string,
  count: string,
  ...children: readonly HTMLElement[]
): HTMLElement {
  return el(
    'section',
    { id, class: 'part', 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, title, ' ', el('span', { class: 'count' }, count)),
    ...children,
  );
}

/** What the change opens and closes, folded by cause. */
export function changesSection({ difference }: Changes, { showPair }: Links): HTMLElement {
  const groups = (['opened', 'closed'] as const).flatMap((what) =>
    groupsOf(difference, difference[what], what).map((group) => ({ ...group, what })),
  );
  const rows = groups.slice(0, mostChanges).map(({ sources, destinations, traffic, because, what }) => {
    const [from, to] = [sources[0]?.id, destinations[0]?.id];
    return el(
      'li',
      { class: `change ${what}` },
      swatch(what),
      el(
        'div',
        {},
        el(
          'p',
          { class: 'title' },
          el('b', {}, what),
          ' ',
          el('code', {}, trafficText(traffic)),
          ' ',
          namesOf(sources),
          ' → ',
          namesOf(destinations),
        ),
        el('ul', { class: 'because' }, ...because.map((line) => el('li', {}, line))),
      ),
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          click: () => {
            if (from !== undefined && to !== undefined) showPair(from, to);
          },
        },
        'show',
      ),
    );
  });
  const left = groups.length - rows.length;
  return section(
    'changes',
    'Changes',
    `${String(difference.opened.length)} opened, ${String(difference.closed.length)} closed`,
    rows.length === 0
      ? el('p', {}, 'The change opens nothing and closes nothing.')
      : el('ul', { class: 'plain' }, ...rows),
    ...(left > 0
      ? [el('p', { class: 'quiet' }, `and ${String(left)} more: ringfence diff lists them all`)]
      : []),
  );
}

const mostChanges = 200;

function namesOf(pieces: Changes['difference']['pieces']): HTMLElement {
  const names = pieces.map(({ endpoint }) => endpointText(endpoint));
  const more = names.length > 6 ? ` and ${String(names.length - 6)} more` : '';
  return el('span', {}, ...names.slice(0, 6).flatMap((one, at) => [at === 0 ? '' : ', ', name(one)]), more);
}

export function lintSection(findings: readonly FindingData[], { showPolicy }: Links): HTMLElement {
  const active = findings.filter(({ ignored }) => ignored === undefined);
  const ignored = findings.filter((finding) => finding.ignored !== undefined);
  const rows = (list: readonly FindingData[]): readonly HTMLElement[] =>
    list.map((finding) => {
      const { severity, rule, message, hint, object, place } = finding;
      const key =
        object?.kind === 'NetworkPolicy' && object.namespace !== undefined
          ? `${object.namespace}/${object.name}`
          : undefined;
      return el(
        'li',
        { class: `finding ${severity}` },
        el('span', { class: `pill ${severity}` }, severity),
        el(
          'div',
          {},
          el('p', { class: 'title' }, message),
          ...(hint === undefined ? [] : [el('p', { class: 'quiet' }, hint)]),
          ...(finding.ignored === undefined
            ? []
            : [el('p', { class: 'quiet' }, `ignored: ${finding.ignored}`)]),
          el(
            'p',
            { class: 'place' },
            ...(object === undefined
              ? []
              : [
                  `${object.kind} `,
                  name(key ?? [object.namespace, object.name].filter((one) => one !== undefined).join('/')),
                  ' · ',
                ]),
            ...(place === undefined ? [] : [`${place.file}:${String(place.line)} · `]),
            el('code', {}, rule),
          ),
        ),
        ...(key === undefined
          ? []
          : [
              el(
                'button',
                {
                  type: 'button',
                  class: 'link',
                  click: () => {
                    showPolicy('after', key);
                  },
                },
                'show',
              ),
            ]),
      );
    });
  return section(
    'lint',
    'Lint',
    active.length === 0 ? 'nothing found' : `${String(active.length)} found`,
    active.length === 0
      ? el('p', {}, 'No mistakes and no traps were found.')
      : el('ul', { class: 'plain' }, ...rows(active)),
    ...(ignored.length === 0
      ? []
      : [
          el(
            'details',
            {},
            el('summary', {}, `${String(ignored.length)} ignored, with a reason`),
            el('ul', { class: 'plain' }, ...rows(ignored)),
          ),
        ]),
  );
}

export function testsSection(suites: readonly SuiteData[], { showPair }: Links): HTMLElement {
  const results = suites.flatMap((suite) => suite.results);
  const count = (status: ResultData['status']): number =>
    results.filter((result) => result.status === status).length;
  const counts = (['passed', 'failed', 'skipped', 'unanswered'] as const)
    .map((status) => [count(status), status] as const)
    .filter(([number]) => number > 0)
    .map(([number, status]) => `${String(number)} ${status}`);
  const row = ({ status, title, place, lines, pair }: ResultData): HTMLElement =>
    el(
      'li',
      { class: `result ${status}` },
      el('span', { class: `pill ${status}` }, `${marks[status]} ${status}`),
      el(
        'div',
        {},
        el('p', { class: 'title' }, el('code', {}, title)),
        ...(lines.length === 0
          ? []
          : [el('div', { class: 'said' }, ...lines.map((line) => el('div', {}, line)))]),
        el('p', { class: 'place' }, `${place.file}:${String(place.line)}`),
      ),
      ...(pair === undefined
        ? []
        : [
            el(
              'button',
              {
                type: 'button',
                class: 'link',
                click: () => {
                  showPair(...pair);
                },
              },
              'show',
            ),
          ]),
    );
  return section(
    'tests',
    'Tests',
    counts.length === 0 ? 'none' : counts.join(', '),
    ...suites.map((suite) => {
      const isGood =
        suite.problems.length === 0 &&
        suite.results.every(({ status }) => status === 'passed' || status === 'skipped');
      return el(
        'details',
        { open: !isGood },
        el(
          'summary',
          {},
          name(suite.name),
          ` · ${suite.problems.length > 0 ? 'could not be run' : isGood ? 'passed' : 'failed'}`,
        ),
        el(
          'ul',
          { class: 'plain' },
          ...suite.problems.map((problem) => el('li', {}, problem)),
          ...suite.results.map(row),
        ),
      );
    }),
  );
}

const marks: Readonly<Record<ResultData['status'], string>> = {
  passed: '✓',
  failed: '✕',
  skipped: '–',
  unanswered: '?',
};

/** Every policy beside its nftables rules, made when it is opened. */
export function policiesSection(world: World): HTMLElement {
  const { policies } = world.sides.after.cluster;
  const now = policyTexts(world.sides.after.connectivity.reach);
  const lists = (['after', 'before'] as const).flatMap((side) => {
    const own = world.sides[side];
    if (own === undefined) return [];
    const texts = policyTexts(own.connectivity.reach);
    const items = own.cluster.policies.flatMap((policy, at): readonly HTMLElement[] => {
      // What has not changed stands there once.
      const key = policyKey(policy);
      if (side === 'before' && now.get(key) === texts.get(key)) return [];
      const content = el('div', {});
      const details = el(
        'details',
        { 'data-policy': `${side} ${policyKey(policy)}` },
        el(
          'summary',
          {},
          name(policyKey(policy)),
          el(
            'span',
            { class: 'place' },
            ` ${policy.policyTypes.join(' and ')}${policy.audit === true ? ', audited and not enforced' : ''}${policy.source === undefined ? '' : ` · ${policy.source.file}:${String(policy.source.line)}`}`,
          ),
        ),
        content,
      );
      details.addEventListener('toggle', () => {
        if (details.open && content.childElementCount === 0) fill(content, [policyBesideKernel(own, at)]);
      });
      return [details];
    });
    return world.changes === undefined || items.length === 0
      ? items
      : [el('h3', {}, side === 'after' ? 'After' : 'Before, where it was not the same'), ...items];
  });
  return section('policies', 'Policies and their nftables rules', String(policies.length), ...lists);
}
