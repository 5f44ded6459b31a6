"""Where the bytes of files lie that callers hand over: in a folder of this machine, or in a bucket."""
