// A button that works while it is held, by pointer, space or enter.
import type { ComponentChildren } from 'preact';

type Props = {
  readonly onHold: (down: boolean) => void;
  readonly shortcut?: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
};

const isPress = (key: string): boolean => key === ' ' || key === 'Enter';

export const HoldButton = ({ onHold, shortcut, disabled, children }: Props) => (
  <button
    type="button"
    class="quiet"
    disabled={disabled}
    aria-keyshortcuts={shortcut}
    onPointerDown={() => onHold(true)}
    onPointerUp={() => onHold(false)}
    onPointerLeave={() => onHold(false)}
    onPointerCancel={() => onHold(false)}
    onBlur={() => onHold(false)}
    onContextMenu={event => event.preventDefault()}
    onKeyDown={event => {
      if (!isPress(event.key)) return;
      event.preventDefault();
      onHold(true);
    }}
    onKeyUp={event => isPress(event.key) && onHold(false)}
  >
    {children}
    {shortcut && <kbd>{shortcut}</kbd>}
  </button>
);
