// An edge between two areas that can be moved, by pointer or by arrow keys.

/** How far an arrow key moves an edge, in CSS pixels. */
const STEP = 16;

/** A movable edge. `grows` says in which direction of the pointer the size grows. */
export function Divider(properties: {
  label: string;
  isAcross?: boolean;
  grows: 1 | -1;
  size: number;
  least: number;
  most: number;
  set: (size: number) => void;
}) {
  const { label, isAcross = false, grows, size, least, most, set } = properties;
  const put = (wanted: number) => set(Math.round(Math.max(least, Math.min(most, wanted))));
  const onPointerDown = (event: PointerEvent) => {
    const edge = event.currentTarget as HTMLElement;
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    const from = isAcross ? event.clientY : event.clientX;
    const move = (moved: PointerEvent) => put(size + grows * ((isAcross ? moved.clientY : moved.clientX) - from));
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = isAcross ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    const step = event.key === more ? STEP : event.key === less ? -STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    put(size + grows * step);
  };
  return (
    <div class={isAcross ? "divider across" : "divider"} role="separator" tabIndex={0} aria-label={label}
      aria-orientation={isAcross ? "horizontal" : "vertical"} aria-valuenow={size} aria-valuemin={least} aria-valuemax={most}
      onPointerDown={onPointerDown} onKeyDown={onKeyDown} />
  );
}
