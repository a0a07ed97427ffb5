"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  document.getElementById("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });
  const risky = /^[=+\-@\t\r＝＋－＠]/;
  const cell = (value) => {
    if (value === null) return "";
    const text = typeof value === "string" && risky.test(value) ? "'" + value : String(value);
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const csv = (block) => {
    const names = block.columns.map((column) => column.name);
    return [names, ...block.rows.map((row) => names.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\n") + "\n";
  };
  for (const button of document.querySelectorAll("button[data-block]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const block = data.blocks.find((item) => item.name === button.dataset.block);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv(block)], { type: "text/csv" }));
      link.download = block.name + ".csv";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
})();
