"""Asset groups: a person's or a character's folder in the asset library. Endpoints ①–⑤."""
