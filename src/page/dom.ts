import { printable } from '../model/read/quote.ts';

type Child = Node | string | undefined;

/** Attributes by name, and what a click does. Their values are this program's own words and numbers, but for titles. */
type Attributes = Readonly<Record<string, string | number | boolean | (() => void) | undefined>>;

/** An element. Text is text, whatever it says, and cannot steer what is around it. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  fill(element, children);
  return element;
}

/** Puts children in the place of what was there. */
export function fill(element: Element, children: readonly Child[]): void {
  element.replaceChildren(
    ...children.flatMap((child) =>
      child === undefined ? [] : [typeof child === 'string' ? printable(child) : child],
    ),
  );
}

/** What somebody else named: set apart, so that letters that run from right to left stay where they are. */
export function name(text: string): HTMLElement {
  return el('bdi', {}, text);
}
