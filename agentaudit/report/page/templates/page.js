(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Theme: system, light, dark; nothing is stored, since a file has no place of its own.
  const button = document.getElementById("theme");
  const themes = ["system", "light", "dark"];
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || "system";
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    document.documentElement.dataset.theme = next;
    button.textContent = `Theme: ${next}`;
  });

  // Filter: every word must occur in the row.
  for (const input of all("input[data-filters]")) {
    const rows = all("tbody tr", document.getElementById(input.dataset.filters));
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const output = input.closest("p").querySelector("output");
    input.closest("p").hidden = false;
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      output.textContent = words.length ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
    });
  }

  // Sort: by number where the column holds numbers, by severity where the words are severities.
  const ranks = ["critical", "high", "medium", "low", "info"];
  const key = (cell) => {
    const text = cell.textContent.trim().toLowerCase();
    return ranks.includes(text) ? String(ranks.indexOf(text)) : text;
  };
  const sort = (table, head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const rows = all("tr", table.tBodies[0]);
    const compared = (a, b) =>
      key(a.cells[column]).localeCompare(key(b.cells[column]), "en", { numeric: true });
    rows.sort((a, b) => (down ? compared(b, a) : compared(a, b)));
    for (const other of all("th[aria-sort]", table.tHead)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows);
  };
  for (const input of all("input[data-filters]")) {
    const table = document.getElementById(input.dataset.filters);
    all("th", table.tHead).forEach((head, column) => {
      const control = document.createElement("button");
      control.type = "button";
      control.textContent = head.textContent;
      control.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(control);
    });
  }

  // A link into folded text opens it; print opens everything, and closes it again.
  const reveal = () => {
    let at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!at) return;
    for (let up = at; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    at.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
