// Draws each chart from the JSON beside it, and keeps it as wide as its place, on paper too.
"use strict";

const SETTINGS = { responsive: true, displayModeBar: false, showTips: false };

for (const given of document.querySelectorAll("script[data-chart]")) {
  const figure = JSON.parse(given.textContent);
  Plotly.newPlot(given.dataset.chart, figure.data, figure.layout, SETTINGS);
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
