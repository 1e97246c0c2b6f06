"use strict";
(() => {
  const groups = JSON.parse(document.getElementById("charts").textContent);
  const config = {responsive: true, displaylogo: false, displayModeBar: false};
  const narrow = () => window.innerWidth < 600;
  const hidden = new Set();

  // A copy for this screen: smaller type where there is little room, and without the systems switched off.
  const fitted = (figure) => {
    const copy = structuredClone(figure);
    if (narrow()) copy.layout.font.size = 11;
    for (const trace of copy.data) {
      if (trace.meta !== undefined && hidden.has(trace.meta)) trace.visible = false;
    }
    return copy;
  };

  const draw = (plot, place) => {
    const {figure, caption} = groups[plot.dataset.group][place];
    const {data, layout} = fitted(figure);
    plot.style.height = `${layout.height}px`;
    plot.dataset.place = place;
    plot.closest("figure").querySelector("figcaption").textContent = caption;
    return Plotly.react(plot, data, layout, config);
  };

  const plots = [...document.querySelectorAll(".plot")];
  for (const plot of plots) draw(plot, 0);

  for (const menu of document.querySelectorAll("select[data-choose]")) {
    menu.addEventListener("change", () => {
      draw(document.querySelector(`.plot[data-group="${menu.dataset.choose}"]`), Number(menu.value));
    });
  }

  const keys = [...document.querySelectorAll(".key")];
  for (const key of keys) {
    key.addEventListener("click", () => {
      const system = key.dataset.system;
      if (!hidden.delete(system)) hidden.add(system);
      for (const other of keys) {
        if (other.dataset.system === system) other.setAttribute("aria-pressed", String(!hidden.has(system)));
      }
      for (const plot of plots) {
        const figure = groups[plot.dataset.group][Number(plot.dataset.place)].figure;
        if (figure.data.some((trace) => trace.meta === system)) draw(plot, Number(plot.dataset.place));
      }
    });
  }

  // Tables: a click on a heading sorts by its column, another one the other way round. Empty cells stay last,
  // and published rows stay after measured ones: they are not ranked with them.
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.classList.contains("bar-head")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        const numeric = head.classList.contains("n");
        rows.sort((one, other) => {
          const later = (row) => Number(row.classList.contains("published"));
          if (later(one) !== later(other)) return later(one) - later(other);
          const [a, b] = [value(one, column), value(other, column)];
          if (a === "" || b === "") return (a === "") - (b === "");
          const order = numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", {numeric: true});
          return rising ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // Worst cases: narrowed down by the menus, a dozen at a time.
  const step = 12;
  const list = [...document.querySelectorAll(".case")];
  const filters = [...document.querySelectorAll("select[data-filter]")];
  const more = document.querySelector(".more");
  let shown = step;
  const narrowDown = () => {
    const fits = list.filter((item) =>
      filters.every((menu) => !menu.value || item.dataset[menu.dataset.filter] === menu.value));
    const visible = new Set(fits.slice(0, shown));
    for (const item of list) item.hidden = !visible.has(item);
    more.hidden = fits.length <= shown;
    more.textContent = `Show more (${visible.size} of ${fits.length})`;
  };
  if (more) {
    for (const menu of filters) {
      menu.addEventListener("change", () => {
        shown = step;
        narrowDown();
      });
    }
    more.addEventListener("click", () => {
      shown += step;
      narrowDown();
    });
    narrowDown();
  }
  document.documentElement.dataset.drawn = "true";
})();
