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

function holds([earliest, latest, ending, over], day) {
  const known = (bound) => bound && bound !== "-";
  if (known(latest) && known(ending) && latest <= day && day <= ending) return "certain";
  return (!known(earliest) || earliest <= day) && (!known(over) || day <= over) ? "possible" : "no";
}

const CLASS = { certain: "yes", possible: "maybe", no: "no" };
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

function showDay(day) {
  const counts = [];
  for (const table of all("table.asof")) {
    const count = { certain: 0, possible: 0, no: 0 };
    const seen = { certain: new Set(), possible: new Set() };
    for (const row of all("tbody tr", table)) {
      const answer = holds(row.dataset.bounds.split(" "), day);
      count[answer] += 1;
      if (answer !== "no") seen[answer].add(find("th", row).textContent);
      row.className = answer;
      const cell = find("td.standing", row);
      cell.replaceChildren(element("span", answer, { class: CLASS[answer] }));
      for (const suspension of row.dataset.suspended ? row.dataset.suspended.split(";") : []) {
        const suspended = holds(suspension.split(" "), day);
        if (answer !== "no" && suspended !== "no") {
          const words = suspended === "certain" ? " suspended" : " possibly suspended";
          cell.append(element("span", words, { class: "suspended" }));
        }
      }
    }
    const maybe = [...seen.possible].filter((name) => !seen.certain.has(name)).length;
    counts.push(`${find("caption > span", table).textContent}: ${seen.certain.size} certain, ${maybe} possible`);
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

function search() {
  const list = find("#results");
  if (!list || !globalThis.cicaSearch) return;
  const input = find("#q");
  const show = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    const hits = words.length ? globalThis.cicaSearch.map((entry) => [rank(entry, words), entry]).filter(([r]) => r >= 0) : [];
    hits.sort((a, b) => a[0] - b[0]);
    list.replaceChildren(...hits.slice(0, 50).map(([, [label, path, kind, code, others]]) => {
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
      : n > 50 ? `${n} found; the first 50 are shown.` : n ? `${n} found.` : `No results for “${input.value}”.`;
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

  const members = (code, day) => {
    const sure = new Set(), maybe = new Set();
    for (const [member, organization, ...bounds] of data.spells) {
      if (organization !== code) continue;
      const answer = holds(bounds, day);
      if (answer === "certain") sure.add(member);
      if (answer !== "no") maybe.add(member);
    }
    return { code, sure, maybe };
  };
  const column = (title, codes, doubtful) => {
    const box = element("section", "");
    box.append(element("h2", `${title}: ${codes.length - doubtful.size}${doubtful.size ? ` to ${codes.length}` : ""}`));
    const items = codes.map((code) => {
      const item = element("li", "");
      const [label, path] = data.actors[code];
      item.append(element("a", label, { href: `${root}${path}.html` }));
      if (doubtful.has(code)) item.append(" ", element("span", "possible", { class: "maybe" }));
      return item;
    });
    const list = element("ul", "");
    list.append(...items);
    box.append(list);
    return box;
  };
  const name = (code) => data.actors[code][0];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    if (chosen.length < 2 || !isDay(on.value)) { out.replaceChildren(element("p", "Select two or more organizations.")); return; }
    const sides = chosen.map((code) => members(code, on.value));
    const everyone = [...new Set(sides.flatMap((side) => [...side.maybe]))].sort((a, b) => name(a).localeCompare(name(b), "en"));
    const shared = everyone.filter((m) => sides.every((side) => side.maybe.has(m)));
    const unsure = (list, test) => new Set(list.filter((m) => !test(m)));
    const columns = element("div", "", { class: "columns" });
    columns.append(column("In all", shared, unsure(shared, (m) => sides.every((side) => side.sure.has(m)))));
    for (const side of sides) {
      const rest = sides.filter((other) => other !== side);
      const only = everyone.filter((m) => side.maybe.has(m) && !rest.some((other) => other.sure.has(m)));
      const doubtful = unsure(only, (m) => side.sure.has(m) && !rest.some((other) => other.maybe.has(m)));
      columns.append(column(`Only in ${side.code}`, only, doubtful));
    }
    out.replaceChildren(element("p", `On ${on.value}: ${sides.map((s) => `${s.code} ${s.sure.size}${s.maybe.size > s.sure.size ? ` to ${s.maybe.size}` : ""}`).join(", ")} members.`), columns);
  };
  form.addEventListener("change", show);
  show();
}

document.addEventListener("DOMContentLoaded", () => { chooseDay(); chooseLanguage(); search(); compare(); });
