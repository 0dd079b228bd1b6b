// The page of `rerender preview`.

import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { askOverlay } from './overlay-picture.ts';
import { start } from './store.ts';
import 'uplot/dist/uPlot.min.css'; // what plots comes later, by itself
import './style.css';

render(<App />, document.getElementById('page')!);
start();
effect(askOverlay);
