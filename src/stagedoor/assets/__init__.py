"""Assets: the pictures, videos and voices of a group. Endpoints ⑥–⑩."""
