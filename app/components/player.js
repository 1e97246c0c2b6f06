// The audio of a case: one player for each version, and what each looks like, on the same scales.
const SVG = "http://www.w3.org/2000/svg";
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const PEAKS = [1, 2, 5, 10, 20, 50, 100];

function element(kind, name, text) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(name, text, title, act) {
  const made = element("button", name, text);
  made.type = "button";
  if (title) made.title = title;
  made.onclick = act;
  return made;
}

function clock(seconds, step) {
  if (step >= 60) return `${Math.floor(seconds / 60)} min`;
  return step < 1 ? seconds.toFixed(1) : String(Math.round(seconds));
}

// What can be played; `audio` is the version that is chosen.
function soundOf(data) {
  const sound = {
    at: 0,
    takes: data.audio.map((each) => {
      const audio = element("audio");
      audio.controls = true;
      audio.preload = "metadata";
      audio.src = each.url;
      return { ...each, audio };
    }),
    get audio() { return sound.takes[sound.at]?.audio ?? null; },
    changed: () => {},
    choose(place) {
      const from = sound.audio, to = sound.takes[place].audio;
      if (from === to) return;
      const playing = !from.paused;
      from.pause();
      to.volume = from.volume;
      to.muted = from.muted;
      to.playbackRate = from.playbackRate;
      to.currentTime = Math.min(from.currentTime, to.duration || from.currentTime);
      sound.at = place;
      sound.changed();
      if (playing) to.play().catch(() => {});
    },
    // Before anything is loaded the browser keeps the time and begins there.
    seek(seconds, play) {
      sound.audio.currentTime = seconds;
      if (play) sound.audio.play().catch(() => {});
    },
    pause() { for (const take of sound.takes) take.audio.pause(); },
  };
  return sound;
}

function linkButton(query) {
  const made = button("copy", "Copy link", "The address of what is shown", async () => {
    const url = new URL(window.location.href);
    url.search = query;
    url.hash = "";
    try {
      await navigator.clipboard.writeText(url.href);
      made.textContent = "Copied";
      setTimeout(() => { made.textContent = "Copy link"; }, 1500);
    } catch {
      const field = element("input", "address");  // Where the clipboard is closed it can be copied by hand.
      field.value = url.href;
      field.readOnly = true;
      field.setAttribute("aria-label", "The address of what is shown");
      made.replaceWith(field);
      field.select();
    }
  });
  return made;
}

function playerBar(sound, data) {
  const bar = element("div", "bar"), group = element("span", "group");
  const said = element("span", "silent");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Which audio");
  sound.takes.forEach((take, place) => {
    group.append(button("", take.name, sound.takes.length > 1 ? "T: the other one" : "", () => sound.choose(place)));
  });
  if (sound.takes.length > 1) bar.append(group);
  bar.append(...sound.takes.map((take) => take.audio));
  said.textContent = [sound.takes.length === 1 ? sound.takes[0].name : "", data.silent].filter(Boolean).join("; ");
  if (said.textContent) bar.append(said);
  bar.append(linkButton(data.link));
  const show = () => {
    sound.takes.forEach((take, place) => {
      take.audio.hidden = place !== sound.at;
      group.children[place].setAttribute("aria-pressed", String(place === sound.at));
    });
  };
  show();
  return [bar, show];
}

function wave(take, peak) {
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  const n = take.lowest.length, y = (value) => (100 - (100 * value) / peak).toFixed(1);
  const up = take.highest.map((value, place) => `${place} ${y(value)}`);
  const down = take.lowest.map((value, place) => `${place} ${y(value - peak / 200)}`).reverse();
  svg.setAttribute("viewBox", `0 0 ${Math.max(1, n - 1)} 200`);
  svg.setAttribute("preserveAspectRatio", "none");
  path.setAttribute("d", n ? `M${[...up, ...down].join("L")}Z` : "");
  svg.append(path);
  return svg;
}

function labels(kind, texts) {
  const line = element("div", kind);
  for (const text of texts) line.append(element("span", "", text));
  return line;
}

