// The page: draws what the worker computes. It holds no state of the network but what it shows.
"use strict";

const $ = (id) => document.getElementById(id);
const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const colours = ["#88419d", "#3b6fb6", "#2a9d8f", "#c9971c", "#d1495b"]; // of the layers
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

let lines = []; // what is drawn: points from 0 to 1
let label = null; // what it should be
let info, settling;
let learned = {};
let kept = 0;

// The worker.

const worker = new Worker("worker.js");
const waiting = new Map();
let asked = 0;

function ask(request) {
  return new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject });
    worker.postMessage({ id: asked, request });
  });
}

worker.onmessage = ({ data }) => {
  if (data.id) {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) reject(new Error(data.error));
    else resolve(data.answer);
  } else if (data.error) fail(data.error);
  else if (data.ready) start().catch((e) => fail(e.message));
  else if (data.starting) {
    $("progress").removeAttribute("value");
    $("loading-text").textContent = "Starting the network …";
  } else {
    if (data.total) $("progress").value = data.loaded / data.total;
    $("loading-text").textContent = `Loading the network … ${(data.loaded / 1e6).toFixed(1)}${data.total ? ` of ${(data.total / 1e6).toFixed(1)}` : ""} MB`;
  }
};
worker.onerror = (e) => fail(e.message || "the worker cannot run here");

function fail(message) {
  $("loading").hidden = false;
  $("progress").hidden = true;
  $("loading-text").className = "failed";
  $("loading-text").textContent = `This did not work: ${message}. It needs a browser of 2023 or later.`;
}

/** Run the last of several requests only, for events that come faster than answers. */
function latest(work) {
  let running = false, again = false;
  return async function go() {
    if (running) { again = true; return; }
    running = true;
    do {
      again = false;
      try { await work(); } catch (e) { fail(e.message); }
    } while (again);
    running = false;
  };
}

// Small things.

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}
const largest = (v) => v.indexOf(Math.max(...v));
const last = (v) => v[v.length - 1];
const short = (x) => (Math.abs(x) < 0.00095 ? x.toExponential(0) : Math.abs(x) < 0.0995 ? x.toFixed(3) : x.toFixed(2));
const percent = (x, places = 0) => `${(100 * x).toFixed(places)} %`;

/** Size a canvas to its box in device pixels and return its context in CSS pixels. */
function context(canvas) {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(box.width * ratio)), h = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, box.width, box.height);
  return { c, w: box.width, h: box.height };
}

function chips(into, name, choose) {
  const all = digits.map((k) => {
    const b = element("button", "digit", String(k));
    b.type = "button";
    b.setAttribute("aria-label", `${name} ${k}`);
    b.onclick = () => choose(k);
    into.append(b);
    return b;
  });
  return (k) => all.forEach((b, i) => b.setAttribute("aria-pressed", String(i === k)));
}

/** Fill bars of the ten outputs; marks are where they were before. */
function bars(into, values, { marks, wanted } = {}) {
  if (!into.children.length) {
    for (const k of digits) {
      const row = element("div", "bar");
      const track = element("div", "track");
      track.append(element("i"), element("em"));
      row.append(element("b", "", String(k)), track, element("span"));
      into.append(row);
    }
    into.setAttribute("role", "img");
  }
  const low = -0.3, high = 1.3, place = (x) => (100 * (Math.min(high, Math.max(low, x)) - low)) / (high - low);
  const best = largest(values);
  digits.forEach((k) => {
    const row = into.children[k], [bar, mark] = row.children[1].children;
    const a = place(0), b = place(values[k]);
    bar.style.left = `${Math.min(a, b)}%`;
    bar.style.width = `${Math.max(0.4, Math.abs(b - a))}%`;
    mark.hidden = !marks;
    if (marks) mark.style.left = `calc(${place(marks[k])}% - 1px)`;
    row.className = `bar${k === best ? " best" : ""}${k === wanted ? " wanted" : ""}`;
    row.children[2].textContent = values[k].toFixed(2).replace("-", "−").replace("−0.00", "0.00");
  });
  into.setAttribute("aria-label", `Outputs for 0 to 9: ${values.map((v) => v.toFixed(2)).join(", ")}`);
}

