// FreeU at a glance: a sheet of this frame over its factors, and the spectra of what it changes, in a dialog.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { FreeUKind } from '../api.ts';
import { attempt } from './attempt.ts';
import { server } from './client.ts';
import { frame, sheeting, values } from './store.ts';

type Shown = { readonly kind: FreeUKind; readonly src: string };

const shown = signal<Shown | undefined>(undefined);
const busy = signal<FreeUKind | undefined>(undefined);

const make = (kind: FreeUKind) =>
  attempt(async () => {
    busy.value = kind;
    sheeting.value = undefined;
    try {
      const { id } = await server.freeu(kind, frame.value, values.value);
      shown.value = { kind, src: `pictures/${id}.${kind === 'sheet' ? 'png' : 'svg'}` };
    } finally {
      busy.value = undefined;
    }
  });

const TITLES = { sheet: 'This frame over factors b and s', spectrum: 'What FreeU does to the features of this frame' } as const;

const Dialog = ({ kind, src }: Shown) => {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => place.current?.showModal(), []);
  return (
    <dialog ref={place} class="sheet" aria-label={TITLES[kind]} onClose={() => (shown.value = undefined)}>
      <div class="head-row">
        <h2>{TITLES[kind]}</h2>
        <button type="button" class="quiet" onClick={() => place.current?.close()}>
          Close
        </button>
      </div>
      <img src={src} alt={kind === 'sheet' ? 'The frame under twelve pairs of factors' : 'Relative log amplitudes by frequency'} />
    </dialog>
  );
};

export const FreeUSheet = () => {
  const at = sheeting.value;
  return (
    <div class="head-row start">
      <button type="button" class="quiet" disabled={busy.value !== undefined} onClick={make('sheet')}>
        {busy.value === 'sheet' ? `Drawing${at ? ` ${at.done} of ${at.total}` : ' …'}` : 'Sheet of b and s'}
      </button>
      <button type="button" class="quiet" disabled={busy.value !== undefined} onClick={make('spectrum')}>
        {busy.value === 'spectrum' ? 'Measuring …' : 'Spectrum'}
      </button>
      {shown.value && <Dialog {...shown.value} />}
    </div>
  );
};
