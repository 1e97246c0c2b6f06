// Draws answers under their reference, step by step, beside an audio player. All texts are set as textContent.
const SAID = {
  s: "replaced by something alike", S: "replaced by something else", D: "left out", I: "put in",
};
const FIRST = 600;
const NAMES = 132;

function step(state, found) {
  if (!found) return element("span", "cell", "");
  const [token, letter, stretch, start] = found;
  const timed = start !== null && state.sound.audio;
  const cell = element(timed ? "button" : "span", "cell", token === null ? "***" : token);
  if (letter !== "C") {
    cell.classList.add(letter);
    if (stretch) cell.classList.add("stretch");
    if (token === null) cell.classList.add("gap");
    cell.append(element("i", "", letter));
    cell.title = SAID[letter] + (stretch ? (letter === "D" ? ", in a stretch left out" : ", in a stretch nobody said") : "");
  }
  if (timed) {
    cell.type = "button";
    cell.classList.add("time");
    cell.dataset.start = start;
    cell.title = `${cell.title ? cell.title + "; " : ""}play from ${start.toFixed(2)} s`;
    cell.onclick = () => state.sound.seek(start, true);
  }
  return cell;
}

function widths(host, columns, characters) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `600 15px ${getComputedStyle(host).fontFamily}`;
  const blank = characters ? 4 : 8;
  return columns.map(([reference, steps]) => {
    const texts = [reference ?? "***", ...steps.map((each) => (each ? each[0] ?? "***" : ""))];
    return Math.ceil(Math.max(14, ...texts.map((text) => pen.measureText(text).width + blank + 2)));
  });
}

function draw(state, data, table) {
  const columns = state.all ? data.columns : data.columns.slice(0, FIRST);
  const room = Math.max(160, table.clientWidth - NAMES);
  const wide = widths(table, columns, data.unit === "character");
  const lines = [];
  let used = Infinity;
  columns.forEach((column, place) => {
    if (used + wide[place] > room) { lines.push([]); used = 0; }
    lines.at(-1).push(place);
    used += wide[place];
  });
  table.replaceChildren();
  table.className = data.unit;
  for (const line of lines) {
    const grid = element("div", "line");
    grid.dir = data.dir;
    grid.style.gridTemplateColumns = `${NAMES}px ${line.map((place) => `${Math.min(wide[place], room)}px`).join(" ")}`;
    grid.append(element("div", "name", "REF"));
    for (const place of line) {
      const reference = columns[place][0];
      const cell = element("span", reference === null ? "cell ref gap" : "cell ref", reference ?? "***");
      cell.lang = data.lang;
      grid.append(cell);
    }
    data.names.forEach((who, row) => {
      const name = element("div", who.open ? "name open" : "name", who.name);
      if (who.note) name.append(element("small", "", who.note));
      grid.append(name);
      for (const place of line) grid.append(step(state, columns[place][1][row]));
    });
    table.append(grid);
  }
  if (columns.length < data.columns.length) {
    const more = element("button", "more", `Show all ${data.columns.length} steps`);
    more.type = "button";
    more.onclick = () => { state.all = true; draw(state, data, table); };
    table.append(more);
  }
}

function legend(sound) {
  const line = element("div", "legend");
  for (const [letter, text] of Object.entries(SAID)) {
    const entry = element("span");
    entry.append(element("span", `cell ${letter}`, letter), text);
    line.append(entry);
  }
  line.append(element("span", "", "hatched: a stretch that was left out, or that nobody said"));
  const keys = ["N next", "P previous", ...(sound.takes.length ? ["K play"] : []), ...(sound.takes.length > 1 ? ["T other audio"] : [])];
  line.append(element("span", "keys", `Keys: ${keys.join(", ")}`));
  return line;
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".root");
  const text = JSON.stringify(data);
  if (root.dataset.shown === text) return;
  root.dataset.shown = text;
  const sound = soundOf(data), state = { all: false, sound }, table = element("div");
  const [bar, showBar] = playerBar(sound, data);
  const drawn = sound.takes.length ? pictures(sound, data) : null;
  root.replaceChildren(bar, drawn?.line ?? "", table, data.names.length ? legend(sound) : "");
  sound.changed = () => { showBar(); drawn.show(); drawn.draw(); drawn.move(); };
  let before = -1;
  const redraw = () => {
    if (table.clientWidth === before) return;
    before = table.clientWidth;
    draw(state, data, table);
    drawn?.draw();
  };
  redraw();
  const watch = new ResizeObserver(redraw);
  watch.observe(table);
  const mark = () => {
    const timed = [...table.querySelectorAll("[data-start]")];
    const now = timed.filter((cell) => Number(cell.dataset.start) <= sound.audio.currentTime).at(-1);
    for (const cell of timed) cell.classList.toggle("now", cell === now && !sound.audio.paused);
  };
  for (const take of sound.takes) take.audio.addEventListener("timeupdate", mark);
  const unbind = sound.takes.length ? keys(sound) : () => {};
  return () => {
    unbind();
    watch.disconnect();
    drawn?.end();
    sound.pause();
    delete root.dataset.shown;
  };
}
