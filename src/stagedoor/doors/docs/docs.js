"use strict";

// No persistAuthorization: an API key does not belong into the browser's storage.
// No validatorUrl: the document is shown to nobody else.
SwaggerUIBundle({
  url: document.documentElement.dataset.document,
  domNode: document.getElementById("docs"),
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { theme: "idea" },
});