// 1. Drawing.

const pad = $("pad");

function paint() {
  const { c, w } = context(pad);
  c.strokeStyle = "#fff";
  c.lineWidth = w * 0.07;
  c.lineCap = c.lineJoin = "round";
  for (const line of lines) {
    c.beginPath();
    line.forEach(([x, y], i) => (i ? c.lineTo(x * w, y * w) : c.moveTo(x * w, y * w)));
    if (line.length === 1) c.lineTo(line[0][0] * w, line[0][1] * w);
    c.stroke();
  }
  $("hint").hidden = lines.length > 0;
}

function place(event) {
  const box = pad.getBoundingClientRect();
  const at = (x, from, size) => Math.round(1e4 * Math.min(1, Math.max(0, (x - from) / size))) / 1e4;
  return [at(event.clientX, box.left, box.width), at(event.clientY, box.top, box.height)];
}

let pen = null;
pad.addEventListener("pointerdown", (e) => {
  if (pen !== null || (e.button && e.button !== 0)) return;
  pen = e.pointerId;
  try { pad.setPointerCapture(pen); } catch { /* of a test */ }
  lines.push([place(e)]);
  changed();
  e.preventDefault();
});
pad.addEventListener("pointermove", (e) => {
  if (e.pointerId !== pen) return;
  const line = last(lines), p = place(e), [x, y] = last(line);
  if (Math.hypot(p[0] - x, p[1] - y) < 0.008) return;
  line.push(p);
  changed();
});
for (const name of ["pointerup", "pointercancel"]) {
  pad.addEventListener(name, (e) => {
    if (e.pointerId !== pen) return;
    pen = null;
    settle();
  });
}
pad.addEventListener("keydown", (e) => {
  if (/^[0-9]$/.test(e.key)) example(Number(e.key));
});

$("clear").onclick = () => { lines = []; changed(); };

async function example(k) {
  lines = await ask({ ask: "example", label: k });
  changed();
  settle();
}

function changed() { paint(); answer(); }

const answer = latest(async () => {
  const drawn = lines;
  if (!drawn.length) {
    bars($("answer"), digits.map(() => 0));
    $("says").textContent = "";
    see(new Array(28 * 28).fill(0));
    return;
  }
  const { picture, answer } = await ask({ ask: "answer", lines: drawn });
  see(picture);
  bars($("answer"), answer);
  const sorted = [...answer].sort((a, b) => b - a);
  $("says").textContent = `${sorted[0] - sorted[1] < 0.3 ? "perhaps" : ""} ${largest(answer)}`;
});

function see(picture) {
  const c = $("seen").getContext("2d"), image = c.createImageData(28, 28);
  picture.forEach((v, i) => image.data.set([v * 255, v * 255, v * 255, 255], 4 * i));
  c.putImageData(image, 0, 0);
}

// 2. Settling.

let pressLabel;

function chooseLabel(k) {
  label = k;
  pressLabel(k);
  settle();
}

const settle = latest(async () => {
  if (!lines.length || label === null) return;
  settling = await ask({ ask: "settle", lines, label });
  const said = largest(settling.answer);
  $("story").textContent = said === label
    ? `The network already says ${said}; what is left of the error is small, and so is what there is to learn. Say that it is another digit to see more.`
    : `It said ${said}. Now its output is held at ${label}, and the activity in between settles to agree with both what it sees and what it should say.`;
  $("time").max = settling.energy.length - 1;
  $("time").value = 0;
  show();
  if (still) { $("time").value = $("time").max; show(); } else play(true);
  await learn();
});

function show() {
  if (!settling) return;
  const step = Number($("time").value);
  drawEnergy(step);
  drawLayers(step);
  $("step").textContent = `step ${step} of ${settling.energy.length - 1}`;
}

const names = (node) => (node === "y" ? "output" : `layer ${node.slice(1)}`);

