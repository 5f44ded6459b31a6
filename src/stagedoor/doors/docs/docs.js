"use strict";

// Requests are tried where the page comes from: other programs take the document's first server, which may be another address.
async function show() {
  const answer = await fetch(document.documentElement.dataset.document);
  const spec = await answer.json();
  spec.servers.sort((one, other) => Number(other.url === "/") - Number(one.url === "/"));
  // No persistAuthorization: an API key does not belong into the browser's storage.
  // No validatorUrl: the document is shown to nobody else.
  SwaggerUIBundle({
    spec,
    domNode: document.getElementById("docs"),
    presets: [SwaggerUIBundle.presets.apis],
    validatorUrl: null,
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    syntaxHighlight: { theme: "idea" },
  });
}

show();
