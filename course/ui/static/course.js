// The browser's half of every control: native elements, so that a keyboard and a
// screen reader work without help. JupyterLab serves this file once; each widget's
// own script only loads it (see course/ui/widgets.py).
//
// A redraw never replaces an element that may hold focus: it is updated in place.

const STATIC = new URL(".", import.meta.url);

const make = (tag, props = {}, ...kids) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...kids.filter((kid) => kid !== null && kid !== undefined));
  return node;
};

let counter = 0;
const fresh = (stem) => `wb-${stem.replace(/[^a-z0-9]/gi, "-")}-${++counter}`;

if (!document.querySelector("link[data-wb]")) {
  document.head.append(make("link", { rel: "stylesheet", "data-wb": true,
    href: new URL("course.css" + new URL(import.meta.url).search, STATIC).href }));
}

// Lab reads keys as commands while a radio or slider has focus: x cuts a cell, an arrow
// folds a section away. This attribute is Lumino's own way of saying "these keys are not
// for you"; it works only on the very element that has the focus, not on one around it.
const own = (el) => {
  el.classList.add("wb");
  el.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
};

// A part that goes while it holds the focus leaves a screen reader nowhere: the next part
// drawn takes the focus over.
let lastFocus = null, orphaned = 0;
document.addEventListener("focusin", (event) => { lastFocus = event.target; });
const leaving = (el) => { if (el.contains(lastFocus)) orphaned = Date.now(); };
const adopt = (node, tries = 60) => {
  if (Date.now() - orphaned > 2000 || document.activeElement !== document.body) return;
  // A widget is drawn before it is put on the page.
  if (!node.isConnected) { if (tries) requestAnimationFrame(() => adopt(node, tries - 1)); return; }
  orphaned = 0;
  node.tabIndex = -1;
  node.focus();
};

// ---- words the fellow typed, kept in this tab until the kernel says "saved" --------
const draft = {
  name: (key) => `ward-to-board:${location.pathname}:${key}`,
  get(key) { try { return JSON.parse(sessionStorage.getItem(this.name(key))); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(this.name(key), JSON.stringify(value)); } catch { /* full or refused */ } },
  drop(key) { try { sessionStorage.removeItem(this.name(key)); } catch { /* refused */ } },
};

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

// ---- fields ------------------------------------------------------------------------
// Each returns { node, get(), set(value), enable(bool), error(words) }; get() gives null
// for "not answered".

const heading = (field, tag, id, forId) => make(tag, { class: "wb-question", id, for: forId },
  field.label);

const hintOf = (field, id) => field.hint ? make("p", { class: "wb-hint", id, text: field.hint }) : null;

function errorOf() {
  const node = make("p", { class: "wb-error", id: fresh("error") });
  node.hidden = true;
  return { node, show(words) {
    node.hidden = !words;
    node.replaceChildren();
    if (words) node.append(make("span", { class: "wb-sr", text: "Problem: " }), words);
  } };
}

function describe(input, ...nodes) {
  const ids = nodes.filter(Boolean).map((node) => node.id).join(" ");
  if (ids) input.setAttribute("aria-describedby", ids);
}

function choice(field, change) {
  const name = fresh(field.id), hint = hintOf(field, fresh("hint")), error = errorOf();
  const inputs = [];
  const rows = field.options.map((option) => {
    const id = fresh("option");
    const input = make("input", { type: "radio", name, id, value: option.id,
      onchange: () => change(field.id) });
    inputs.push(input);
    const note = option.hint ? make("span", { class: "wb-option-hint", id: fresh("oh"), text: option.hint }) : null;
    if (note) input.setAttribute("aria-describedby", note.id);
    return make("div", { class: "wb-option" }, input,
      make("label", { for: id }, option.text), note);
  });
  const node = make("fieldset", { class: `wb-field${field.inline ? " wb-inline" : ""}` },
    heading(field, "legend"), hint, error.node, make("div", { class: "wb-options" }, ...rows));
  describe(node, hint, error.node);
  return {
    node,
    get: () => inputs.find((input) => input.checked)?.value ?? null,
    set: (value) => inputs.forEach((input) => { input.checked = input.value === value; }),
    enable: (yes) => inputs.forEach((input) => { input.disabled = !yes; }),
    error: (words) => error.show(words),
    focus: () => inputs[0]?.focus(),
  };
}

