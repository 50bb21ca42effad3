"""The page: one connection explained in a single file of HTML, which needs no network and no other file."""