function drawEnergy(step) {
  const { c, w, h } = context($("energy"));
  const left = 44, right = 62, top = 10, bottom = 34;
  const n = settling.energy.length - 1;
  const high = Math.max(...settling.energy) * 1.3, low = high * 1e-5;
  const x = (t) => left + ((w - left - right) * t) / n;
  const y = (e) => top + (h - top - bottom) * (1 - Math.log(Math.max(low, e) / low) / Math.log(high / low));
  c.font = "12px system-ui, sans-serif";
  c.textBaseline = "middle";
  for (let p = Math.ceil(Math.log10(low)); 10 ** p <= high; p++) {
    c.strokeStyle = "#e6eaf0";
    c.beginPath(); c.moveTo(left, y(10 ** p)); c.lineTo(w - right, y(10 ** p)); c.stroke();
    c.fillStyle = "#5b6675";
    c.textAlign = "right";
    c.fillText(p >= -3 ? String(10 ** p) : `10⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[-p]}`, left - 6, y(10 ** p));
  }
  c.textAlign = "center";
  c.textBaseline = "alphabetic";
  for (const t of [0, 50, 100, 150].filter((t) => t <= n)) c.fillText(String(t), x(t), h - bottom + 16);
  c.fillText("step", (left + w - right) / 2, h - 3);
  const curves = settling.layers.map((l, i) => ({ name: names(l.name), values: l.energy, colour: colours[i], width: 2 }));
  curves.push({ name: "sum", values: settling.energy, colour: "#1c2430", width: 3 });
  c.save();
  c.beginPath(); c.rect(left, 0, w - left - right, h - bottom + 1); c.clip();
  for (const curve of curves) {
    for (const [from, to, alpha] of [[0, step, 1], [step, n, 0.22]]) {
      c.strokeStyle = curve.colour;
      c.globalAlpha = alpha;
      c.lineWidth = curve.width;
      c.beginPath();
      for (let t = from; t <= to; t++) c[t === from ? "moveTo" : "lineTo"](x(t), y(curve.values[t]));
      c.stroke();
    }
  }
  c.restore();
  c.strokeStyle = "#1c2430";
  c.lineWidth = 1;
  c.beginPath(); c.moveTo(x(step), top); c.lineTo(x(step), h - bottom); c.stroke();
  // Direct labels at the ends, moved apart.
  const ends = curves.map((v) => ({ ...v, at: y(last(v.values)) })).sort((a, b) => a.at - b.at);
  for (let i = 1; i < ends.length; i++) ends[i].at = Math.max(ends[i].at, ends[i - 1].at + 14);
  const over = last(ends).at - (h - bottom);
  if (over > 0) {
    last(ends).at -= over;
    for (let i = ends.length - 2; i >= 0; i--) ends[i].at = Math.min(ends[i].at, ends[i + 1].at - 14);
  }
  c.textAlign = "left";
  c.textBaseline = "middle";
  for (const e of ends) {
    c.fillStyle = e.colour;
    c.font = `${e.width > 2 ? 600 : 400} 13px system-ui, sans-serif`;
    c.fillText(e.name, w - right + 8, e.at);
  }
  $("energy").setAttribute("aria-label", `Energy of each layer over the steps: the sum falls from ${short(settling.energy[0])} to ${short(last(settling.energy))}`);
}

/** Blue below, white at, red above 0; from −1 to 1. */
function diverging(v) {
  const t = Math.max(-1, Math.min(1, v)), end = t < 0 ? [33, 102, 172] : [214, 96, 77], a = Math.abs(t) ** 0.7;
  return end.map((e) => Math.round(247 + (e - 247) * a));
}

