"""The OpenAPI document, in English and Chinese, made from the table of operations and the structs."""
