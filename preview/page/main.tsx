// The page of `rerender preview`.
import { render } from 'preact';
import { App } from './app.tsx';
import { start } from './store.ts';
import './style.css';

render(<App />, document.getElementById('page')!);
start();