function number(field, change) {
  const id = fresh(field.id), hint = hintOf(field, fresh("hint")), error = errorOf();
  const input = make("input", { id, class: "wb-number", type: "text", inputmode: "decimal",
    autocomplete: "off", oninput: () => change(field.id) });
  describe(input, hint, error.node);
  const node = make("div", { class: "wb-field" }, heading(field, "label", null, id), hint,
    error.node, make("div", { class: "wb-with-unit" }, input,
      field.unit ? make("span", { class: "wb-unit", text: field.unit }) : null));
  return {
    node,
    // What cannot be read as a number goes to Python as typed: it says what was found.
    // A comma counts only before three figures: "12,5" is not a hundred and twenty-five.
    get: () => {
      const typed = input.value.trim().replace("\u2212", "-").replace(/,(?=\d{3}(?!\d))/g, "");
      if (typed === "") return null;
      return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(typed) ? Number(typed) : input.value.trim().slice(0, 60);
    },
    set: (value) => { input.value = value ?? ""; },
    enable: (yes) => { input.disabled = !yes; },
    error: (words) => { error.show(words); input.setAttribute("aria-invalid", String(!!words)); },
    focus: () => input.focus(),
  };
}

function slider(field, change) {
  const id = fresh(field.id), hint = hintOf(field, fresh("hint")), error = errorOf();
  const words = (value) => field.percent ? `${Math.round(value * 100)}%`
    : `${value}${field.unit ? " " + field.unit : ""}`;
  const shown = make("output", { class: "wb-value", for: id });
  const input = make("input", { id, type: "range", min: field.min, max: field.max, step: field.step,
    oninput: () => { show(); change(field.id); } });
  const show = () => {
    shown.textContent = words(input.value);
    input.setAttribute("aria-valuetext", words(input.value));
  };
  describe(input, hint);
  const node = make("div", { class: "wb-field wb-slider" },
    make("div", { class: "wb-slider-head" }, heading(field, "label", null, id), shown), hint,
    error.node, input,
    field.ends ? make("div", { class: "wb-ends", "aria-hidden": "true" },
      make("span", { text: field.ends[0] }), make("span", { text: field.ends[1] })) : null);
  return {
    node,
    get: () => Number(input.value),
    set: (value) => { input.value = value ?? field.start; show(); },
    enable: (yes) => { input.disabled = !yes; },
    error: (text) => error.show(text),
    focus: () => input.focus(),
  };
}

function ranking(field, change) {
  const hint = hintOf(field, fresh("hint")), error = errorOf();
  const list = make("ol", { class: "wb-ranking" });
  const told = make("p", { class: "wb-sr", role: "status" });
  let order = field.options.map((option) => option.id), touched = false, on = true;
  const rows = new Map(field.options.map((option) => {
    const up = make("button", { type: "button", class: "wb-small", onclick: () => move(option, -1) },
      "Move up", make("span", { class: "wb-sr", text: ` ${option.text}` }));
    const down = make("button", { type: "button", class: "wb-small", onclick: () => move(option, 1) },
      "Move down", make("span", { class: "wb-sr", text: ` ${option.text}` }));
    return [option.id, { item: make("li", {}, make("span", { text: option.text }),
      make("span", { class: "wb-moves" }, up, down)), up, down }];
  }));
  const draw = () => {
    order.forEach((id, place) => {
      const row = rows.get(id);
      if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null);
      row.up.disabled = !on || place === 0;
      row.down.disabled = !on || place === order.length - 1;
    });
  };
  const move = (option, by) => {
    const from = order.indexOf(option.id), to = from + by;
    if (to < 0 || to >= order.length) return;
    order.splice(to, 0, order.splice(from, 1)[0]);
    touched = true;
    draw();
    const row = rows.get(option.id), wanted = by < 0 ? row.up : row.down;
    (wanted.disabled ? (by < 0 ? row.down : row.up) : wanted).focus();
    told.textContent = `${option.text}: now ${to + 1} of ${order.length}.`;
    change(field.id);
  };
  draw();
  const node = make("fieldset", { class: "wb-field" }, heading(field, "legend"), hint, error.node, list, told);
  describe(node, hint, error.node);
  return {
    node,
    get: () => (touched ? [...order] : null),
    set: (value) => { if (Array.isArray(value)) { order = [...value]; touched = true; draw(); } },
    enable: (yes) => { on = yes; draw(); },
    // The order shown may be the fellow's own: saying so is one press, not a move and back.
    error: (words) => { error.show(words); if (words) touched = true; },
    focus: () => node.querySelector("button:not(:disabled)")?.focus(),
  };
}

