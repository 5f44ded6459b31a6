"""The twelve operations as data: what each is called, where it lives, what it takes and gives."""
