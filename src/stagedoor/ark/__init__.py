"""The upstream drivers: how an asset library is asked, read, and asked again."""
