"""The Postman collection: every endpoint, and the whole story as requests that check themselves."""
