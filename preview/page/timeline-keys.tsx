// Key frames on the timeline: buttons that can be dragged, or moved with Shift and the arrow keys; Delete removes one.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { canMove, canRemove, moveKey, removeKey } from './edit.ts';
import { frame, goTo, plan } from './store.ts';
import { frameAt, useScale } from './timeline-scale.ts';

const Key = ({ number }: { readonly number: number }) => {
  const at = useScale();
  const to = useSignal(number);
  const held = useRef(false);
  const moved = useRef(false); // what follows a drag is no click
  const { anchors, supplied } = plan.value!;
  const movable = canMove(number);
  const names = [
    number === frame.value ? 'current' : '',
    anchors.includes(number) ? 'anchor' : '',
    supplied.includes(number) ? 'yours' : '',
  ];
  const letGo = (): void => {
    if (held.current && to.value !== number) {
      moved.current = true;
      moveKey(number, to.value);
    }
    held.current = false;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined && event.shiftKey) moveKey(number, number + step);
    else if (event.key === 'Delete' && canRemove(number)) removeKey(number);
    else return;
    event.preventDefault();
  };
  return (
    <button
      type="button"
      class={names.join(' ')}
      style={{ left: `${at(held.current ? to.value : number)}%` }}
      aria-label={`Key frame ${number}`}
      aria-current={number === frame.value ? 'true' : undefined}
      aria-keyshortcuts={movable ? 'Shift+ArrowLeft Shift+ArrowRight Delete' : undefined}
      title={`Key frame ${number}${supplied.includes(number) ? ', a picture of yours' : ''}${movable ? ': drag it to move it' : ''}`}
      onClick={() => {
        if (!moved.current) goTo(number);
        moved.current = false;
      }}
      onKeyDown={onKeyDown}
      onPointerDown={event => {
        if (!movable) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        to.value = number;
        held.current = true;
      }}
      onPointerMove={event => {
        if (held.current) to.value = frameAt(event.currentTarget.parentElement!, event.clientX);
      }}
      onPointerUp={letGo}
      onPointerCancel={() => {
        held.current = false;
        to.value = number;
      }}
    />
  );
};

export const Keys = () => (
  <div class="keys">
    {/* By their places in the row: one that moves stays the one that has the focus. */}
    {plan.value?.keyframes.map((number, place) => (
      <Key key={place} number={number} />
    ))}
  </div>
);
