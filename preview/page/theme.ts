// Whether the page is dark, as the system has it.
import { signal } from '@preact/signals';

const query = matchMedia('(prefers-color-scheme: dark)');
export const dark = signal(query.matches);
query.addEventListener('change', () => (dark.value = query.matches));
