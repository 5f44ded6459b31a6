"""Makes a site of docs/: pages that load nothing from elsewhere and work without JavaScript. ``make site`` runs it."""
