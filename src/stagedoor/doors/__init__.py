"""The ways in: REST for integrators, the callback for actors' browsers, the admin API for operators, the documents."""