function drawLayers(step) {
  const free = settling.layers.filter((l) => l.activity);
  const into = $("layers");
  while (into.children.length > free.length) into.lastChild.remove();
  while (into.children.length < free.length) {
    const row = element("div", "layer"), canvas = element("canvas");
    canvas.setAttribute("role", "img");
    row.append(element("span"), canvas);
    into.append(row);
  }
  free.forEach((layer, i) => {
    const row = into.children[free.length - 1 - i]; // the output is above
    row.children[0].textContent = names(layer.name);
    row.children[0].style.color = colours[settling.layers.indexOf(layer)];
    const first = layer.activity[0], units = first.length, n = layer.activity.length;
    const most = Math.max(1e-9, ...layer.activity.map((a) => Math.max(...a.map((v, k) => Math.abs(v - first[k])))));
    const picture = document.createElement("canvas");
    picture.width = n;
    picture.height = units;
    const c = picture.getContext("2d"), image = c.createImageData(n, units);
    layer.activity.forEach((a, t) => a.forEach((v, k) => {
      image.data.set([...diverging((v - first[k]) / most), t <= step ? 255 : 70], 4 * (k * n + t));
    }));
    c.putImageData(image, 0, 0);
    const out = context(row.children[1]);
    out.c.imageSmoothingEnabled = false;
    out.c.drawImage(picture, 0, 0, out.w, out.h);
    out.c.fillStyle = "#1c2430";
    out.c.fillRect(((step + 0.5) / n) * out.w, 0, 1, out.h);
    row.children[1].setAttribute("aria-label", `${names(layer.name)}: ${units} units over ${n - 1} steps; the largest change is ${short(most)}`);
  });
}

let timer = 0;

function play(from) {
  cancelAnimationFrame(timer);
  const time = $("time"), max = Number(time.max);
  if (from || Number(time.value) >= max) time.value = 0;
  $("play").textContent = "Pause";
  const began = performance.now(), first = Number(time.value), length = 4500;
  const tick = (now) => {
    // Slow at first, when most happens.
    const share = Math.min(1, Math.max(0, (now - began) / length));
    time.value = Math.min(max, Math.round(first + (max - first) * share ** 2));
    show();
    if (share < 1) timer = requestAnimationFrame(tick);
    else pause();
  };
  timer = requestAnimationFrame(tick);
}

function pause() {
  cancelAnimationFrame(timer);
  timer = 0;
  $("play").textContent = "Play";
}

$("play").onclick = () => (timer ? pause() : play(false));
$("time").oninput = () => { pause(); show(); };

// 3. Learning.

const share = () => Number($("share").value) / 100;
const learn = latest(async () => {
  $("share-text").textContent = percent(share());
  if (!lines.length || label === null) return;
  const request = { ask: "learn", lines, label, share: 1 - share() };
  const [pc, bp] = await Promise.all(["pc", "bp"].map((rule) => ask({ ...request, rule })));
  learned = { pc, bp };
  const most = Math.max(...pc.moved_by, ...bp.moved_by);
  tell($("pc"), pc, most);
  tell($("bp"), bp, most);
  verdict(pc, bp);
});

function tell(into, l, most) {
  let [, out, list, side] = into.children;
  if (!out) {
    out = element("div", "bars");
    list = element("dl");
    side = element("div", "side");
    into.append(out, list, side);
  }
  bars(out, l.after, { marks: l.before, wanted: label });
  list.replaceChildren();
  for (const [term, value] of [
    ["Error on this digit", `${short(l.error_before)} → ${short(l.error_after)}`],
    ["Alignment with the target (1 is straight)", l.straight.toFixed(2)],
    ["Change of the other digits' outputs", short(l.moved)],
    ["Others recognised", `${percent(l.right_before, 1)} → ${percent(l.right_after, 1)}`],
  ]) list.append(element("dt", "", term), element("dd", "", value));
  const columns = element("div", "columns");
  columns.setAttribute("role", "img");
  columns.setAttribute("aria-label", `Change of the others' outputs, for 0 to 9: ${l.moved_by.map(short).join(", ")}`);
  l.moved_by.forEach((v, k) => {
    const cell = element("div"), bar = element("i");
    bar.style.height = `${(100 * v) / most}%`;
    cell.append(bar, element("span", "", String(k)));
    columns.append(cell);
  });
  side.replaceChildren(element("h4", "", "That change, by what the others are"), columns);
}