const reminder = () => make("p", { class: "wb-privacy", id: fresh("privacy"),
  text: "Write about people so that nobody could tell who they are: no names, dates of birth, "
    + "NHS or hospital numbers, addresses, or a ward with a date." });

function text(field, change) {
  const id = fresh(field.id), hint = hintOf(field, fresh("hint")), error = errorOf();
  const privacy = field.part ? null : reminder();
  const found = make("p", { class: "wb-warning", role: "status" });
  found.hidden = true;
  const count = make("p", { class: "wb-count" });
  const area = make("textarea", { id, rows: field.long ? 12 : field.part ? 2 : 3, maxlength: field.max,
    spellcheck: "true", oninput: () => { tell(); change(field.id); },
    onblur: () => change(field.id, true) });
  const tell = () => {
    const words = (area.value.match(/\S+/g) ?? []).length, left = field.max - area.value.length;
    count.textContent = left < 500
      ? `${words} words. ${left} characters left of ${field.max}.`
      : `${words} ${words === 1 ? "word" : "words"}`;
  };
  describe(area, hint, privacy, error.node);
  tell();
  return {
    node: make("div", { class: "wb-field" }, heading(field, "label", null, id), hint, privacy,
      error.node, area, count, found),
    get: () => (area.value === "" ? null : area.value),
    set: (value) => { if (area.value !== (value ?? "")) { area.value = value ?? ""; tell(); } },
    enable: (yes) => { area.readOnly = !yes; },
    error: (words) => error.show(words),
    warn: (words) => { found.hidden = !words; found.textContent = words; },
    focus: () => area.focus(),
  };
}

// One short box for each row; the reminder stands once, above them.
function sentences(field, change) {
  const error = errorOf(), hint = hintOf(field, fresh("hint"));
  const boxes = new Map(field.rows.map((row) => [row.id, text({ id: row.id, label: row.label, part: true,
    max: field.max, long: false }, (_id, now) => change(field.id, now))]));
  const node = make("div", { class: "wb-field", role: "group", "aria-label": field.label },
    heading(field, "p"), hint, reminder(), error.node, ...[...boxes.values()].map((box) => box.node));
  const first = boxes.values().next().value;
  return {
    node,
    get: () => {
      const written = [...boxes].map(([id, box]) => [id, box.get()]).filter(([, value]) => value !== null);
      return written.length ? Object.fromEntries(written) : null;
    },
    set: (value) => { for (const [id, box] of boxes) box.set(value?.[id] ?? null); },
    enable: (yes) => { for (const box of boxes.values()) box.enable(yes); },
    error: (words) => error.show(words),
    warn: (words) => [...boxes.values()].at(-1).warn(words),
    focus: () => first.focus(),
  };
}

function ratings(field, change) {
  const error = errorOf(), hint = hintOf(field, fresh("hint"));
  const groups = new Map();
  const node = make("div", { class: "wb-field", role: "group", "aria-label": field.label },
    heading(field, "p"), hint, error.node);
  let part = null;
  for (const row of field.rows) {
    if (row.part !== part) { part = row.part; node.append(make("h3", { class: "wb-part", text: part })); }
    const one = choice({ id: row.id, label: row.label, hint: row.hint, options: field.levels,
      inline: true }, () => change(field.id));
    groups.set(row.id, one);
    node.append(one.node);
  }
  return {
    node,
    get: () => {
      const rated = [...groups].map(([id, one]) => [id, one.get()]).filter(([, value]) => value !== null);
      return rated.length ? Object.fromEntries(rated) : null;
    },
    set: (value) => { for (const [id, one] of groups) one.set(value?.[id] ?? null); },
    enable: (yes) => { for (const one of groups.values()) one.enable(yes); },
    error: (words) => error.show(words),
    focus: () => groups.values().next().value?.focus(),
  };
}

const FIELDS = { choice, number, slider, ranking, text, sentences, ratings };

// ---- a form: fields, one button, one status line -------------------------------------
// mode "commit": nothing is sent before the button. "live": every change is sent, the
// newest only. "autosave": sent after a pause, on leaving the box, and by the button.

