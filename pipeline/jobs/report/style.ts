// How a report looks, and the one thing that moves in it: the wipe. Nothing is loaded from anywhere.

export const STYLE = `
:root { color-scheme: light dark; --ground: #f4f3f0; --surface: #fff; --ink: #1d2126; --soft: #5a626b; --line: #d9d6cf; --accent: #1f6b66;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15181b; --surface: #1e2226; --ink: #e7e9eb; --soft: #a3abb3; --line: #333a41; --accent: #6cc4ba; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 20px 60px; max-width: 1200px; background: var(--ground); color: var(--ink); }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 34px 0 10px; }
p { margin: 6px 0; }
small, figcaption, .soft { color: var(--soft); }
code, pre { font: 13px/1.5 ui-monospace, Consolas, monospace; }
pre { margin: 0; padding: 12px 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 0; }
figcaption { font-size: 13px; padding: 4px 2px; }
.grid { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.keys { grid-template-columns: repeat(auto-fill, minmax(min(180px, 100%), 1fr)); }
img { display: block; width: 100%; height: auto; border-radius: 6px; }
.wipe { position: relative; --cut: 50%; }
.wipe img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut)); }
.wipe::after { content: ""; position: absolute; inset: 0 auto; left: var(--cut); width: 2px; margin-left: -1px; background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 35%); pointer-events: none; }
.wipe input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.wipe:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.drawing { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
.drawing svg { display: block; }
.plot svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
td, th { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; width: 30%; }
summary { cursor: pointer; font-weight: 600; padding: 8px 0; }
`;

export const SCRIPT = `
for (const input of document.querySelectorAll('.wipe input')) {
  input.addEventListener('input', () => input.parentElement.style.setProperty('--cut', input.value + '%'));
}
`;
