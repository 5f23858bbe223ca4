import { el } from './dom.ts';

type Theme = 'light' | 'dark';

const key = 'millrace-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const { dataset } = document.documentElement;

/** The theme that the viewer chose before; undefined if none, or if the browser forbids storage. */
function stored(): Theme | undefined {
  try {
    const theme = localStorage.getItem(key);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}

let chosen = stored();

/** Sets the attribute that selects the styles of a theme. The styles read nothing else, so they state each colour once per theme. */
function apply(): void {
  dataset['theme'] = chosen ?? (system.matches ? 'dark' : 'light');
}
// Apply it before the browser paints.
apply();

/** A button that switches between light and dark. Until the viewer uses it, the page follows the system. */
export function themeButton(changed: () => void): HTMLElement {
  const button = el('button', { type: 'button', class: 'icon', 'aria-label': 'Light or dark' }, '◐');
  button.addEventListener('click', () => {
    chosen = dataset['theme'] === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem(key, chosen);
    } catch {
      // The browser forbids storage: the choice lasts until the page is left.
    }
    apply();
    changed();
  });
  system.addEventListener('change', () => {
    apply();
    changed();
  });
  return button;
}
