(() => {
  "use strict";
  const root = document.documentElement;
  const held = (id) => {
    const place = document.getElementById(id);
    return place ? JSON.parse(place.textContent) : null;
  };
  const figures = held("figures") || {};
  const themes = held("themes") || {};
  const views = new Map();
  const NARROW = 560; // pixels

  // light or dark: the system's, until the button says otherwise
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const toggle = document.getElementById("theme");
  const theme = () => root.dataset.theme || (system.matches ? "dark" : "light");

  // on a narrow page legends stand in one column, and long labels are cut
  const fitted = (config, width) =>
    width >= NARROW
      ? config
      : {
          ...config,
          axis: { ...config.axis, labelLimit: 136, titleLimit: width - 60 },
          legend: { ...config.legend, columns: 1, labelLimit: width - 70, titleLimit: width - 40 },
        };

  const draw = (place) => {
    const spec = figures[place.dataset.figure];
    const config = fitted(themes[theme()], place.clientWidth);
    window
      .vegaEmbed(place, spec, { config, actions: false, renderer: "svg", mode: "vega-lite" })
      .then(({ view }) => {
        views.set(place.dataset.figure, view);
        view.addEventListener("click", (_, item) => {
          const told = item && item.datum;
          if (told && told.genotype) choose(place, told);
        });
      })
      .catch((error) => {
        place.textContent = `can't be drawn: ${error.message}`;
      });
  };

  // drawings have both themes in their style, and follow the system by themselves
  const follow = () => {
    const when = root.dataset.theme ? (theme() === "dark" ? "all" : "not all") : null;
    document.querySelectorAll(".nas-drawing style").forEach((style) => {
      style.dataset.own ??= style.textContent;
      style.textContent = when
        ? style.dataset.own.replace("(prefers-color-scheme: dark)", when)
        : style.dataset.own;
    });
  };

  const drawAll = () => {
    follow();
    toggle.textContent = theme() === "dark" ? "Light" : "Dark";
    document.querySelectorAll(".chart").forEach(draw);
  };
  toggle.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    drawAll();
  });
  system.addEventListener("change", drawAll);
  let wide = window.innerWidth >= NARROW;
  window.addEventListener("resize", () => {
    if (wide !== window.innerWidth >= NARROW) {
      wide = !wide;
      drawAll();
    }
  });

  // the genotype of a point that was clicked
  const choose = (place, told) => {
    let box = place.parentElement.querySelector(".chosen");
    if (!box) {
      box = document.createElement("div");
      box.className = "chosen";
      box.setAttribute("aria-live", "polite");
      place.after(box);
    }
    const head = document.createElement("p");
    head.textContent = told.name || `trial ${told.trial}`;
    const text = document.createElement("div");
    text.className = "text";
    const pre = document.createElement("pre");
    pre.textContent = told.genotype;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.copy = "";
    button.textContent = "Copy";
    text.append(pre, button);
    box.replaceChildren(head, text);
  };

  const save = (name, content) => {
    const address = URL.createObjectURL(content);
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (rows) => {
    const names = Object.keys(rows[0] || {});
    return [names, ...rows.map((row) => names.map((name) => row[name]))]
      .map((line) => line.map(cell).join(",") + "\n")
      .join("");
  };
  const saveFigure = async (name, kind) => {
    if (kind === "csv") {
      for (const [table, rows] of Object.entries(figures[name].datasets)) {
        save(`${name}-${table}.csv`, new Blob([csv(rows)], { type: "text/csv" }));
      }
    } else if (kind === "svg") {
      save(`${name}.svg`, new Blob([await views.get(name).toSVG()], { type: "image/svg+xml" }));
    } else {
      const canvas = await views.get(name).toCanvas(2);
      canvas.toBlob((content) => save(`${name}.png`, content));
    }
  };

  const copied = (button, text) => {
    const said = () => {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    };
    const select = () => {
      // where a page from disk may not write to the clipboard, the text is selected instead
      window.getSelection().selectAllChildren(text);
      if (document.execCommand("copy")) said();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text.textContent).then(said, select);
    else select();
  };

  // numbers by size, the rest by letters; what is empty comes last
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "") || 0;
    const [x, y] = [Number(a), Number(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  const key = (row, at) => row.cells[at].dataset.key ?? row.cells[at].textContent;
  const sort = (heading) => {
    const at = heading.cellIndex;
    const body = heading.closest("table").tBodies[0];
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a, at), key(b, at)];
      return x === "" || y === "" ? compare(x, y) : (down ? -1 : 1) * compare(x, y);
    });
    body.append(...rows);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.save) saveFigure(button.dataset.of, button.dataset.save);
    else if ("copy" in button.dataset) copied(button, button.parentElement.querySelector("pre"));
    else if (button.parentElement.tagName === "TH") sort(button.parentElement);
  });
  drawAll();
})();
