/** A child: an element, or a text, which is never read as markup. */
type Child = Node | string;

/** Makes an element. An attribute that is undefined is left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function svg(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Node[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets a text only if it differs: a screen reader would read the same text again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A card with a heading. */
export function panel(name: string, title: string, hint: string, ...children: readonly Node[]): HTMLElement {
  const id = `${name}-title`;
  const head = el('div', { class: 'head' }, el('h2', { id }, title), el('p', { class: 'hint' }, hint));
  return el('section', { class: `panel ${name}`, 'aria-labelledby': id }, head, ...children);
}

export function legend(items: readonly (readonly [text: string, color: string])[]): HTMLElement {
  return el('ul', { class: 'legend' }, ...items.map(([text, color]) => el('li', {}, swatch(color), text)));
}

/** A small square in a colour. */
export function swatch(color: string): HTMLElement {
  const square = el('i', { class: 'swatch', 'aria-hidden': 'true' });
  square.style.background = color;
  return square;
}
