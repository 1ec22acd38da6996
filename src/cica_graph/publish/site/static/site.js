// Choice of day and language, search, and comparisons. Pages are complete without this script.
// The script sends no data. It stores only the chosen language.
"use strict";

const root = document.documentElement.dataset.root;
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// ---- Status on a day: the rule of docs/time.md, with days as text ------------------------------------------

// A stretch has four bounds and a mark: "open" if no source reports an end, "disputed" if sources disagree.
function holds([earliest, latest, ending, over, mark], day) {
  const known = (bound) => bound && bound !== "-";
  if ((known(earliest) && day < earliest) || (known(over) && over < day)) return "no";
  if (mark === "disputed") return "disputed";
  const begun = known(latest) && latest <= day;
  if (begun && known(ending) && day <= ending) return "certain";
  return begun && (!known(over) || mark === "open") ? "presumed" : "possible";
}

const ORDER = ["certain", "presumed", "possible", "disputed", "no"];
const best = (answers) => ORDER[Math.min(...answers.map((answer) => ORDER.indexOf(answer)), ORDER.length - 1)];
const CLASS = { certain: "yes", presumed: "likely", possible: "maybe", disputed: "maybe", no: "no" };
const parts = (text) => (text ? text.split(";").map((part) => part.split(" ")) : []);

// The answers about members, by name: certain, presumed (these included) and possible (these included).
class Members {
  constructor() { this.answers = new Map(); }
  add(name, answer) { this.answers.set(name, best([answer, this.answers.get(name) || "no"])); }
  on(name) { return this.answers.get(name) || "no"; }
  names(level) { return [...this.answers.keys()].filter((name) => ORDER.indexOf(this.on(name)) <= ORDER.indexOf(level)); }
}

// The same words as in Python (Count): 24, 24 to 26, 28 presumed.
function words(certain, presumed, possible) {
  return [[certain, "certain"], [presumed - certain, "presumed"], [possible - presumed, "possible"]]
    .filter(([n]) => n).map(([n, name]) => `${n} ${name}`).join(", ");
}

function number(certain, presumed, possible) {
  if (certain !== presumed) return words(certain, presumed, possible);
  return certain === possible ? `${certain}` : `${certain} to ${possible}`;
}

function nobody([born, died], covered, day) {
  if (born && born !== "-" && day < born) return "founded later";
  if (died && died !== "-" && died < day) return "dissolved";
  return covered.some(([first, last]) => first <= day && day <= last) ? "0" : "not recorded";
}

const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

function showDay(day) {
  const counts = [];
  for (const table of all("table.asof")) {
    const members = new Members();
    for (const row of all("tbody tr", table)) {
      const answer = best(parts(row.dataset.bounds).map((stretch) => holds(stretch, day)));
      members.add(find("th", row).textContent, answer);
      row.className = answer;
      const cell = find("td.standing", row);
      cell.replaceChildren(element("span", answer, { class: CLASS[answer] }));
      for (const suspension of parts(row.dataset.suspended)) {
        const suspended = holds(suspension, day);
        if (answer !== "no" && suspended !== "no") {
          const words = suspended === "certain" ? " suspended" : " possibly suspended";
          cell.append(element("span", words, { class: "suspended" }));
        }
      }
    }
    const sizes = ["certain", "presumed", "disputed"].map((level) => members.names(level).length);
    const none = table.dataset.life ? nobody(table.dataset.life.split(" "), parts(table.dataset.covered), day) : "none recorded";
    counts.push(`${find("caption > span", table).textContent}: ${words(...sizes) || none}`);
  }
  for (const shown of all(".asof-day")) shown.textContent = day;
  find("#count").textContent = `On ${day}. ${counts.join(". ")}.`;
}

function chooseDay() {
  const form = find("form.day:not(#compare)");
  if (!form || !find("table.asof")) return;
  const year = find("#year"), on = find("#on"), output = find("output", form);
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  const filter = () => document.body.classList.toggle("filtered", !find("#all").checked);
  const show = () => { showDay(on.value); output.textContent = on.value.slice(0, 4); };
  year.addEventListener("input", () => { on.value = `${year.value}-12-31`; show(); });
  on.addEventListener("change", () => { if (isDay(on.value)) { year.value = on.value.slice(0, 4); show(); } });
  find("#all").addEventListener("change", filter);
  const asked = new URLSearchParams(location.search).get("on") || "";
  if (isDay(asked)) { on.value = asked; year.value = asked.slice(0, 4); }
  filter();
  show();
}

