// Comfort for the report: theme, crosshair, sorting, filter. Without it the page
// says the same.
(() => {
  "use strict";
  const root = document.documentElement;
  const remember = (v) => { try { localStorage.setItem("loadctl-theme", v); } catch { /* private */ } };
  try { const t = localStorage.getItem("loadctl-theme"); if (t) root.dataset.theme = t; } catch { /* private */ }

  const tools = document.getElementById("tools");
  const button = (text, label, act) => {
    const b = document.createElement("button");
    b.type = "button"; b.textContent = text; b.title = label;
    b.addEventListener("click", act); tools.append(b);
  };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  button("Theme", "Switch between light and dark", () => { root.dataset.theme = dark() ? "light" : "dark"; remember(root.dataset.theme); });
  button("Print", "Print this report", () => print());
  tools.hidden = false;
  let before = null;
  addEventListener("beforeprint", () => { before = root.dataset.theme ?? ""; root.dataset.theme = "light"; document.querySelectorAll("details:not(.numbers)").forEach((d) => { d.dataset.was = d.open ? "1" : ""; d.open = true; }); });
  addEventListener("afterprint", () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; document.querySelectorAll("details:not(.numbers)").forEach((d) => { d.open = d.dataset.was === "1"; }); });

  // One crosshair for all charts over time.
  const tip = document.getElementById("tip");
  const charts = [...document.querySelectorAll("figure.fig")].map((fig) => {
    const data = fig.querySelector("script.chart-data");
    return data ? { fig, svg: fig.querySelector("svg.chart"), name: fig.querySelector("figcaption").textContent, data: JSON.parse(data.textContent) } : null;
  }).filter(Boolean);
  let at = -1;
  const cross = (chart, i) => {
    const g = chart.svg.querySelector(".cross");
    g.replaceChildren();
    if (i < 0 || i >= chart.data.x.length) return;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [k, v] of Object.entries({ x1: chart.data.x[i], x2: chart.data.x[i], y1: chart.data.top, y2: chart.data.bottom })) line.setAttribute(k, v);
    g.append(line);
  };
  const hide = () => { at = -1; tip.hidden = true; charts.forEach((c) => cross(c, -1)); };
  const show = (chart, i) => {
    at = Math.max(0, Math.min(i, chart.data.x.length - 1));
    charts.forEach((c) => cross(c, at));
    const head = document.createElement("b");
    head.textContent = chart.data.times[at];
    tip.replaceChildren(head, ...chart.data.names.map((name, n) => {
      const row = document.createElement("span"), value = document.createElement("em");
      row.textContent = name + " "; value.textContent = chart.data.values[n][at] || "–"; row.append(value);
      return row;
    }));
    tip.hidden = false;
    const box = chart.svg.getBoundingClientRect(), scale = box.width / chart.svg.viewBox.baseVal.width;
    const x = box.left + chart.data.x[at] * scale, flip = x + tip.offsetWidth + 24 > innerWidth;
    tip.style.left = `${scrollX + (flip ? x - tip.offsetWidth - 12 : x + 12)}px`;
    tip.style.top = `${scrollY + box.top + 16}px`;
  };
  for (const chart of charts) {
    if (!chart.data.x.length) continue;
    chart.fig.tabIndex = 0;
    chart.fig.setAttribute("aria-label", `${chart.name}: arrow keys move through time`);
    chart.svg.addEventListener("pointermove", (e) => {
      const box = chart.svg.getBoundingClientRect(), x = (e.clientX - box.left) * chart.svg.viewBox.baseVal.width / box.width;
      let best = 0;
      chart.data.x.forEach((v, i) => { if (Math.abs(v - x) < Math.abs(chart.data.x[best] - x)) best = i; });
      show(chart, best);
    });
    chart.svg.addEventListener("pointerleave", hide);
    chart.fig.addEventListener("blur", hide);
    chart.fig.addEventListener("keydown", (e) => {
      const leap = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[e.key];
      if (e.key === "Escape") return hide();
      if (e.target !== chart.fig || !(leap || e.key === "Home" || e.key === "End")) return;
      e.preventDefault();
      show(chart, e.key === "Home" ? 0 : e.key === "End" ? chart.data.x.length - 1 : at + leap);
    });
  }

  // The table of requests can be sorted and filtered.
  const table = document.getElementById("request-table");
  if (!table) return;
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const key = (row, i) => row.cells[i].dataset.v === undefined ? row.cells[i].textContent : Number(row.cells[i].dataset.v);
  heads.forEach((th, i) => {
    if (i === heads.length - 1) return;
    const b = document.createElement("button");
    b.type = "button"; b.className = "sortable"; b.textContent = th.textContent; th.replaceChildren(b);
    b.addEventListener("click", () => {
      const down = th.getAttribute("aria-sort") !== "descending";
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, c) => { const x = key(a, i), y = key(c, i); return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); });
      body.replaceChildren(...rows);
    });
  });
  if (body.rows.length > 5) {
    const p = document.createElement("p"), input = document.createElement("input");
    p.className = "filter"; input.type = "search"; input.placeholder = "filter requests"; input.setAttribute("aria-label", "Filter requests");
    input.addEventListener("input", () => { for (const r of body.rows) r.hidden = !r.cells[0].textContent.toLowerCase().includes(input.value.toLowerCase()); });
    p.append(input); table.parentElement.before(p);
  }
})();