function verdict(pc, bp) {
  const into = $("verdict");
  into.replaceChildren();
  const short = [pc, bp].some((l) => !l.reached);
  if (short) {
    const who = !pc.reached && !bp.reached ? "Neither rule" : pc.reached ? "Backpropagation" : "Prospective configuration";
    const fell = (l) => percent(1 - l.error_after / l.error_before);
    into.append(`${who} can${who === "Neither rule" ? "" : "not"} go that far in one update: at its best the error falls by `,
      element("b", "", [pc, bp].filter((l) => !l.reached).map(fell).join(" and ")), ". ");
  }
  const less = 1 - pc.moved / bp.moved;
  const much = element("b", "", Math.abs(less) < 0.01 ? "as far" : `${percent(Math.abs(less))} ${less > 0 ? "less" : "further"}`);
  into.append("With prospective configuration the other digits' outputs moved ", much,
    Math.abs(less) < 0.01 ? " as with backpropagation." : " than with backpropagation.");
  if (!short && less > 0.01 && pc.straight - bp.straight > 0.02) into.append(" Its output goes straighter to what was asked for, and disturbs less on the way.");
}

async function keep(rule) {
  if (!lines.length || label === null) return;
  await ask({ ask: "learn", lines, label, share: 1 - share(), rule, keep: true });
  kept++;
  $("reset").disabled = false;
  $("kept").textContent = `The network has learned ${kept === 1 ? "once" : `${kept} times`}.`;
  answer();
  settle();
}
$("keep-pc").onclick = () => keep("pc");
$("keep-bp").onclick = () => keep("bp");
$("reset").onclick = async () => {
  await ask({ ask: "reset" });
  kept = 0;
  $("reset").disabled = true;
  $("kept").textContent = "The network is as it was.";
  answer();
  settle();
};
$("share").oninput = learn;
new ResizeObserver(() => { paint(); show(); }).observe(document.body);

// The start.

async function start() {
  info = await ask({ ask: "info" });
  $("shape").textContent = `${info.sizes.join("–")} units, ${info.weights.toLocaleString("en")} weights`;
  $("others").textContent = info.others;
  chips($("examples"), "Draw an example of", example);
  pressLabel = chips($("labels"), "This is a", chooseLabel);
  $("loading").hidden = true;
  $("main").hidden = false;
  if (new URLSearchParams(location.search).has("test")) return test();
  lines = await ask({ ask: "example", label: 7 });
  label = 1;
  pressLabel(label);
  changed();
  settle();
}

// With ?test the page draws, asks and learns as a visitor does, and sends what it found back.

async function test() {
  const lines4 = await ask({ ask: "example", label: 4 });
  const box = pad.getBoundingClientRect();
  for (const line of lines4) {
    line.forEach(([x, y], i) => {
      const at = { pointerId: 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true };
      pad.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", at));
    });
    pad.dispatchEvent(new PointerEvent("pointerup", { pointerId: 1, bubbles: true }));
  }
  document.querySelectorAll("#labels button")[9].click();
  const until = async (holds) => {
    while (!holds()) await new Promise((done) => setTimeout(done, 20));
  };
  await until(() => learned.bp && settling);
  const found = {
    lines, label, info, settle: settling, pc: learned.pc, bp: learned.bp,
    answer: (await ask({ ask: "answer", lines })).answer,
    says: $("says").textContent.trim(), verdict: $("verdict").textContent, story: $("story").textContent,
    hosts: performance.getEntriesByType("resource").map((r) => new URL(r.name).host),
    wide: document.documentElement.scrollWidth - innerWidth,
    unlabelled: [...document.querySelectorAll("button, input, canvas")].filter(
      (e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length)).map((e) => e.id || e.outerHTML),
  };
  $("keep-pc").click();
  await until(() => kept === 1);
  found.kept = (await ask({ ask: "answer", lines })).answer;
  $("reset").click();
  await until(() => kept === 0);
  found.reset = (await ask({ ask: "answer", lines })).answer;
  found.error = $("loading-text").className === "failed" ? $("loading-text").textContent : "";
  await fetch("result", { method: "POST", body: JSON.stringify(found) });
}
