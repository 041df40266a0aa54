(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  const data = JSON.parse(at("data").textContent);
  const KINDS = [["failed", "bad"], ["flaky", "mild"], ["passed", "good"], ["ignored", "dim"], ["cancelled", "mild"]];
  const [NAME, KIND, WORKER, BEGAN, TOOK, PLACE, REASON, BLOCK] = [0, 1, 2, 3, 4, 5, 6, 7];
  const span = (us) => us >= 1e8 ? (us / 1e6).toFixed(0) + " s" : us >= 1e6 ? (us / 1e6).toFixed(2) + " s"
    : us >= 1e3 ? (us / 1e3).toFixed(1) + " ms" : us + " µs";
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  at("began").textContent = new Date(data.began).toLocaleString();

  // Light or dark, beside what the system says.
  const root = document.documentElement, theme = at("theme");
  theme.hidden = false;
  theme.onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    draw();
  };

  for (const again of document.querySelectorAll(".again")) {
    const button = make("button", "copy"), code = again.firstElementChild;
    button.onclick = () => {
      const select = () => getSelection().selectAllChildren(code);
      if (navigator.clipboard) {
        navigator.clipboard.writeText(code.textContent).then(() => (button.textContent = "copied"), select);
      } else select();
    };
    again.append(button);
  }

  const open = (block) => {
    const found = at("f" + block);
    found.open = true;
    location.hash = "";
    location.hash = "f" + block;
  };

  // The list of all: only the rows that are in sight are on the page.
  const HEIGHT = 26, list = at("list"), height = at("height"), find = at("find");
  const off = new Set();
  let by = -1, down = false, shown = [];
  for (const [kind, [word, colour]] of KINDS.entries()) {
    const count = data.rows.filter((row) => row[KIND] === kind).length;
    if (!count) continue;
    const button = make("button", count + " " + word, colour);
    button.ariaPressed = "true";
    button.onclick = () => {
      const now = off.delete(kind) || (off.add(kind), false);
      button.ariaPressed = String(now);
      choose();
    };
    at("kinds").append(button, " ");
  }
  const choose = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = data.rows.filter((row) => {
      const name = row[NAME].toLowerCase();
      return !off.has(row[KIND]) && words.every((word) => name.includes(word));
    });
    if (by >= 0) {
      const less = (a, b) => a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : 0;
      shown.sort((a, b) => (down ? less(b, a) : less(a, b)));
    }
    at("count").textContent = shown.length === data.rows.length ? shown.length : shown.length + " of " + data.rows.length;
    height.style.height = shown.length * HEIGHT + "px";
    list.scrollTop = 0;
    scroll();
  };
  const scroll = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 5);
    const rows = shown.slice(first, first + Math.ceil(list.clientHeight / HEIGHT) + 10);
    height.replaceChildren(...rows.map((row, index) => {
      const [word, colour] = KINDS[row[KIND]], line = make("div", "", "row");
      line.style.top = (first + index) * HEIGHT + "px";
      const name = make(row[BLOCK] === undefined ? "span" : "a", row[NAME]);
      name.title = row[NAME] + "\n" + row[PLACE] + (row[REASON] ? "\n" + row[REASON] : "");
      if (row[BLOCK] !== undefined) {
        name.href = "#f" + row[BLOCK];
        name.onclick = (event) => (event.preventDefault(), open(row[BLOCK]));
      }
      const ran = row[WORKER] >= 0;
      line.append(make("span", word, colour), name, make("span", ran ? row[WORKER] : "", "dim"),
        make("span", ran ? span(row[BEGAN]) : "", "dim"), make("span", ran ? span(row[TOOK]) : ""));
      return line;
    }));
  };
  find.oninput = choose;
  list.onscroll = scroll;
  for (const button of document.querySelectorAll(".head button")) {
    button.onclick = () => {
      const now = Number(button.dataset.by);
      // Times begin with the longest, all else with the least.
      [by, down] = now === by ? [by, !down] : [now, now === TOOK];
      choose();
    };
  }
  at("all").hidden = false;
  choose();

  // The timeline: a row a worker.
  const LANE = 22, AXIS = 22, LEFT = 34, canvas = at("line"), tip = at("tip"), pen = canvas.getContext("2d");
  const lanes = Array.from({ length: data.workers }, () => []);
  data.rows.forEach((row, index) => row[WORKER] >= 0 && lanes[row[WORKER]]?.push([row[BEGAN], row[TOOK], index, row[KIND]]));
  for (const [index, worker, began, took] of data.others) lanes[worker]?.push([began, took, index, 0]);
  for (const lane of lanes) lane.sort((a, b) => a[0] - b[0]);
  const last = Math.max(1, ...lanes.map((lane) => lane.reduce((end, [from, took]) => Math.max(end, from + took), 0)));
  let from = 0, until = last, drag = null;
  const width = () => canvas.clientWidth - LEFT - 4;
  const draw = () => {
    const style = getComputedStyle(root), colour = (name) => style.getPropertyValue("--" + name);
    const fills = [colour("bad"), colour("mild"), colour("run"), colour("dim"), colour("mild")];
    const ratio = devicePixelRatio || 1, tall = lanes.length * LANE + AXIS, scale = width() / (until - from);
    canvas.style.height = tall + "px";
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = tall * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const step = [1, 2, 5].flatMap((n) => [...Array(10)].map((_, power) => n * 10 ** power)).sort((a, b) => a - b)
      .find((step) => step * scale > 80) || last;
    for (let tick = Math.ceil(from / step) * step; tick <= until; tick += step) {
      const x = LEFT + (tick - from) * scale;
      pen.fillStyle = colour("line");
      pen.fillRect(x, AXIS, 1, tall);
      pen.fillStyle = colour("dim");
      pen.fillText(span(tick), x + 3, AXIS / 2);
    }
    lanes.forEach((lane, worker) => {
      const y = AXIS + worker * LANE;
      pen.fillStyle = colour("dim");
      pen.fillText("#" + worker, 4, y + LANE / 2);
      let covered = -1, covering = -1;
      for (const [began, took, index, kind] of lane) {
        if (began + took < from || began > until) continue;
        const left = Math.max(LEFT, LEFT + (began - from) * scale);
        const right = Math.max(left + 1, Math.min(LEFT + width(), LEFT + (began + took - from) * scale));
        // Thousands in a pixel are drawn once, but for those that failed.
        if (right <= covered && kind >= covering) continue;
        pen.fillStyle = fills[kind];
        pen.fillRect(left, y + 3, Math.max(1, right - left - (right - left > 4 ? 1 : 0)), LANE - 6);
        [covered, covering] = [Math.floor(right), kind];
        if (right - left > 60) {
          pen.save();
          pen.beginPath();
          pen.rect(left, y, right - left - 4, LANE);
          pen.clip();
          pen.fillStyle = "#fff";
          pen.fillText(data.rows[index][NAME], left + 4, y + LANE / 2);
          pen.restore();
        }
      }
    });
    at("seen").textContent = span(Math.round(from)) + " to " + span(Math.round(until));
  };
  const zoom = (factor, centre) => {
    const middle = centre ?? (from + until) / 2, size = Math.min(last, Math.max(10, (until - from) * factor));
    from = Math.max(0, Math.min(last - size, middle - (middle - from) * size / (until - from)));
    until = from + size;
    draw();
  };
  const time = (event) => from + (event.offsetX - LEFT) / width() * (until - from);
  const under = (event) => {
    const lane = lanes[Math.floor((event.offsetY - AXIS) / LANE)], slack = (until - from) / width() * 2;
    if (!lane || event.offsetY < AXIS) return;
    const now = time(event), hits = lane.filter(([began, took]) => began - slack <= now && now <= began + took + slack);
    return hits.find(([, , , kind]) => kind < 2) || hits[0];
  };
  canvas.onwheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, time(event));
  };
  canvas.onpointerdown = (event) => {
    drag = [event.clientX, from, false];
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (drag) {
      const moved = (drag[0] - event.clientX) / width() * (until - from), size = until - from;
      drag[2] ||= Math.abs(drag[0] - event.clientX) > 3;
      from = Math.max(0, Math.min(last - size, drag[1] + moved));
      until = from + size;
      return draw();
    }
    const hit = under(event);
    tip.hidden = !hit;
    if (hit) {
      const row = data.rows[hit[2]];
      tip.replaceChildren(make("b", row[NAME]), make("div", KINDS[hit[3]][0] + " · " + span(hit[1]) + " · began after "
        + span(hit[0]) + (row[REASON] ? " · " + row[REASON] : "")));
      tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)) + "px";
      tip.style.top = event.clientY + 16 + "px";
    }
  };
  canvas.onpointerup = (event) => {
    const hit = !drag?.[2] && under(event);
    drag = null;
    if (hit) {
      find.value = data.rows[hit[2]][NAME];
      choose();
      at("all").scrollIntoView();
    }
  };
  canvas.onpointerleave = () => (tip.hidden = true);
  at("in").onclick = () => zoom(0.5);
  at("out").onclick = () => zoom(2);
  at("whole").onclick = () => zoom(Infinity);
  at("time").hidden = !lanes.some((lane) => lane.length);
  addEventListener("resize", () => (draw(), scroll()));
  draw();
})();
