// Pictures from a file dialog or dropped from another window.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

const ACCEPTED = 'image/png,image/jpeg,image/webp';

/** The pictures that an event of dragging brings. */
const filesOf = ({ dataTransfer }: DragEvent): readonly File[] => [...(dataTransfer?.files ?? [])];

/** Listeners of an element that pictures may be dropped on. */
export const dropTarget = (onFiles: (files: readonly File[]) => void) => ({
  onDragOver: (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    (event.currentTarget as HTMLElement).classList.add('over');
  },
  onDragLeave: (event: DragEvent) => (event.currentTarget as HTMLElement).classList.remove('over'),
  onDrop: (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    for (const target of document.querySelectorAll('.over')) target.classList.remove('over'); // those around it are dragged over, too
    onFiles(filesOf(event));
  },
});

/** The frame of a file called as key frames are when they are downloaded. */
export const frameOf = ({ name }: File): number | undefined => {
  const [, digits] = /^keyframe-(\d{1,9})\b/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

type Props = {
  readonly label: string;
  readonly title: string;
  readonly onFile: (file: File) => void;
  readonly children?: ComponentChildren;
};

/** A button that asks for a picture. */
export const PictureButton = ({ label, title, onFile }: Props) => {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="quiet" title={title} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input
        ref={field}
        type="file"
        accept={ACCEPTED}
        hidden
        aria-label={label}
        onChange={event => {
          const [file] = event.currentTarget.files ?? [];
          if (file) onFile(file);
          event.currentTarget.value = ''; // the same file may be chosen again
        }}
      />
    </>
  );
};
