// Tabs within the part: one is shown, arrow keys go from one to the next.

/** A row of tabs; the shown one's content stands in the element of the id `panel`. */
export function Tabs<T extends string>(properties: {
  label: string;
  panel: string;
  tabs: readonly { name: T; title: string }[];
  shown: T;
  show: (name: T) => void;
}) {
  const { label, panel, tabs, shown, show } = properties;
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const to = step && tabs[(tabs.findIndex((one) => one.name === shown) + step + tabs.length) % tabs.length];
    if (!to) return;
    event.preventDefault();
    show(to.name);
    (event.currentTarget as HTMLElement).querySelectorAll("button")[tabs.indexOf(to)]?.focus();
  };
  return (
    <div class="sql-tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ name, title }) => (
        <button key={name} type="button" role="tab" aria-selected={shown === name} aria-controls={panel} tabIndex={shown === name ? 0 : -1} onClick={() => show(name)}>
          {title}
        </button>
      ))}
    </div>
  );
}
