// A figure from the server becomes a plot: slots become colours, a click becomes a filter, a drag becomes a span of time.
"use strict";
(() => {
  const plotlyUrl = document.currentScript.dataset.plotly;
  const probe = Object.assign(document.createElement("i"), { hidden: true });
  let loading;

  // light-dark() resolves only on a real property, so a hidden element is asked.
  function token(name) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  }

  function faded(colour, alpha) {
    const [r, g, b] = colour.match(/[\d.]+/g);
    return `rgba(${r},${g},${b},${alpha})`;
  }

  function plotly() {
    loading ??= new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: plotlyUrl });
      script.addEventListener("load", () => resolve(window.Plotly));
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return loading;
  }

  // `meta.slot` is a colour of tokens.css, `meta.open` lists the unfinished points, `meta.faint` is the comparison, `meta.light` goes beside another.
  function painted(trace) {
    const { slot = 0, open = [], faint = false, light = false, name: named } = trace.meta ?? {};
    const colour = token(named ?? `c${slot}`);
    if (trace.type === "bar") {
      const shape = trace.x.map((_, index) => (open.includes(index) ? "/" : ""));
      const marker = { color: colour, line: { width: 0 }, pattern: { shape, solidity: 0.45, size: 6, fgcolor: token("surface"), fillmode: "overlay" } };
      return { ...trace, marker: { ...marker, ...trace.marker } };
    }
    const line = { color: faint || light ? faded(colour, 0.55) : colour, width: 2, shape: "linear", ...trace.line };
    return { ...trace, line, marker: { color: line.color, size: 5, ...trace.marker } };
  }

  function house(layout, narrow, low) {
    const text = token("text-2");
    const places = layout.xaxis?.tickvals;
    const sparse = narrow && places?.length > 4 ? { tickvals: places.filter((_, at) => at % 2 === 0), ticktext: layout.xaxis.ticktext.filter((_, at) => at % 2 === 0) } : {};
    const axis = { color: text, zeroline: false, automargin: true, tickfont: { size: 12 } };
    return {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: text },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 56, r: 8, t: 8, b: 32 }, showlegend: false, hovermode: "x unified", dragmode: "zoom", bargap: 0.25,
      hoverlabel: { bgcolor: token("surface"), bordercolor: token("line-strong"), font: { color: token("text"), size: 12 } },
      ...layout,
      xaxis: { ...axis, showgrid: false, nticks: narrow ? 4 : 9, tickangle: 0, ...layout.xaxis, ...sparse },
      yaxis: { ...axis, gridcolor: token("line"), nticks: low ? 3 : 5, fixedrange: true, ...layout.yaxis },
      shapes: (layout.shapes ?? []).map((shape) => {
        const slot = /^slot-(\d)$/.exec(shape.name ?? "")?.[1];
        return { ...shape, line: { ...shape.line, color: token(slot ? `c${slot}` : "line-strong") } };
      }),
    };
  }

  function follow(url) { if (url) location.assign(url); }

  // A unified hover tells of every series at that place; the pointer's height says which one was meant.
  function meant(box, event) {
    const axis = box._fullLayout.yaxis;
    const y = axis.p2d(event.event.clientY - box.getBoundingClientRect().top - axis._offset);
    let top = 0;
    const bars = event.points.filter((point) => point.data.type === "bar" && point.y > 0).sort((a, b) => a.curveNumber - b.curveNumber);
    for (const point of bars) if (y <= (top += point.y)) return point;
    return bars.at(-1) ?? event.points.reduce((best, point) => (Math.abs(point.y - y) < Math.abs(best.y - y) ? point : best));
  }

  function gestures(box, figure) {
    box.on("plotly_click", (event) => {
      const point = meant(box, event);
      const link = point.data.meta?.link, times = figure.layout.meta?.times?.[point.pointIndex];
      if (link) follow(times ? `${link}${link.includes("?") ? "&" : "?"}${times}` : link);
    });
    box.on("plotly_relayout", (change) => {
      const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
      const zoom = figure.layout.meta?.zoom;
      if (from === undefined || to === undefined || !zoom) return;
      // Whole buckets: nobody means 00:43 when she drags across two days.
      const starts = figure.data[0]?.x ?? [], times = figure.layout.meta.times ?? [];
      const at = (moment) => Math.max(0, starts.findLastIndex((start) => start <= String(moment)));
      if (!times.length) return;
      const url = new URL(zoom, location.href);
      url.searchParams.delete("period");
      url.searchParams.set("from", new URLSearchParams(times[at(from)]).get("from"));
      url.searchParams.set("to", new URLSearchParams(times[at(to)]).get("to"));
      follow(url.href);
    });
  }

  async function draw(box) {
    const source = document.getElementById(box.dataset.chart);
    if (!source) return;
    const figure = JSON.parse(source.textContent);
    const Plotly = await plotly();
    if (!box.isConnected) return;
    const narrow = box.clientWidth < 480;
    const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false };
    const fresh = !box.classList.contains("js-plotly-plot");
    await Plotly.react(box, figure.data.map(painted), house(figure.layout, narrow, box.clientHeight < 160), config);
    if (fresh) gestures(box, figure);
    box.dataset.drawn = "yes";
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target).catch(() => { entry.target.textContent = "The chart could not be drawn here. Its numbers are under “as table”."; });
    }
  }, { rootMargin: "200px" });

  function watch(root) { for (const box of root.querySelectorAll("[data-chart]:not([data-drawn])")) near.observe(box); }

  document.addEventListener("DOMContentLoaded", () => watch(document));
  document.addEventListener("htmx:afterSettle", () => watch(document));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.matches?.("[data-drawn]")) window.Plotly?.purge(event.target);
  });
  document.addEventListener("themechange", () => { for (const box of document.querySelectorAll("[data-drawn]")) draw(box); });
})();
