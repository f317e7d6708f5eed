import type {
  Explanation,
  PolicyReference,
  RuleReference,
  SideExplanation,
} from '../analysis/explain/explanation.ts';
import { auditText, missText, noCommonFamilyText, positionText } from '../analysis/explain/text.ts';
import { nothing, trafficText } from '../net/traffic.ts';
import { el, fill, name } from './dom.ts';
import { cellAt, type Item, type Layout, sideOfView, type View } from './layout.ts';
import type { Spot } from './matrix.ts';
import { bodyOfPod, kernelLines, nameOfRule, policyLines } from './policy-view.ts';
import { becauseLines, cellOn, explainPair, type Pair, pairOf, stateText } from './reasons.ts';
import { closedMark, openedMark, type Point, type Side, type SideName, type World } from './world.ts';

export interface DetailEvents {
  readonly close: () => void;
  /** Shows a policy in the list of all. */
  readonly showPolicy: (side: SideName, key: string) => void;
}

/** Everything about one cell: what both sides say, the lines that say it, and the rules that the kernel has for it. */
export function detailOf(
  world: World,
  layout: Layout,
  { from, to }: Spot,
  view: View,
  events: DetailEvents,
): HTMLElement {
  const [source, destination] = [layout.items[from], layout.items[to]];
  const close = el(
    'button',
    { type: 'button', class: 'close', 'aria-label': 'close the reason', click: events.close },
    '✕',
  );
  if (source === undefined || destination === undefined) return el('div', {}, close);
  const heading = el(
    'h2',
    { tabindex: -1, id: 'detail-heading' },
    name(source.label),
    el('span', { class: 'arrow' }, ' → '),
    name(destination.label),
  );
  const pair = pairOf(world, source, destination);
  if (pair === undefined) {
    return el('div', {}, close, heading, el('p', {}, 'Click the name of a namespace to see its workloads.'));
  }
  const names: readonly SideName[] =
    world.changes === undefined ? ['after'] : view === 'change' ? ['after', 'before'] : [view];
  const mark = world.changes?.marks[cellAt(world, source, destination)] ?? 0;
  const shown = {
    cell: cellOn(world, sideOfView(world, view), pair),
    opened: view === 'change' && (mark & openedMark) !== 0,
    closed: view === 'change' && (mark & closedMark) !== 0,
  };
  const because = view === 'change' ? becauseLines(world, pair) : [];
  return el(
    'div',
    {},
    close,
    heading,
    el(
      'p',
      {
        class: `verdict ${mark !== 0 && view === 'change' ? (mark === openedMark ? 'opened' : 'closed') : shown.cell.state}`,
      },
      stateText(shown),
    ),
    ...(because.length === 0
      ? []
      : [el('ul', { class: 'because' }, ...because.map((line) => el('li', {}, line)))]),
    ...membersOf(world, [source, destination]),
    ...names.map((side) => sideSection(world, side, pair, names.length > 1, events)),
  );
}

/** Who else the row or the column stands for. */
function membersOf({ points }: World, items: readonly Item[]): readonly HTMLElement[] {
  const groups = new Set(items.filter(({ members }) => members.length > 1));
  return [...groups].map((item) =>
    el(
      'details',
      { class: 'members' },
      el(
        'summary',
        {},
        name(item.label),
        ' stands for ',
        String(item.members.length),
        ' that the policies treat alike',
      ),
      el(
        'p',
        {},
        ...item.members.flatMap((at, position) => [
          position === 0 ? '' : ', ',
          name(points[at]?.label ?? ''),
        ]),
      ),
    ),
  );
}

function sideSection(
  world: World,
  side: SideName,
  pair: Pair,
  isOneOfTwo: boolean,
  events: DetailEvents,
): HTMLElement {
  const own = world.sides[side];
  const title = isOneOfTwo ? [el('h3', { class: 'side-title' }, side === 'after' ? 'After' : 'Before')] : [];
  const explanation = explainPair(world, side, pair);
  const [source, destination] = [world.points[pair.from], world.points[pair.to]];
  if (own === undefined || explanation === undefined || source === undefined || destination === undefined) {
    const missing = [source, destination].filter((point) => point !== undefined && point[side] === undefined);
    const said =
      missing.length > 0
        ? `${missing.map((point) => point?.label ?? '').join(' and ')} is not there.`
        : 'Policies have no say here.';
    return el('section', {}, ...title, el('p', { class: 'quiet' }, said));
  }
  return el(
    'section',
    {},
    ...title,
    directionCard(world, side, explanation, explanation.egress, source, events),
    directionCard(world, side, explanation, explanation.ingress, destination, events),
    ...(explanation.noCommonFamily === true ? [el('p', {}, noCommonFamilyText)] : []),
  );
}

const bases: Readonly<
  Record<Exclude<SideExplanation['basis'], 'policy'>, (side: SideExplanation) => string>
