// Runs before the page is drawn, so that it never shows in the wrong colours first.
"use strict";
{
  const theme = localStorage.getItem("theme") ?? "system";
  if (theme !== "system") {
    document.documentElement.dataset.theme = theme;
  }
}