const PATIENCE = 6000; // ms without a word from the kernel before we say so

export const form = { render({ model, el }) {
  own(el);
  const key = model.get("key"), mode = model.get("mode"), single = model.get("fields").length === 1;
  const fields = new Map();
  const pending = new Map(); // packet number → values sent
  const dirty = new Set(); // fields with something in them that no packet back has confirmed
  let packet = 0, timer = null, patience = null, waiting = false, inFlight = false, again = false;

  const body = make("div", { class: mode === "live" ? "wb-form wb-live" : "wb-form",
    role: "group", "aria-label": model.get("name") || null, "data-wb-key": key });
  const status = make("p", { class: "wb-status", role: "status" });
  const feedback = make("div", { class: "wb-feedback", "aria-live": "polite" });
  const button = make("button", { type: "button", class: "wb-button", onclick: () => send("commit") });

  const values = () => Object.fromEntries([...fields].map(([id, field]) => [id, field.get()]));

  const changed = (id, now = false) => {
    fields.get(id)?.error("");
    dirty.add(id);
    if (mode === "live") { if (inFlight) again = true; else send("live"); }
    if (mode === "autosave") {
      const typed = fields.get(id).get();
      if (same(typed, model.get("values")[id]) && pending.size === 0) { draft.drop(`${key}/${id}`); dirty.delete(id); say(); return; }
      draft.set(`${key}/${id}`, typed ?? "");
      say("typing");
      clearTimeout(timer);
      // On leaving the box at once: a button pressed next must find the words saved.
      if (now) send("draft"); else timer = setTimeout(() => send("draft"), 1200);
    }
  };

  const send = (what) => {
    clearTimeout(timer);
    packet += 1;
    const now = values();
    pending.set(packet, now);
    inFlight = true;
    if (what !== "live") say("saving");
    clearTimeout(patience);
    patience = setTimeout(() => say("silent"), PATIENCE);
    try { model.send({ do: what, values: now, n: packet }); } catch { say("silent"); }
  };

  const OURS = {
    typing: ["open", "Not saved yet", "Saving when you pause."],
    saving: ["open", "Saving", ""],
    silent: ["problem", "Not saved yet",
      "The course is not answering. Your words stay on this page: keep it open, and press Start again "
      + "above. (Where there is no such button: Kernel, then Restart Kernel and Run All Cells.)"],
  };
  const say = (mine) => {
    const [state, words, next] = mine ? OURS[mine] : [model.get("state"), model.get("words"), model.get("next")];
    if (!mine && !words) { status.hidden = true; return; }
    status.hidden = false;
    status.dataset.state = state;
    const text = next ? `${words}. ` : words;
    if (status.dataset.shown === text + next) return; // do not make a screen reader say it twice
    status.dataset.shown = text + next;
    status.replaceChildren(make("strong", { text }), next);
    if (mine === "silent") status.scrollIntoView({ block: "nearest" }); // a long box may hide it
  };

  const showFeedback = () => {
    const rows = model.get("feedback");
    feedback.replaceChildren(...rows.map((row) => make("div", { class: "wb-note", "data-tone": row.tone },
      make("strong", { class: "wb-note-title", text: row.title }), make("p", { text: row.text }))));
    feedback.hidden = rows.length === 0;
  };

  const lock = () => {
    const locked = model.get("locked");
    for (const field of fields.values()) field.enable(!locked);
    button.disabled = locked;
    button.textContent = model.get("button");
    button.hidden = !model.get("button");
    body.classList.toggle("wb-locked", locked);
  };

  for (const field of model.get("fields")) {
    const built = FIELDS[field.kind](field, changed);
    fields.set(field.id, built);
    body.append(built.node);
    built.set(model.get("values")[field.id] ?? null);
  }
  body.append(make("div", { class: "wb-actions" }, button, status), feedback);
  // A button pressed next must find the last move of a lever, not the one before it.
  body.addEventListener("focusout", () => {
    if (mode === "live" && again) { again = false; send("live"); }
  });
  el.append(body);
  lock(); say(); showFeedback(); adopt(body);

  // Words typed while the kernel was away come back, and go on their way again.
  if (mode === "autosave" && !model.get("locked")) {
    for (const [id, field] of fields) {
      const kept = draft.get(`${key}/${id}`);
      if (kept !== null && !same(kept || null, model.get("values")[id])) {
        field.set(kept);
        dirty.add(id);
        setTimeout(() => send("draft"), 300);
      }
    }
  }

  const onMessage = (message) => {
    if (message.ack === undefined) return;
    clearTimeout(patience);
    const sent = pending.get(message.ack);
    for (const number of [...pending.keys()]) if (number <= message.ack) pending.delete(number);
    inFlight = pending.size > 0;
    for (const [id, field] of fields) {
      const words = message.errors?.[id] ?? "";
      field.error(words);
      field.warn?.(message.warnings?.[id] ?? "");
      if (message.ok && sent && same(field.get(), sent[id])) { draft.drop(`${key}/${id}`); dirty.delete(id); }
    }
    if (!message.ok && message.errors && message.focus) {
      const first = [...fields.keys()].find((id) => message.errors[id]);
      if (first) fields.get(first).focus();
    }
    say(mode === "autosave" && message.ok && sent && single
      && [...fields].some(([id, field]) => !same(field.get(), sent[id])) ? "typing" : null);
    if (mode === "live" && again) { again = false; send("live"); }
  };
  model.on("msg:custom", onMessage);
  const watch = { "change:locked": lock, "change:button": lock, "change:feedback": showFeedback,
    "change:state change:words change:next": () => { if (pending.size === 0) say(); },
    "change:values": () => {
      for (const [id, field] of fields) {
        const value = model.get("values")[id] ?? null;
        // The word on an earlier packet may come while a later one is on its way: what was
        // typed since must not be put back.
        if (mode === "live" || !(dirty.has(id) || (mode === "autosave" && field.node.contains(document.activeElement)))) field.set(value);
      }
    } };
  for (const [name, call] of Object.entries(watch)) model.on(name, call);
  return () => {
    leaving(el);
    clearTimeout(timer); clearTimeout(patience);
    model.off("msg:custom", onMessage);
    for (const [name, call] of Object.entries(watch)) model.off(name, call);
  };
} };