> = {
  open: ({ direction, audit }) =>
    `No ${audit === undefined ? '' : 'enforced '}policy selects it for ${direction}: everything passes.`,
  'not-a-pod': () => 'Policies protect pods alone: everything passes.',
  itself: () => 'A pod always reaches itself.',
  'own-node': () => 'A pod and its own node always reach each other.',
};

function directionCard(
  world: World,
  sideName: SideName,
  { from, to }: Explanation,
  side: SideExplanation,
  point: Point,
  events: DetailEvents,
): HTMLElement {
  const { direction, basis, passes, denies, allowedBy, isolatedBy, nearMisses, audit } = side;
  const [word, kind] =
    basis !== 'policy'
      ? ['open', 'open']
      : denies === nothing
        ? ['allowed', 'rule']
        : passes === nothing
          ? ['denied', 'denied']
          : ['allowed in part', 'rule'];
  const head = el(
    'h3',
    {},
    `${direction === 'egress' ? 'Egress' : 'Ingress'} of `,
    name(point.label),
    ' ',
    el('span', { class: `pill ${kind}` }, word),
  );
  const own = world.sides[sideName];
  const link = (
    reference: { readonly policy: string; readonly source?: RuleReference['source'] },
    text: string,
  ): HTMLElement =>
    el(
      'span',
      {},
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          click: () => {
            events.showPolicy(sideName, reference.policy);
          },
        },
        text,
      ),
      ...(reference.source === undefined
        ? []
        : [el('span', { class: 'place' }, ` (${positionText(reference.source)})`)]),
    );
  const listed = (policies: readonly PolicyReference[]): readonly (HTMLElement | string)[] =>
    policies.flatMap((one, at) => [at === 0 ? '' : ', ', link(one, one.policy)]);
  const judged = direction === 'egress' ? from : to;
  const body = own === undefined || judged.kind !== 'pod' ? -1 : bodyOfPod(own, judged.pod, direction);
  if (basis !== 'policy') {
    const audited =
      audit === undefined
        ? []
        : [
            el(
              'ul',
              {},
              el('li', {}, el('b', {}, 'Audit:'), ' ', ...listed(audit.by), ` would ${auditText(audit)}`),
            ),
            sourcesOf(
              own,
              audit.by.map(({ policy }) => policy),
              body,
              [],
            ),
          ];
    return el('article', { class: 'card' }, head, el('p', {}, bases[basis](side)), ...audited);
  }
  const isPart = passes !== nothing && denies !== nothing;
  const misses = nearMisses.map((miss) =>
    el('li', {}, el('i', {}, 'nearly'), ' ', link(miss, nameOfRule(miss)), `: ${missText(miss)}`),
  );
  const lines = [
    ...allowedBy.map((rule) =>
      el('li', {}, el('b', {}, trafficText(rule.traffic)), ' by ', link(rule, nameOfRule(rule))),
    ),
    ...(denies === nothing
      ? []
      : [el('li', {}, isPart ? 'The rest is denied; isolated by ' : 'Isolated by ', ...listed(isolatedBy))]),
    ...(isPart ? [] : misses),
  ];
  const near =
    isPart && misses.length > 0
      ? [el('details', {}, el('summary', {}, 'rules that come near the rest'), el('ul', {}, ...misses))]
      : [];
  // Where something passes, that is what people look for; else what comes nearest.
  const told = allowedBy.length > 0 ? allowedBy : nearMisses;
  const marked = told.map(nameOfRule);
  const keys = [...new Set([...told, ...isolatedBy].map(({ policy }) => policy))];
  return el(
    'article',
    { class: 'card' },
    head,
    el('ul', {}, ...lines),
    ...near,
    sourcesOf(own, keys, body, marked),
  );
}

/** The lines of policies beside what they become, the first policy unfolded. */
function sourcesOf(
  own: Side | undefined,
  keys: readonly string[],
  body: number,
  marked: readonly string[],
): HTMLElement {
  if (own === undefined) return el('div', { class: 'sources' });
  const written = keys.map((key, at) =>
    el(
      'details',
      { open: at === 0 },
      el('summary', {}, 'policy ', name(key)),
      policyLines(own, key, marked, true),
    ),
  );
  const enforced =
    body < 0
      ? []
      : [el('details', { open: true }, el('summary', {}, 'in the kernel'), kernelLines(own, body, marked))];
  return el('div', { class: 'sources' }, el('div', {}, ...written), el('div', {}, ...enforced));
}

/** What the panel says while no cell is chosen. */
export function emptyDetail(panel: HTMLElement, legend: HTMLElement): void {
  fill(panel, [
    el('h2', {}, 'How to read it'),
    el(
      'p',
      { class: 'screen' },
      'A row reaches a column. Point at a cell for the reason, click it or press Enter for the lines of the policies and the nftables rules that decide.',
    ),
    legend,
    el(
      'p',
      { class: 'quiet screen' },
      'Workloads that the policies treat alike are one row. A click on a name folds its namespace.',
    ),
  ]);
}
