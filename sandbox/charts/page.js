// Draws each chart from the JSON beside it, and keeps it as wide as its place, on paper too. Under `meta` a chart may
// keep parts of its layout that are others for some media.
"use strict";

const SETTINGS = { responsive: true, displayModeBar: false, showTips: false };

for (const given of document.querySelectorAll("script[data-chart]")) {
  const figure = JSON.parse(given.textContent);
  const parts = Object.entries(figure.layout.meta ?? {}).map(([media, part]) => [matchMedia(media), part]);
  const draw = () => {
    const fitting = parts.filter(([media]) => media.matches).map(([, part]) => part);
    Plotly.react(given.dataset.chart, figure.data, Object.assign({}, figure.layout, ...fitting), SETTINGS);
  };
  draw();
  for (const [media] of parts) media.addEventListener("change", draw);
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