// ---- a panel: words from Python, already escaped there --------------------------------

export const panel = { render({ model, el }) {
  own(el);
  const body = make("div", { class: "wb-panel", role: model.get("live") ? "status" : null });
  const site = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  const draw = () => {
    body.innerHTML = model.get("html");
    for (const link of body.querySelectorAll("a[data-wb-file]")) {
      link.href = (site.baseUrl || "/") + "files/" + link.dataset.wbFile.split("/").map(encodeURIComponent).join("/");
    }
  };
  draw();
  el.append(body);
  if (body.textContent) adopt(body);
  model.on("change:html", draw);
  return () => model.off("change:html", draw);
} };

// ---- a figure: chart, caption, words for it, and the same numbers as a table -----------

// Charts are drawn one at a time, what is near the view first, and a key press between two of
// them is not kept waiting. All are drawn in the end: a page is printed and searched whole.
const undrawn = new Map(); // canvas → what draws it
let drawing = false;
const near = (node) => {
  const { top, bottom } = node.getBoundingClientRect();
  return node.isConnected && bottom > -innerHeight && top < 2 * innerHeight;
};
const pause = () => new Promise((done) => window.requestIdleCallback
  ? requestIdleCallback(done, { timeout: 300 }) : setTimeout(done));
const inTurn = async (canvas, draw) => {
  undrawn.set(canvas, draw);
  if (drawing) return;
  drawing = true;
  for (let next; (next = [...undrawn.keys()].find(near) ?? undrawn.keys().next().value); await pause()) {
    const now = undrawn.get(next);
    undrawn.delete(next);
    await now();
  }
  drawing = false;
};

let vega = null;
const loadVega = () => vega ??= new Promise((done, failed) => {
  if (window.wbVega) { done(window.wbVega); return; }
  import(new URL("vega.js" + new URL(import.meta.url).search, STATIC).href)
    .then((bundle) => { window.wbVega = bundle.default; done(bundle.default); }, failed);
});

