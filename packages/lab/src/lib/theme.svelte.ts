import { router } from './settings.svelte.ts';

export type ThemeName = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');

/** The colours in use: those of the URL, else those of the system. */
class Theme {
  #system: ThemeName = $state(system.matches ? 'dark' : 'light');

  constructor() {
    system.addEventListener('change', ({ matches }) => {
      this.#system = matches ? 'dark' : 'light';
    });
  }

  get name(): ThemeName {
    const asked = router.current.get('theme');
    return asked === 'light' || asked === 'dark' ? asked : this.#system;
  }

  toggle(): void {
    const next = this.name === 'dark' ? 'light' : 'dark';
    router.current.set('theme', next === this.#system ? null : next);
  }
}

export const theme = new Theme();
