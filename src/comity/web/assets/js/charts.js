// <figure data-chart="ID-of-json-script"> draws a Vega-Lite specification without eval, in the colours of the theme.
(() => {
  "use strict";
  const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Vega reads no oklch(): let the canvas turn any colour into one that it knows.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = value(name);
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
  };
  const config = () => {
    const muted = colour("--muted-foreground");
    const line = colour("--border");
    const range = [1, 2, 3, 4, 5, 6].map((number) => value(`--chart-${number}`)).concat(colour("--chart-other"));
    const axis = { labelColor: muted, titleColor: muted, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
    return {
      background: "transparent",
      font: value("--font"),
      view: { stroke: null },
      range: { category: range },
      mark: { color: range[0] },
      axis,
      legend: { labelColor: muted, titleColor: muted },
      title: { color: colour("--foreground"), fontSize: 14, fontWeight: 600, anchor: "start" },
    };
  };
  // Figures as the reader's language writes them: its own point and its own mark between thousands.
  const figures = () => {
    const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(-1234567.5);
    const part = (type) => parts.find((one) => one.type === type)?.value ?? "";
    return { decimal: part("decimal"), thousands: part("group"), grouping: [3], currency: ["", ""] };
  };
  const draw = async (figure) => {
    const source = document.getElementById(figure.dataset.chart);
    if (!source) return;
    try {
      await vegaEmbed(figure, JSON.parse(source.textContent), {
        ast: true,
        expr: vega.expressionInterpreter,
        actions: false,
        renderer: "svg",
        defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
        config: config(),
        formatLocale: figures(),
      });
    } catch (problem) {
      figure.textContent = figure.dataset.failed;
      console.error(problem);
    }
  };
  const all = (root) => root.querySelectorAll("[data-chart]").forEach(draw);
  all(document);
  document.addEventListener("comity:theme", () => all(document));
  document.addEventListener("htmx:after:swap", (event) => all(event.target));
})();
