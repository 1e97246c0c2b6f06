// Sends what is typed in a text area of a container when the keys rest, as Ctrl+Enter in it does.
const REST_MS = 250;

export default function ({ data }) {
  let waiting;
  const send = (field) => field.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true }),
  );
  const typed = (event) => {
    const field = event.target;
    if (field.tagName !== "TEXTAREA" || event.isComposing || !field.closest(`.st-key-${data.within}`)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (field.isConnected) send(field); }, REST_MS);
  };
  for (const kind of ["input", "compositionend"]) document.addEventListener(kind, typed);
  return () => {
    clearTimeout(waiting);
    for (const kind of ["input", "compositionend"]) document.removeEventListener(kind, typed);
  };
}
