/** How a page looks; light or dark as its reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --fathom-accent: #1c6cb5; --line: #d5dae0; --soft: #f4f6f8; --text: #1b1f24;
  --quiet: #57606a; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --fathom-accent: #6fb3f2; --line: #3a424c; --soft: #1c2127; --text: #e6e9ec;
  --quiet: #a3adb8; --page: #14181c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--page); }
h1 { font-size: 1.6rem; margin: 0; } header p { margin: .25rem 0 0; color: var(--quiet); }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem; }
p { margin: .25rem 0 .5rem; } .note, figcaption, caption { color: var(--quiet); font-size: .85rem; }
figure { margin: 0; } .figures { display: flex; flex-wrap: wrap; gap: 1.25rem; align-items: flex-start; }
.figures figure { max-width: 168px; }
img { image-rendering: pixelated; display: block; border: 1px solid var(--line); border-radius: 3px; max-width: 100%; }
.maps ul { list-style: none; margin: 0 0 .35rem; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
.scroll { overflow-x: auto; } .fit svg { max-width: 100%; height: auto; min-width: 60rem; } .scroll:focus-visible { outline: 2px solid var(--fathom-accent); }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; } caption { text-align: left; padding-bottom: .25rem; }
th, td { padding: .2rem .75rem .2rem 0; text-align: left; font-weight: normal; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); } tbody th { font-weight: 600; }
.numbers td, .numbers thead th:not(:first-child) { text-align: right; padding-right: 0; padding-left: 1.25rem; font-variant-numeric: tabular-nums; }
.numbers td:nth-child(2), .numbers thead th:nth-child(2) { text-align: left; }
.cell .numbers td, .cell .numbers thead th:not(:first-child) { text-align: right; }
.bars { margin-top: 0; } meter { width: 12rem; height: 1rem; vertical-align: middle; }
details { margin-top: .5rem; } summary { cursor: pointer; color: var(--fathom-accent); }
details > * + * { margin-top: .5rem; } .formula { font-size: 1.05rem; font-style: italic; }
.grids { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; font-size: 1.1rem; }
.grid { margin: 0; } .grid td { border: 1px solid var(--line); padding: .15rem .4rem; text-align: right; font-size: .75rem;
  font-variant-numeric: tabular-nums; background: var(--soft); } .grid .padding { color: var(--quiet); background: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: .5rem 0; font-size: .875rem; }
dt { color: var(--quiet); } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
@media print { details { display: block; } }
`;
