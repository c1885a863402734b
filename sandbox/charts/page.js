// Draws each chart from the JSON beside it, and keeps it as wide as its place, on paper too. A chart may keep parts of
// its layout that are others on a narrow screen.
"use strict";

const SETTINGS = { responsive: true, displayModeBar: false, showTips: false };

const NARROW = matchMedia("(max-width: 40rem)");

for (const given of document.querySelectorAll("script[data-chart]")) {
  const figure = JSON.parse(given.textContent);
  const narrow = figure.layout.meta?.narrow;
  const draw = () => {
    const layout = NARROW.matches ? { ...figure.layout, ...narrow } : figure.layout;
    Plotly.react(given.dataset.chart, figure.data, layout, SETTINGS);
  };
  draw();
  if (narrow) NARROW.addEventListener("change", draw);
}

const opened = [];

addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    opened.push(folded);
  }
  for (const chart of document.querySelectorAll(".chart")) Plotly.Plots.resize(chart);
});

addEventListener("afterprint", () => {
  while (opened.length) opened.pop().open = false;
});