// ---- Language of names ---------------------------------------------------------------------------------------

function load(file, then) {
  const script = element("script", "", { src: `${root}static/${file}` });
  script.addEventListener("load", then);
  document.head.append(script);
}

function pathOf(address) {
  const base = new URL(root || "./", location.href).href;
  return address.startsWith(base) ? address.slice(base.length).replace(/\.html(?=#|$)/, "") : "";
}

function relabel(labels, tag) {
  const change = (node, name) => {
    if (node.dataset.english === undefined) node.dataset.english = node.textContent;
    node.textContent = name || node.dataset.english;
    if (name) node.lang = tag; else node.removeAttribute("lang");
  };
  for (const link of all("main a[href]")) {
    const path = pathOf(link.href);
    if (!path || link.closest(".csv, .crumbs, .toc") || link.childElementCount) continue;
    if (link.dataset.english === undefined && link.textContent.length < 12 && link.textContent === link.textContent.toUpperCase()) continue;
    change(link, labels[path]);
  }
  const title = find("[data-name]");
  if (title) change(title, labels[pathOf(location.href.replace(/[?#].*$/, ""))]);
}

function chooseLanguage() {
  const select = find("#language");
  if (!select || select.options.length < 2) return;
  select.closest("p").hidden = false;
  const apply = (tag) => tag === "en" ? relabel({}, tag) : load(`labels-${tag}.js`, () => relabel(globalThis.cicaLabels, tag));
  let kept = "en";
  try { kept = localStorage.getItem("language") || "en"; } catch { /* storage may be off */ }
  if ([...select.options].some((option) => option.value === kept) && kept !== "en") { select.value = kept; apply(kept); }
  select.addEventListener("change", () => {
    try { localStorage.setItem("language", select.value); } catch { /* storage may be off */ }
    apply(select.value);
  });
}

// ---- Search ----------------------------------------------------------------------------------------------------

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ı/g, "i");

function rank(entry, words) {
  const [label, , , code, others] = entry;
  const names = [code, label, ...others].map(fold);
  const whole = words.join(" ");
  if (fold(code) === whole) return 0;
  if (names.includes(whole)) return 1;
  if (names.some((name) => name.startsWith(whole))) return 2;
  const starts = (word) => names.some((name) => ` ${name}`.includes(` ${word}`));
  if (words.every(starts)) return 3;
  return words.every((word) => names.some((name) => name.includes(word))) ? 4 : -1;
}

// The share of letters that two names have in common, in the same order: 1 if they are equal.
function similarity(a, b) {
  if (2 * Math.min(a.length, b.length) < LEAST * (a.length + b.length)) return 0;
  const common = new Array(b.length + 1).fill(0);
  for (const letter of a) {
    let corner = 0;
    for (let i = 1; i <= b.length; i++) {
      const above = common[i];
      common[i] = letter === b[i - 1] ? corner + 1 : Math.max(above, common[i - 1]);
      corner = above;
    }
  }
  return (2 * common[b.length]) / (a.length + b.length);
}

// ЛАГ for "Лига арабских государств", with and without short words.
function initials(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.length < 2 ? [] : [0, 1, 2, 3].map((least) => words.filter((w) => w.length > least).map((w) => w[0]).join(""));
}

// The states and organizations that a name without results can mean, the most similar first.
const LEAST = 0.75;
function meant(text) {
  const typed = fold(text).trim(), best = [];
  for (const entry of globalThis.cicaSearch) {
    const [label, , kind, code, others] = entry;
    if (kind !== "state" && kind !== "organization") continue;
    const names = [label, code, ...others, ...(globalThis.cicaNames[code] || [])].map(fold);
    const likeness = names.map((name) => (initials(name).includes(typed) ? 1 : similarity(typed, name)));
    best.push([Math.max(...likeness), entry]);
  }
  const most = Math.max(LEAST, ...best.map(([score]) => score)) - 0.1;
  return best.filter(([score]) => score >= Math.max(LEAST, most)).sort((a, b) => b[0] - a[0]).slice(0, 3);
}

function search() {
  const list = find("#results");
  if (!list || !globalThis.cicaSearch) return;
  const input = find("#q");
  let requested = false;
  const show = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    const hits = words.length ? globalThis.cicaSearch.map((entry) => [rank(entry, words), entry]).filter(([r]) => r >= 0) : [];
    hits.sort((a, b) => a[0] - b[0]);
    if (words.length && !hits.length && !requested) {
      requested = true;
      load("names.js", show);
    }
    const near = words.length && !hits.length && globalThis.cicaNames ? meant(input.value) : [];
    list.replaceChildren(...[...hits, ...near].slice(0, 50).map(([, [label, path, kind, code, others]]) => {
      const item = element("li", "");
      const [page, fragment] = path.split("#");
      item.append(element("a", label, { href: `${root}${page}.html${fragment ? `#${fragment}` : ""}` }));
      const hit = others.find((name) => fold(name).includes(words.join(" ")));
      const shown = fold(label).includes(words.join(" ")) ? "" : hit;
      item.append(element("small", [code, kind, shown].filter(Boolean).join(" · ")));
      return item;
    }));
    const n = hits.length;
    find("#found").textContent = !words.length ? "Enter a name or a code."
      : n > 50 ? `${n} found; the first 50 are shown.` : n ? `${n} found.` : `No results for “${input.value}”.${near.length ? " Did you mean:" : ""}`;
  };
  input.value = new URLSearchParams(location.search).get("q") || "";
  input.addEventListener("input", show);
  input.form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  show();
}

// ---- Comparison ------------------------------------------------------------------------------------------------

function compare() {
  const form = find("#compare"), out = find("#comparison"), data = globalThis.cicaSpells;
  if (!form || !data) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  const boxes = all("input[name=with]", form), on = find("#on");
  const asked = new URLSearchParams(location.search);
  for (const box of boxes) box.checked = asked.getAll("with").includes(box.value);
  if (isDay(asked.get("on") || "")) on.value = asked.get("on");

  const membersOf = (code, day) => {
    const members = new Members();
    for (const [member, organization, ...stretch] of data.spells) {
      if (organization === code) members.add(member, holds(stretch, day));
    }
    const [certain, presumed, possible] = ["certain", "presumed", "disputed"].map((level) => new Set(members.names(level)));
    const [life, ...covered] = data.records[code];
    const text = possible.size ? number(certain.size, presumed.size, possible.size) : nobody(life, covered, day);
    return { code, certain, presumed, possible, text };
  };
  const column = (title, codes, answer) => {
    const box = element("section", "");
    const sizes = ["certain", "presumed", "possible"].map((_, level) => codes.filter((code) => ORDER.indexOf(answer(code)) <= level).length);
    box.append(element("h2", `${title}: ${number(...sizes)}`));
    const items = codes.map((code) => {
      const item = element("li", "");
      const [label, path] = data.actors[code];
      item.append(element("a", label, { href: `${root}${path}.html` }));
      if (answer(code) !== "certain") item.append(" ", element("span", answer(code), { class: CLASS[answer(code)] }));
      return item;
    });
    const list = element("ul", "");
    list.append(...items);
    box.append(list);
    return box;
  };
  const level = (certain, presumed) => (certain ? "certain" : presumed ? "presumed" : "possible");
  const name = (code) => data.actors[code][0];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    if (chosen.length < 2 || !isDay(on.value)) { out.replaceChildren(element("p", "Select two or more organizations.")); return; }
    const sides = chosen.map((code) => membersOf(code, on.value));
    const everyone = [...new Set(sides.flatMap((side) => [...side.possible]))].sort((a, b) => name(a).localeCompare(name(b), "en"));
    const shared = everyone.filter((m) => sides.every((side) => side.possible.has(m)));
    const columns = element("div", "", { class: "columns" });
    const known = (those) => those.every((side) => side.text !== "not recorded");
    const add = (title, those, codes, answer) => columns.append(known(those) ? column(title, codes, answer) : element("h2", `${title}: not recorded`));
    add("In all", sides, shared, (m) => level(sides.every((side) => side.certain.has(m)), sides.every((side) => side.presumed.has(m))));
    for (const side of sides) {
      const rest = sides.filter((other) => other !== side);
      const only = everyone.filter((m) => side.possible.has(m) && !rest.some((other) => other.presumed.has(m)));
      const alone = (m) => !rest.some((other) => other.possible.has(m));
      add(`Only in ${side.code}`, sides, only, (m) => level(alone(m) && side.certain.has(m), alone(m) && side.presumed.has(m)));
    }
    out.replaceChildren(element("p", `Members on ${on.value}: ${sides.map((side) => `${side.code} ${side.text}`).join("; ")}.`), columns);
  };
  form.addEventListener("change", show);
  show();
}

document.addEventListener("DOMContentLoaded", () => { chooseDay(); chooseLanguage(); search(); compare(); });