function picture(sound, take, place, longest, peak, scale) {
  const figure = element("figure", "take"), caption = element("figcaption", "", take.name);
  const loud = take.peak === null ? "silence" : `peak ${take.peak.toFixed(1)} dB`;
  caption.append(element("small", "", ` ${take.seconds.toFixed(2)} s, ${loud}`));
  const plot = element("div", "plot"), shape = wave(take, peak), image = element("img");
  const top = take.top / 1000;
  image.src = take.picture;
  image.alt = `Spectrogram, ${take.name}: 0 to ${top} kHz, ${take.seconds.toFixed(2)} s`;
  image.draggable = false;
  const head = element("div", "head"), ticks = element("div", "ticks");
  const area = element("div", "area");
  area.append(shape, image, head);
  area.style.width = `${(100 * take.seconds) / longest}%`;
  const field = element("div", "field");
  field.append(area, ticks);
  plot.append(
    labels("side wave", [`${peak} %`, "0", `−${peak} %`]),
    labels("side", [`${top} kHz`, `${top / 2}`, "0"]),
    field,
  );
  area.onclick = (event) => {
    const box = area.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
    sound.choose(place);
    sound.seek(Math.max(0, Math.min(1, share)) * take.seconds, false);
  };
  const bar = element("div", "scale"), colours = element("img");
  colours.src = scale.url;
  colours.alt = "";
  bar.append(`${scale.low} dB`, colours, `${scale.high} dB`);
  bar.title = "Level in the spectrogram; a sine at full scale is at 0 dB";
  caption.append(bar);
  figure.append(caption, plot);
  const draw = () => {
    const width = field.clientWidth;
    const step = STEPS.find((each) => (each / longest) * width >= 52) ?? longest;
    ticks.replaceChildren();
    for (let at = 0; at <= longest + 1e-9; at += step) {
      const tick = element("span", "", clock(at, step));
      tick.style.left = `${(100 * at) / longest}%`;
      ticks.append(tick);
    }
    ticks.lastChild.append(step < 60 ? " s" : "");
  };
  const move = (seconds) => { head.style.left = `${Math.min(100, (100 * seconds) / (take.seconds || 1))}%`; };
  return { figure, draw, move, field };
}

// The pictures side by side; returns the element, and what redraws it, moves its heads and marks the chosen one.
function pictures(sound, data) {
  const line = element("div", "takes");
  const longest = Math.max(0.01, ...sound.takes.map((take) => take.seconds));
  const loudest = Math.max(...sound.takes.flatMap((take) => [...take.highest, ...take.lowest.map(Math.abs)]), 0);
  const peak = PEAKS.find((each) => each >= loudest) ?? 100;
  const made = sound.takes.map((take, place) => picture(sound, take, place, longest, peak, data.scale));
  line.append(...made.map((each) => each.figure));
  const show = () => made.forEach((each, place) => each.figure.classList.toggle("chosen", place === sound.at));
  const move = () => { for (const each of made) each.move(sound.audio.currentTime); };
  let frame = 0;
  const follow = () => { move(); frame = sound.audio.paused ? 0 : requestAnimationFrame(follow); };
  for (const take of sound.takes) {
    for (const event of ["play", "seeked", "timeupdate"]) {
      take.audio.addEventListener(event, () => { if (!frame) follow(); });
    }
  }
  show();
  return { line, show, move, draw: () => { for (const each of made) each.draw(); }, end: () => cancelAnimationFrame(frame) };
}

const typing = (event) => event.composedPath().some((each) =>
  each instanceof HTMLElement && (each.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(each.tagName)));

// K plays and pauses, T is the other version; not while somebody types.
function keys(sound) {
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event)) return;
    const key = event.key.toLowerCase();
    if (key === "k") {
      if (sound.audio.paused) sound.audio.play().catch(() => {});
      else sound.audio.pause();
    } else if (key === "t" && sound.takes.length > 1) sound.choose((sound.at + 1) % sound.takes.length);
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
