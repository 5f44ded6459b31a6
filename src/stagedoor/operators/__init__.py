"""Operators: the people who run this gateway, how they prove who they are, and their sessions in the console."""