function paper() {
  const ours = document.querySelector(".wb") ?? document.body, probe = make("span");
  ours.append(probe);
  const style = getComputedStyle(probe);
  // A colour of ours is two, one for each theme: the browser says which holds here.
  const ink = (name) => { probe.style.color = `var(--wb-${name})`; return style.color; };
  const words = ink("ink"), line = ink("line"), grid = ink("grid");
  const series = [1, 2, 3, 4].map((i) => ink(`series-${i}`)), font = style.fontFamily || "sans-serif";
  probe.remove();
  return {
    background: "transparent", font,
    view: { stroke: "transparent" },
    axis: { labelColor: words, titleColor: words, domainColor: line, tickColor: line,
      gridColor: grid, labelFontSize: 13, titleFontSize: 13, titleFontWeight: 600, labelLimit: 260, titleLimit: 500 },
    legend: { labelColor: words, titleColor: words, labelFontSize: 13, titleFontSize: 13, labelLimit: 320,
      orient: "top", symbolStrokeWidth: 3 },
    title: { color: words, fontSize: 15, anchor: "start" }, text: { color: words, fontSize: 13 },
    mark: { color: series[0] },
    range: { category: series },
    line: { strokeWidth: 2.5 }, rule: { color: line },
  };
}

// The library is fetched as soon as there is a chart to come, while its numbers are worked out.
export const figure = { initialize() { loadVega().catch(() => {}); }, render({ model, el }) {
  own(el);
  const canvas = make("div", { class: "wb-chart", role: "img" });
  const caption = make("figcaption", { class: "wb-caption" });
  const head = make("thead"), rows = make("tbody"), title = make("caption", { class: "wb-sr" });
  const table = make("details", { class: "wb-numbers" },
    make("summary", { text: "Show the numbers as a table" }),
    make("div", { class: "wb-scroll", tabindex: "0", role: "region" }, make("table", {}, title, head, rows)));
  el.append(make("figure", { class: "wb-figure" }, canvas, caption, table));

  let view = null, gone = false;
  const words = () => {
    canvas.setAttribute("aria-label", model.get("alt"));
    caption.textContent = model.get("caption");
    title.textContent = model.get("caption");
    table.lastChild.setAttribute("aria-label", `Numbers: ${model.get("caption")}`);
  };
  const numbers = () => {
    if (!table.open) return; // built only when looked at: a slider must not rebuild a hidden table
    const columns = model.get("columns");
    head.replaceChildren(make("tr", {}, ...columns.map((c) => make("th", { scope: "col", text: c.title }))));
    rows.replaceChildren(...model.get("rows").map((row) => make("tr", {}, ...columns.map((c, i) =>
      make(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null,
        text: typeof row[c.field] === "number" ? String(+row[c.field].toFixed(c.digits ?? 2)) : row[c.field] ?? "" })))));
  };
  table.addEventListener("toggle", numbers);

  const draw = () => inTurn(canvas, async () => {
    const spec = model.get("spec");
    try {
      const embed = await loadVega();
      if (gone) return;
      const drawn = await embed(canvas, { ...spec, width: "container",
        autosize: { type: "fit-x", contains: "padding" },
        datasets: { ...(spec.datasets ?? {}), rows: model.get("rows") } },
        { renderer: "svg", actions: false, config: paper(), tooltip: false });
      view?.finalize();
      view = drawn.view;
      // Vega gives its own role to the element: a document of marks, where ours is one image.
      canvas.setAttribute("role", "img");
      canvas.removeAttribute("aria-roledescription");
      words();
      canvas.querySelector("svg")?.setAttribute("aria-hidden", "true");
      canvas.dataset.drawn = String(Number(canvas.dataset.drawn ?? 0) + 1);
    } catch (error) {
      canvas.removeAttribute("role");
      canvas.replaceChildren(make("p", { class: "wb-warning",
        text: "The chart could not be drawn here. The same numbers are in the table below." }));
      table.open = true;
      console.warn("ward-to-board: chart", error);
    }
  });
  const change = async () => {
    words(); numbers();
    if (!view) return;
    const rows = model.get("rows");
    await view.data("rows", rows).runAsync();
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn ?? 0) + 1);
  };
  words();
  draw();
  const redraw = () => { words(); numbers(); draw(); };
  model.on("change:rows change:alt change:caption", change);
  model.on("change:spec", redraw);
  const theme = new MutationObserver(() => draw());
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return () => {
    gone = true;
    theme.disconnect();
    model.off("change:rows change:alt change:caption", change);
    model.off("change:spec", redraw);
    view?.finalize();
  };
} };
